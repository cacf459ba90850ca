"""Signatures of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import GraphError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.formats.saved_model.graph_reader import load_graph
from tests.formats.saved_model.stored_edits import edit_saved_model


def _begun() -> tuple[Any, Any, Callable[..., Any]]:
    """A SavedModel with an empty graph, that graph, and what adds a node: name, op, inputs, dtypes by attribute."""
    saved = protos.SavedModel(saved_model_schema_version=1)
    meta = saved.meta_graphs.add()
    meta.meta_info_def.tags.append("serve")

    def add(name: str, op: str, *inputs: str, **types: int) -> Any:
        node = meta.graph_def.node.add(name=name, op=op, input=inputs)
        for attr, value in types.items():
            node.attr[attr].type = value
        return node

    return saved, meta, add


def _tensorflow1(tmp_path: Path, kind: str) -> Path:
    """A SavedModel of TensorFlow 1: y = x * v, with a variable of a kind or a constant."""
    saved, meta, add = _begun()

    add("x", "Placeholder", dtype=1)
    if kind == "Const":
        add("v", "Const", dtype=1).attr["value"].tensor.CopyFrom(protos.TensorProto(dtype=1, float_val=[3.0]))
    elif kind == "VarHandleOp":
        add("handle", kind, dtype=1).attr["shared_name"].s = b"v"
        add("v", "ReadVariableOp", "handle", dtype=1)
    else:
        add("v_ref", kind, dtype=1)
        add("v", "Identity", "v_ref", T=1)
    add("y", "Mul", "x", "v", T=1)
    add("dead", "Own", "y")
    signature = meta.signature_def["predict"]
    for name, end in (("x", signature.inputs["x"]), ("y", signature.outputs["y"])):
        end.name, end.dtype = f"{name}:0", 1
        end.tensor_shape.dim.add(size=-1)
    directory = tmp_path / kind
    (directory / "variables").mkdir(parents=True)
    (directory / "saved_model.pb").write_bytes(saved.SerializeToString())
    if kind != "Const":
        key = "v" if kind == "VarHandleOp" else "v_ref"
        tensorbundle.write(directory / "variables" / "variables", [(key, np.float32(3))])
    return directory


@pytest.mark.parametrize("kind", ["Const", "VarHandleOp", "VariableV2"])
def test_graphs_of_tensorflow_1(tmp_path: Path, kind: str) -> None:
    directory = _tensorflow1(tmp_path, kind)
    found = load_graph(directory)
    np.testing.assert_array_equal(found.signatures["predict"](x=[1, 2])["y"], np.array([3, 6], np.float32))
    kerasfmt.save_model(found, tmp_path / "again")
    again = load_graph(tmp_path / "again")
    assert again.signatures["predict"](x=[1])["y"].tolist() == [3]
    with pytest.raises(UnsupportedFormatError, match="a SavedModel without a Keras model"):
        kerasfmt.load_model(directory)


def test_a_variable_of_tensorflow_1_without_a_value(tmp_path: Path) -> None:
    directory = _tensorflow1(tmp_path, "VarHandleOp")
    tensorbundle.write(directory / "variables" / "variables", [("w", np.float32(3))])
    with pytest.raises(GraphError, match="expected a value of the variable 'v', got none"):
        load_graph(directory).signatures["predict"](x=[1])


def _with_tables(tmp_path: Path, main_op: str) -> Path:
    """Lookups of `x` in a table that the main op fills from an asset, and in one that the checkpoint holds."""
    saved, meta, add = _begun()

    def constant(name: str, **values: Any) -> None:
        add(name, "Const", dtype=values["dtype"]).attr["value"].tensor.CopyFrom(protos.TensorProto(**values))

    add("x", "Placeholder", dtype=7)
    constant("path", dtype=7, string_val=[b"/etc/passwd"])
    constant("none", dtype=9, int64_val=[-1])
    add("table", "HashTableV2", key_dtype=7, value_dtype=9)
    fill = add("fill", "InitializeTableFromTextFileV2", "table", "path")
    fill.attr["key_index"].i, fill.attr["value_index"].i = -2, -1
    add("init", "NoOp", "^fill")
    add("learned", "MutableHashTableV2", key_dtype=7, value_dtype=9).attr["shared_name"].s = b"shared"
    for name, table in (("y", "table"), ("z", "learned")):
        add(name, "LookupTableFindV2", table, "x", "none", Tin=7, Tout=9)
    signature = meta.signature_def["predict"]
    for name, end in (
        ("x", signature.inputs["x"]),
        ("y", signature.outputs["y"]),
        ("z", signature.outputs["z"]),
    ):
        end.name, end.dtype = f"{name}:0", 7 if name == "x" else 9
        end.tensor_shape.dim.add(size=-1)
    if main_op == "signature":
        meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "init"
    else:
        meta.collection_def[main_op].node_list.value.append("init")
    asset = protos.AssetFileDef(filename="words.txt")
    asset.tensor_info.name = "path:0"
    if main_op == "legacy_init_op":
        meta.collection_def["saved_model_assets"].any_list.value.add(value=asset.SerializeToString())
    else:
        meta.asset_file_def.add().CopyFrom(asset)
    directory = tmp_path / "m"
    for folder in ("variables", "assets"):
        (directory / folder).mkdir(parents=True)
    (directory / "assets" / "words.txt").write_text("a\nb\n")
    (directory / "saved_model.pb").write_bytes(saved.SerializeToString())
    stored = [
        ("shared-keys", np.array([b"q"], object)),
        ("shared-values", np.array([9])),
        ("v", np.float32(3)),
    ]
    tensorbundle.write(directory / "variables" / "variables", stored)
    return directory


@pytest.mark.parametrize("main_op", ["signature", "saved_model_main_op", "legacy_init_op"])
def test_tables_are_filled_by_the_main_op_and_from_the_checkpoint(tmp_path: Path, main_op: str) -> None:
    directory = _with_tables(tmp_path, main_op)
    found = load_graph(directory)
    assert found.missing_ops() == []
    assert found.assets == ("words.txt",)
    assert [variable.name for variable in found.variables] == ["v"]
    for model in (found, found):
        outputs = model.signatures["predict"](x=["b", "q", "a"])
        assert {name: array.tolist() for name, array in outputs.items()} == {
            "y": [1, -1, 0],
            "z": [-1, 9, -1],
        }
    kerasfmt.save_model(found, tmp_path / "again")
    again = load_graph(tmp_path / "again")
    assert again.signatures["predict"](x=["b", "q"])["z"].tolist() == [-1, 9]


def test_other_files_are_not_opened(tmp_path: Path) -> None:
    directory = _with_tables(tmp_path, "signature")
    edit_saved_model(directory, lambda meta: meta.ClearField("asset_file_def"))
    with pytest.raises(GraphError, match=r"'/etc/passwd'.*: expected an asset of the model"):
        load_graph(directory).signatures["predict"](x=["a"])
    edit_saved_model(directory, _outside)
    with pytest.raises(UnsafeFileError, match="expected a name in its folder assets"):
        load_graph(directory).signatures["predict"](x=["a"])


def _outside(meta: Any) -> None:
    asset = meta.asset_file_def.add(filename="../saved_model.pb")
    asset.tensor_info.name = "path:0"


def test_an_input_in_the_middle_of_the_graph(tmp_path: Path) -> None:
    directory = _tensorflow1(tmp_path, "Const")

    def change(meta: Any) -> None:
        meta.graph_def.node.add(name="w", op="Own", input=["y"])
        signature = meta.signature_def["predict"]
        signature.inputs["x"].name = "y:0"
        meta.graph_def.node.add(name="z", op="Neg", input=["y"]).attr["T"].type = 1
        signature.outputs["y"].name = "z:0"

    edit_saved_model(directory, change)
    assert load_graph(directory).signatures["predict"](x=[1, 2])["y"].tolist() == [-1, -2]
