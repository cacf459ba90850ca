"""Rules about parts that do not fit each other: a file for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import consistency
from kerasfmt.verification.verify import verify
from tests.formats.saved_model.stored_edits import edit_metadata, edit_variables
from tests.verification.making import (
    Make,
    add_node,
    archive,
    changed,
    check_case,
    dtype,
    rules_of,
    saved,
    text,
    with_node,
)

FLOAT, STRING = dtype("FLOAT"), dtype("STRING")


def _no_such_object(meta: Any) -> None:
    meta.object_graph_def.nodes[0].children.add(node_id=999, local_name="nobody")


def _without_value(folder: Path) -> Path:
    directory = saved(folder)
    edit_variables(directory, lambda held: [(k, v) for k, v in held.items() if "bias" not in k])
    return directory


def _with_value(folder: Path) -> Path:
    directory = saved(folder)
    edit_variables(directory, lambda held: [*held.items(), ("hidden", held[next(iter(held))])])
    return directory


def _other_shape(meta: Any) -> None:
    for node in meta.object_graph_def.nodes:
        if node.variable.name.startswith("dense/kernel"):
            node.variable.shape.dim[0].size = 4


def _missing_function(meta: Any) -> None:
    called = protos.AttrValue()
    called.func.name = "nobody"
    add_node(meta, "PartitionedCall", f=called)


def _recursive(meta: Any) -> None:
    function = meta.graph_def.library.function[0]
    node = function.node_def.add(name="again", op="PartitionedCall")
    node.attr["f"].func.name = function.signature.name


def _twice(meta: Any) -> None:
    for _ in range(2):
        add_node(meta, "NoOp")


def _other_signature(meta: Any) -> None:
    for info in meta.signature_def["serving_default"].inputs.values():
        info.dtype = protos.DataType.Value("DT_INT32")


def _other_capture(meta: Any) -> None:
    concrete = next(c for c in meta.object_graph_def.concrete_functions.values() if len(c.bound_inputs))
    concrete.bound_inputs[0] = 999


def _asset(meta: Any) -> None:
    meta.asset_file_def.add(filename="vocabulary.txt").tensor_info.name = "asset:0"


def _other_identifier(folder: Path) -> Path:
    directory = saved(folder)
    path = directory / "keras_metadata.pb"
    held = protos.KerasSavedMetadata.FromString(path.read_bytes())
    held.nodes[0].identifier = "_tf_keras_metric"
    path.write_bytes(held.SerializeToString())
    return directory


def _silent(folder: Path) -> Path:
    directory = saved(folder)
    edit_metadata(directory, lambda number, content: None if content["class_name"] == "Dense" else content)
    return directory


def _other_units(folder: Path) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        config["config"]["layers"][-1]["config"]["units"] = 3
        members["config.json"] = json.dumps(config).encode()

    return archive(folder, edit)


CASES: dict[Rule, Make] = {
    consistency.OBJECTS: changed(_no_such_object),
    consistency.VALUE_MISSING: _without_value,
    consistency.VALUE_LEFT_OVER: _with_value,
    consistency.VALUE_DISAGREES: changed(_other_shape),
    consistency.UNKNOWN_OP: with_node("NobodysOp"),
    consistency.ATTRIBUTE: with_node("Placeholder", dtype=text("float")),
    consistency.DANGLING_INPUT: with_node("Relu", ("nobody:0",), T=FLOAT),
    consistency.OPERANDS: with_node("Relu", T=FLOAT),
    consistency.FUNCTION_MISSING: changed(_missing_function),
    consistency.RECURSION: changed(_recursive),
    consistency.NAMED_TWICE: changed(_twice),
    consistency.SIGNATURE: changed(_other_signature),
    consistency.CONCRETE_FUNCTION: changed(_other_capture),
    consistency.ASSET_MISSING: changed(_asset),
    consistency.METADATA: _other_identifier,
    consistency.METADATA_MISSING: _silent,
    consistency.WEIGHTS: _other_units,
}


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_a_file_for_the_rule(rule: Rule, tmp_path: Path) -> None:
    check_case(rule, CASES[rule], tmp_path)


def _wait(meta: Any) -> None:
    add_node(meta, "Identity", ("second:0",), "first", T=FLOAT)
    add_node(meta, "Identity", ("first:0",), "second", T=FLOAT)


def _wrong_dtype(meta: Any) -> None:
    add_node(meta, "Placeholder", name="texts", dtype=STRING)
    add_node(meta, "Relu", ("texts:0",), T=FLOAT)


def _wrong_constant(meta: Any) -> None:
    value = protos.AttrValue()
    value.tensor.dtype = protos.DataType.Value("DT_FLOAT")
    value.tensor.tensor_shape.dim.add(size=4)
    value.tensor.tensor_content = b"123"
    add_node(meta, "Const", value=value, dtype=FLOAT)


def _huge(meta: Any) -> None:
    shape = protos.AttrValue()
    for _ in range(3):
        shape.shape.dim.add(size=2**40)
    add_node(meta, "Placeholder", dtype=FLOAT, shape=shape)


def _negative_number(meta: Any) -> None:
    add_node(meta, "Pack", T=FLOAT, N=protos.AttrValue(i=-(2**40)))


def _many_outputs(meta: Any) -> None:
    add_node(meta, "Unpack", T=FLOAT, num=protos.AttrValue(i=2**60))


def _unknown_dtype(meta: Any) -> None:
    add_node(meta, "Placeholder", dtype=protos.AttrValue(type=99))


def _call_of_others(meta: Any) -> None:
    function = meta.graph_def.library.function[0].signature
    called = protos.AttrValue()
    called.func.name = function.name
    empty = protos.AttrValue()
    empty.list.SetInParent()
    add_node(meta, "PartitionedCall", f=called, Tin=empty, Tout=empty)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_wait, consistency.RECURSION),
        (_wrong_dtype, consistency.OPERANDS),
        (_wrong_constant, consistency.ATTRIBUTE),
        (_huge, consistency.ATTRIBUTE),
        (_negative_number, consistency.ATTRIBUTE),
        (_many_outputs, consistency.ATTRIBUTE),
        (_unknown_dtype, consistency.ATTRIBUTE),
        (_call_of_others, consistency.OPERANDS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_published_attacks_on_graphs(tmp_path: Path, change: Any, rule: Rule) -> None:
    report = verify(saved(tmp_path, change))
    assert rule in rules_of(report), str(report)
    assert "KF005" not in {found.rule.code for found in report.findings}


def test_a_checkpoint_with_a_value_of_nobody(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    edit_variables(directory, lambda held: [*held.items(), ("hidden", held[next(iter(held))])])
    report = verify(directory / "variables" / "variables")
    assert rules_of(report) == {consistency.VALUE_LEFT_OVER}
    assert "hidden" in tensorbundle.read(directory / "variables" / "variables")
