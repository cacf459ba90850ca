"""Gradients that nodes have of their own, in a file that is read and written again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.gradient_functions import built_gradients, gradient_functions
from kerasfmt.formats.saved_model.layer_functions import OUTPUTS
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.own_gradient import with_own_gradient
from kerasfmt.graphdef.definition import GRADIENT
from kerasfmt.ir.call_signature import bound_signature
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.revived import Record, RevivedLayer
from tests.formats.saved_model.revivable import layered, loaded
from tests.formats.saved_model.saved import Saved, save
from tests.formats.saved_model.stored_edits import edit_saved_model

KIND = "CustomGradient-5"


def with_gradient(directory: Path) -> Path:
    """The directory, in which the MatMul of `out` has a gradient that captures a tensor of its function."""

    def change(meta: Any) -> None:
        library, objects = meta.graph_def.library, meta.object_graph_def
        holders = [f for f in library.function if "out_layer_call_and_return" in f.signature.name]
        holder = holders[-1]  # the root calls the first
        node = next(n for n in holder.node_def if n.op == "MatMul")
        node.attr[GRADIENT].s = KIND.encode()
        gradient = library.function.add()
        gradient.signature.name = "__inference_internal_grad_fn_99"
        for name in ("grads", "captured"):
            gradient.signature.input_arg.add(name=name, type=1)
        gradient.signature.output_arg.add(name="result", type=1)
        gradient.node_def.add(name="Mul", op="Mul", input=["grads", "captured"]).attr["T"].type = 1
        gradient.ret["result"] = "Mul:z:0"
        library.registered_gradients.add(registered_op_type=KIND, gradient_func=gradient.signature.name)
        inner = objects.nodes.add().captured_tensor
        inner.name, inner.concrete_function = f"{node.name}:0", holder.signature.name
        concrete = objects.concrete_functions[gradient.signature.name]
        concrete.bound_inputs.append(len(objects.nodes) - 1)
        values = concrete.canonicalized_input_signature.tuple_value.values
        values.add().tuple_value.values.add().tensor_spec_value.dtype = 1
        values.add().dict_value.SetInParent()
        concrete.output_signature.tensor_spec_value.dtype = 1

    edit_saved_model(directory, change)
    return directory


def test_gradients_are_found_through_calls(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "out")
    model = loaded(with_gradient(directory))
    layer = model.get_layer("out")
    assert isinstance(layer, RevivedLayer)
    functions = [trace.function for trace in layer.record.functions[OUTPUTS].traces]
    (found,) = gradient_functions(functions, every_layer(model))
    assert found.name == "__inference_internal_grad_fn_99"
    assert [captured.name for captured in found.function.captured] == ["MatMul:0"]
    assert gradient_functions(functions, []) == []
    assert gradient_functions([], every_layer(model)) == []


def test_a_file_is_written_with_them(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "out")
    again = Saved(save(loaded(with_gradient(directory)), tmp_path / "n").directory)
    (registered,) = again.meta.graph_def.library.registered_gradients
    assert registered.registered_op_type == KIND
    assert "internal_grad_fn" in registered.gradient_func
    concrete = again.meta.object_graph_def.concrete_functions[registered.gradient_func]
    (number,) = concrete.bound_inputs
    inner = again.nodes[number].captured_tensor
    assert inner.name == "MatMul:0"
    holder = again.functions[inner.concrete_function]
    assert any(node.attr[GRADIENT].s == KIND.encode() for node in holder.node_def)
    third = Saved(save(loaded(again.directory), tmp_path / "o").directory)
    assert len(third.meta.graph_def.library.registered_gradients) == 1
    assert len(third.nodes) == len(again.nodes)


def layer() -> LiveLayer:
    """A live layer; its tracer is not asked for anything."""
    tracer: Any = SimpleNamespace(signature=bound_signature(lambda inputs: inputs), inputs=None)
    return LiveLayer(Record({"class_name": "Own"}, "_tf_keras_layer", "own"), tracer, name="own")


def test_gradients_of_built_nodes() -> None:
    def forward(values: Any) -> Any:
        return [ops.tanh(values[0])]

    def backward(values: Any, given: Any) -> Any:
        return [given[0] * values[0]]

    function = with_own_gradient("own", [Spec((None, 2), dtypes.float32, "x")], forward, backward)
    graph = Builder("outermost")
    holder = graph.finish(graph.call(function, [graph.input(Spec((None, 2), dtypes.float32))]))
    assert gradient_functions([holder], []) == []
    (found,) = gradient_functions([holder], [layer()])
    (node,) = (node for node in function.nodes if node.op == "IdentityN")
    assert found.function is node.attrs[GRADIENT]
    assert found.inputs == (
        (None, *(Spec((None, 2), dtypes.float32, f"result_grads_{place}") for place in (0, 1))),
        {},
    )
    assert [each.function for each in built_gradients({found.function: node})] == [found.function]
