"""Gradients that nodes have of their own, in a file that is read and written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasfmt.formats.saved_model.gradient_functions import gradient_functions
from kerasfmt.formats.saved_model.layer_functions import OUTPUTS
from kerasfmt.graphdef.definition import GRADIENT
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.revived import RevivedLayer
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
