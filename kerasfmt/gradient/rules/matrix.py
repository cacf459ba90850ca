"""Gradients of matrix products, bias and softmax.

Source: tensorflow/python/ops/math_grad.py, nn_grad.py.
"""

from __future__ import annotations

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value

_A, _B, _G = "a", "b", "grad"
_PRODUCTS = {
    # (a is transposed, b is transposed): the two products, each with what of it is transposed
    (False, False): ((_G, _B, False, True), (_A, _G, True, False)),
    (False, True): ((_G, _B, False, False), (_G, _A, True, False)),
    (True, False): ((_B, _G, False, True), (_A, _G, False, False)),
    (True, True): ((_B, _G, True, True), (_G, _A, True, True)),
}


@gradient("MatMul")
def matmul(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The products of the gradient with the other matrix."""
    transposed = bool(node.attrs["transpose_a"]), bool(node.attrs["transpose_b"])
    operands = {_A: graph.conj(node.inputs[0]), _B: graph.conj(node.inputs[1]), _G: grad}
    return [
        graph.emit_one("MatMul", operands[first], operands[second], transpose_a=left, transpose_b=right)
        for first, second, left, right in _PRODUCTS[transposed]
    ]


@gradient("BatchMatMulV2")
def batch_matmul(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The products of the gradient with the other matrices, summed where these were repeated."""
    x, y = node.inputs
    operands = {_A: x, _B: y, _G: grad}
    found = [
        graph.emit_one(
            "BatchMatMulV2", operands[first], operands[second], adj_x=left, adj_y=right, name="MatMul"
        )
        for first, second, left, right in _PRODUCTS[bool(node.attrs["adj_x"]), bool(node.attrs["adj_y"])]
    ]
    if x.shape is not None and y.shape is not None:
        batches = x.shape[:-2], y.shape[:-2]
        if batches[0] == batches[1] and None not in batches[0]:
            return found
    shapes = [graph.shape_of(x), graph.shape_of(y)]
    heads = [graph.emit_one("StridedSlice", s, [0], [-2], [1], begin_mask=1) for s in shapes]
    axes = graph.emit("BroadcastGradientArgs", *heads)
    sums = [graph.emit_one("Sum", part, over) for part, over in zip(found, axes, strict=True)]
    return [graph.emit_one("Reshape", part, shape) for part, shape in zip(sums, shapes, strict=True)]


@gradient("BiasAdd")
def bias_add(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient, and its sum over all axes but that of the channels."""
    return [grad, graph.emit_one("BiasAddGrad", grad, data_format=node.attrs["data_format"])]


@gradient("Softmax")
def softmax(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad - sum(grad * y)) * y."""
    y = node.outputs[0]
    total = graph.emit_one("Sum", graph.emit_one("Mul", grad, y, name="mul"), [-1], keep_dims=True)
    return [graph.emit_one("Mul", graph.emit_one("Sub", grad, total, name="sub"), y, name="mul")]


@gradient("LogSoftmax")
def log_softmax(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad - sum(grad) * exp(y)."""
    softmaxed = graph.emit_one("Exp", node.outputs[0])
    total = graph.emit_one("Sum", grad, [-1], keep_dims=True)
    return [graph.emit_one("Sub", grad, graph.emit_one("Mul", total, softmaxed, name="mul"), name="sub")]
