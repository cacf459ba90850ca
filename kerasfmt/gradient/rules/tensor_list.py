"""Gradients of lists of tensors: lists of the gradients.

Source: tensorflow/python/ops/list_ops.py.
"""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value
from kerasfmt.graph.ops.tensor_list import element_operand


@gradient("TensorListFromTensor")
def from_tensor(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the rows side by side."""
    x = node.inputs[0]
    count = -1 if x.shape is None or x.shape[0] is None else x.shape[0]
    shape = graph.emit_one("Slice", graph.shape_of(x), [1], [-1])
    found = graph.emit_one("TensorListStack", grad, shape, element_dtype=x.dtype, num_elements=count)
    return [found, None]


@gradient("TensorListStack")
def stack(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The rows of the gradient."""
    return [
        graph.emit_one("TensorListFromTensor", grad, element_operand(grad.shape and grad.shape[1:])),
        None,
    ]


@gradient("TensorListGetItem")
def get_item(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """A list with the gradient in its place."""
    handle, index, _ = node.inputs
    length = graph.emit_one("TensorListLength", handle)
    shape = graph.emit_one("TensorListElementShape", handle, shape_type=dtypes.int32)
    empty = graph.emit_one("TensorListReserve", shape, length, element_dtype=grad.dtype)
    return [graph.emit_one("TensorListSetItem", empty, index, grad), None, None]


@gradient("TensorListSetItem")
def set_item(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the other elements, and that of the element."""
    handle, index, item = node.inputs
    rest = graph.emit_one("TensorListSetItem", grad, index, graph.constant_like(item, 0))
    found = graph.emit_one("TensorListGetItem", grad, index, graph.shape_of(item), element_dtype=item.dtype)
    if node.attrs["resize_if_index_out_of_bounds"]:
        rest = graph.emit_one("TensorListResize", rest, graph.emit_one("TensorListLength", handle))
    return [rest, None, found]


@gradient("TensorListPushBack")
def push_back(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the list before, and that of the element."""
    item = node.inputs[1]
    rest, found = graph.emit("TensorListPopBack", grad, graph.shape_of(item), element_dtype=item.dtype)
    return [rest, found]


@gradient("TensorListPopBack")
def pop_back(graph: BackwardGraph, node: Node, rest: Value, grad: Value) -> Gradients:
    """The gradients of the list with that of the element behind."""
    return [graph.emit_one("TensorListPushBack", rest, grad), None]


@gradient("TensorListResize")
def resize(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of as many elements as there were."""
    return [
        graph.emit_one("TensorListResize", grad, graph.emit_one("TensorListLength", node.inputs[0])),
        None,
    ]
