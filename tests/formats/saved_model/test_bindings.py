"""The functions of objects, bound to what they capture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import CorruptFileError, GraphError, UnsupportedLayerError
from kerasfmt.formats.saved_model.bindings import Bindings
from kerasfmt.formats.saved_model.layer_functions import LOSSES, OUTPUTS
from kerasfmt.graph.resource import EagerConstant, InnerTensor
from kerasfmt.ir import Weight
from tests.formats.saved_model.revivable import bindings_of, edit_objects, layered, place_of
from tests.formats.saved_model.stored_edits import edit_saved_model


def shared(directory: Path) -> tuple[Bindings, Any]:
    place = place_of(directory, "shared")
    return Bindings(place.stored), place


def test_functions_capture_the_weights_of_their_objects(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m")
    bindings, place = shared(directory)
    function = bindings.function(place.child("keras_api").child(LOSSES))
    assert function is bindings.function(place.child("keras_api").child(LOSSES))
    assert function.arg_spec.args == ("inputs",)
    (trace,) = {each.function.captured: each for each in function.traces}.values()
    kernel, bias = trace.function.captured
    assert isinstance(kernel, Weight)
    assert kernel is bindings.weight(place.child("kernel"))
    assert kernel.name == "shared/kernel"
    assert np.array_equal(kernel.numpy(), model.get_layer("shared").weights[0].numpy())
    assert bias.name == "shared/bias"


def test_another_weight_takes_the_place(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m")
    bindings, place = shared(directory)
    weight = model.get_layer("shared").weights[0]
    bindings.captures[place.child("kernel").number] = weight
    trace = bindings.function(place.child(OUTPUTS)).traces[0]
    assert trace.function.captured[0] is weight


def test_constants_and_inner_tensors(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m")

    def change(meta: Any) -> None:
        node = meta.graph_def.node.add(name="Const_9", op="Const")
        node.attr["value"].tensor.dtype = 1
        node.attr["value"].tensor.float_val.append(2.5)
        node.attr["dtype"].type = 1
        objects = meta.object_graph_def
        for name in ("constant", "captured_tensor", "resource"):
            getattr(objects.nodes.add(), name).SetInParent()
        count = len(objects.nodes)
        objects.nodes[-3].constant.operation = "Const_9"
        objects.nodes[-2].captured_tensor.name = "MatMul:0"
        objects.nodes[-2].captured_tensor.concrete_function = meta.graph_def.library.function[
            0
        ].signature.name
        function = meta.graph_def.library.function.add()
        function.signature.name = "takes"
        function.signature.input_arg.add(name="x", type=1)
        function.signature.output_arg.add(name="y", type=1)
        function.ret["y"] = "x"
        for number in range(-3, 0):
            concrete = objects.concrete_functions[f"takes{number}"]
            concrete.bound_inputs.append(count + number)
            concrete.canonicalized_input_signature.tuple_value.values.add().tuple_value.SetInParent()
            concrete.canonicalized_input_signature.tuple_value.values.add().dict_value.SetInParent()
            concrete.output_signature.tensor_spec_value.dtype = 1
            node = objects.nodes.add()
            node.bare_concrete_function.concrete_function_name = f"takes{number}"
            copied = meta.graph_def.library.function.add()
            copied.CopyFrom(function)
            copied.signature.name = f"takes{number}"

    edit_saved_model(directory, change)
    bindings, root = bindings_of(directory)
    count = len(root.stored.objects)
    constant, inner, resource = (bindings.trace(root.stored.at(count + n)) for n in range(-3, 0))
    (captured,) = constant.function.captured
    assert isinstance(captured, EagerConstant)
    assert captured.value == np.float32(2.5)
    (captured,) = inner.function.captured
    assert isinstance(captured, InnerTensor)
    assert (captured.name, captured.argument.dtype.name) == ("MatMul:0", "float32")
    with pytest.raises(UnsupportedLayerError, match="a resource: expected a variable or a constant"):
        _ = resource.function


def test_names_and_signatures_that_are_wrong(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m")

    def change(objects: Any) -> None:
        for concrete in objects.concrete_functions.values():
            concrete.canonicalized_input_signature.int64_value = 3

    edit_objects(directory, change)
    bindings, place = shared(directory)
    with pytest.raises(
        CorruptFileError, match="expected a signature of positional and keyword arguments, got 3"
    ):
        bindings.function(place.child(OUTPUTS))
    edit_objects(directory, lambda objects: objects.concrete_functions.clear())
    bindings, place = shared(directory)
    with pytest.raises(CorruptFileError, match=r"expected a function '__inference.*', got none"):
        bindings.function(place.child(OUTPUTS))


def test_too_many_captures(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m")

    def change(objects: Any) -> None:
        for concrete in objects.concrete_functions.values():
            concrete.bound_inputs.extend(list(concrete.bound_inputs) * 20)

    edit_objects(directory, change)
    bindings, place = shared(directory)
    with pytest.raises(GraphError, match=r"captures \d+ objects, and takes 3"):
        _ = bindings.function(place.child(OUTPUTS)).traces[0].function


def test_gradients_by_name(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m")
    assert bindings_of(directory)[0].gradients == {}

    def change(meta: Any) -> None:
        name = next(iter(meta.object_graph_def.concrete_functions))
        gradients = meta.graph_def.library.registered_gradients
        gradients.add(registered_op_type="CustomGradient-1", gradient_func=name)
        gradients.add(registered_op_type="CustomGradient-2", gradient_func="missing")

    edit_saved_model(directory, change)
    bindings, _ = bindings_of(directory)
    assert set(bindings.gradient_names) == {"CustomGradient-1", "CustomGradient-2"}
    assert list(bindings.gradients) == [bindings.gradient_names["CustomGradient-1"]]
