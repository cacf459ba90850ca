"""SavedModels as functions and variables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.errors import (
    CorruptFileError,
    GraphError,
    InvalidModelError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.saved_model.graph_reader import load_graph
from kerasfmt.graph.op import known_op
from kerasfmt.graph.op_defs import _op_list
from tests.formats.format_tests import files
from tests.formats.saved_model.saved import save, small
from tests.formats.saved_model.stored_edits import edit_saved_model

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield save(small(), tmp_path / "m").directory
    kerasfmt.clear_session()


def test_signatures_compute_what_the_model_computes(directory: Path) -> None:
    found = load_graph(directory)
    assert list(found.signatures) == ["serving_default"]
    serve = found.signatures["serving_default"]
    assert serve.inputs == {"x": kerasfmt.Spec((None, 3), kerasfmt.dtypes.float32)}
    np.testing.assert_allclose(serve(x=X)["out"], small().predict(X), rtol=1e-6)
    assert found.missing_ops() == []


def test_signatures_follow_the_variables(directory: Path) -> None:
    model = small()
    found = load_graph(directory)
    by_name = {weight.name: weight for weight in found.variables}
    assert {weight.name for weight in model.weights} == by_name.keys()
    assert not by_name["norm/moving_mean"].trainable
    for weight in model.weights:
        weight.value = by_name[weight.name].value = weight.numpy() + 1
    np.testing.assert_allclose(found.signatures["serving_default"](x=X)["out"], model.predict(X), rtol=1e-6)


def test_a_model_is_written_as_it_was(directory: Path, tmp_path: Path) -> None:
    first = files(directory)
    found = kerasfmt.load_graph_model(directory)
    kerasfmt.save_model(found, tmp_path / "again")
    assert files(tmp_path / "again") == first
    kerasfmt.save_model(found, directory)  # the weights lie in the files that are replaced
    assert files(directory) == first
    weight = next(weight for weight in found.variables if weight.name == "out/kernel")
    weight.value = weight.numpy() * 2
    kerasfmt.save_model(found, tmp_path / "again")
    model = kerasfmt.load_model(tmp_path / "again")
    np.testing.assert_array_equal(model.get_layer("out").weights[0].numpy(), weight.numpy())


@pytest.mark.parametrize("name", ["w.npz", "w.safetensors", "w.h5"])
def test_variables_in_other_formats(directory: Path, tmp_path: Path, name: str) -> None:
    found = kerasfmt.load_graph_model(directory)
    kerasfmt.save_weights(found, tmp_path / name)
    expected = {weight.name: weight.numpy() for weight in found.variables}
    for weight in found.variables:
        weight.value = np.zeros_like(weight.numpy())
    kerasfmt.load_weights(found, tmp_path / name)
    for weight in found.variables:
        np.testing.assert_array_equal(weight.numpy(), expected[weight.name], strict=True)


def test_what_other_formats_take(directory: Path, tmp_path: Path) -> None:
    found = kerasfmt.load_graph_model(directory)
    kerasfmt.save_weights(found, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as arrays:
        assert set(arrays.files) == {weight.name for weight in found.variables}
    for name in ("m.h5", "m.keras"):
        with pytest.raises(UnsupportedFormatError, match="holds layers, and a GraphModel has none"):
            kerasfmt.save_model(found, tmp_path / name)
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    with pytest.raises(
        UnsupportedFormatError, match="gives its weights to layers, and a GraphModel has none"
    ):
        kerasfmt.load_weights(found, tmp_path / "ckpt")
    with pytest.raises(UnsupportedFormatError, match="holds the weights of layers"):
        kerasfmt.save_weights(found, tmp_path / "w.weights.h5")
    with pytest.raises(UnsupportedFormatError, match="holds the weights of layers"):
        kerasfmt.save_weights(found, tmp_path / "w", save_format="tf")
    kerasfmt.save_model(small(), tmp_path / "m.keras")
    with pytest.raises(UnsupportedFormatError, match=r"holds no graph; load_model reads its layers"):
        kerasfmt.load_graph_model(tmp_path / "m.keras")


def test_assets_are_kept(directory: Path, tmp_path: Path) -> None:
    (directory / "assets" / "words.txt").write_text("a\nb\n")

    def name(asset: str) -> None:
        edit_saved_model(directory, lambda meta: meta.asset_file_def.add(filename=asset))

    name("words.txt")
    kerasfmt.save_model(kerasfmt.load_graph_model(directory), tmp_path / "again")
    assert (tmp_path / "again" / "assets" / "words.txt").read_text() == "a\nb\n"
    name("none.txt")
    with pytest.raises(InvalidModelError, match=r"none\.txt: cannot be read"):
        kerasfmt.save_model(kerasfmt.load_graph_model(directory), tmp_path / "other")
    edit_saved_model(directory, lambda meta: meta.asset_file_def.pop())
    name("../saved_model.pb")
    with pytest.raises(UnsafeFileError, match=r"names the asset '\.\./saved_model\.pb'"):
        kerasfmt.save_model(kerasfmt.load_graph_model(directory), tmp_path / "other")


def test_ops_without_a_kernel_are_named_before_they_run(directory: Path) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.op == "BiasAdd":
                    node.op = "Own"
        (definition,) = [op for op in meta.meta_info_def.stripped_op_list.op if op.name == "BiasAdd"]
        own = meta.meta_info_def.stripped_op_list.op.add()
        own.CopyFrom(definition)
        own.name = "Own"

    edit_saved_model(directory, change)
    found = load_graph(directory)
    assert found.missing_ops() == ["Own"]
    with pytest.raises(GraphError, match="op Own: kerasfmt has no shape inference and no kernel for it"):
        found.signatures["serving_default"](x=X)


def _function(meta: Any) -> Any:
    """The concrete function of the signature."""
    nodes = meta.object_graph_def.nodes
    (signatures,) = [child.node_id for child in nodes[0].children if child.local_name == "signatures"]
    return nodes[nodes[signatures].children[0].node_id].bare_concrete_function


def test_constants_among_the_captures(directory: Path) -> None:
    def change(meta: Any) -> None:
        constant = meta.graph_def.node.add(name="captured", op="Const")
        constant.attr["value"].tensor.CopyFrom(protos.TensorProto(dtype=1, float_val=[2.5]))
        meta.object_graph_def.nodes.add().constant.operation = "captured"
        function = meta.graph_def.library.function.add()
        function.signature.name = "own"
        for name in ("x", "captured"):
            function.signature.input_arg.add(name=name, type=1)
        function.signature.output_arg.add(name="y", type=1)
        function.node_def.add(name="mul", op="Mul", input=["x", "captured"]).attr["T"].type = 1
        function.ret["y"] = "mul:z:0"
        _function(meta).concrete_function_name = "own"
        concrete = meta.object_graph_def.concrete_functions["own"]
        concrete.bound_inputs.append(len(meta.object_graph_def.nodes) - 1)

    edit_saved_model(directory, change)
    np.testing.assert_array_equal(load_graph(directory).signatures["serving_default"](x=X)["out"], X * 2.5)
    edit_saved_model(directory, lambda meta: meta.graph_def.node.pop())
    with pytest.raises(GraphError, match="expected a constant 'captured' in the graph, got none"):
        load_graph(directory).signatures["serving_default"](x=X)


def _rename(meta: Any) -> None:
    _function(meta).concrete_function_name = "none"


def _other_keyword(meta: Any) -> None:
    _function(meta).argument_keywords[0] = "z"


def _sparse(meta: Any) -> None:
    meta.signature_def["serving_default"].inputs["x"].coo_sparse.values_tensor_name = "v"


def _other_output(meta: Any) -> None:
    meta.signature_def["serving_default"].outputs["z"].CopyFrom(
        meta.signature_def["serving_default"].outputs["out"]
    )


def _far(meta: Any) -> None:
    meta.object_graph_def.concrete_functions[_function(meta).concrete_function_name].bound_inputs[0] = 10**6


def _of_root(meta: Any) -> None:
    meta.object_graph_def.concrete_functions[_function(meta).concrete_function_name].bound_inputs[0] = 0


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (_rename, GraphError, r"expected a function of \['x'\], got 'none'"),
        (_other_keyword, GraphError, r"got '.*' of \['z'\]"),
        (_sparse, GraphError, "expected a tensor, got a sparse or composite one"),
        (_other_output, GraphError, "expected 2 outputs, got 1"),
        (_far, CorruptFileError, "captures object 1000000, which is not there"),
        (_of_root, GraphError, "captures object 0, a user_object; only variables, constants"),
    ],
)
def test_signatures_that_contradict_themselves(
    directory: Path, change: Any, error: type[Exception], said: str
) -> None:
    edit_saved_model(directory, change)
    with pytest.raises(error, match=said):
        load_graph(directory).signatures["serving_default"](x=X)


def test_no_op_of_files_and_none_of_python_has_a_kernel() -> None:
    found = _tensor_ops()
    assert {"ReadFile", "WriteFile", "SaveV2", "RestoreV2"} <= found
    found.remove("InitializeTableFromTextFileV2")  # it reads assets, which the interpreter gives it
    assert not [name for name in found if (op := known_op(name)) is not None and op.has_kernel()]


def _tensor_ops() -> set[str]:
    """The ops of TensorFlow that reach beyond the graph, of those whose definitions kerasfmt has."""
    words = ("File", "SaveV2", "RestoreV2", "Checkpoint", "PyFunc", "Print", "Fact", "Sql", "Socket")
    return {op.name for op in _op_list().values() if any(word in op.name for word in words)}


def test_functions_of_arrays(directory: Path) -> None:
    found = load_graph(directory)
    (name,) = [name for name in found.functions if "signature_wrapper" in name]
    function = found.functions[name]
    assert [spec.name for spec in function.inputs] == ["x"]
    np.testing.assert_allclose(function(X)["out"], small().predict(X), rtol=1e-6)


def test_the_object_itself_is_called(directory: Path) -> None:
    found = load_graph(directory)
    expected = small().predict(X)
    np.testing.assert_allclose(found(X), expected, rtol=1e-6)
    np.testing.assert_allclose(found([*X], training=False, mask=None), expected, rtol=1e-6)
    with pytest.raises(InvalidModelError, match="it was not traced for such arguments"):
        found(X[0])


def test_graphs_go_by_their_tags(directory: Path) -> None:
    path = directory / "saved_model.pb"
    saved = protos.SavedModel.FromString(path.read_bytes())
    saved.meta_graphs.add().CopyFrom(saved.meta_graphs[0])
    saved.meta_graphs[1].meta_info_def.tags.append("tpu")
    path.write_bytes(saved.SerializeToString())
    for tags in (None, "serve", ["serve"], {"serve", "tpu"}):
        assert list(kerasfmt.load_graph_model(directory, tags).signatures) == ["serving_default"]
        assert kerasfmt.load_model(directory, tags=tags).name == "small"
    with pytest.raises(
        UnsupportedFormatError, match=r"tags \['tpu'\], got 0 among 2 with the tags .* name one by"
    ):
        kerasfmt.load_graph_model(directory, "tpu")
    with pytest.raises(UnsupportedFormatError, match=r"tags \[\], got 0"):
        kerasfmt.load_model(directory, tags=())
