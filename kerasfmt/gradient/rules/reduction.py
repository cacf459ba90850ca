"""Gradients of reductions along axes, and of running sums.

Source: tensorflow/python/ops/math_grad.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value
from kerasfmt.graph.ops import constant_value


@gradient("Sum")
def sum_(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient for each term."""
    return [_spread(graph, node, grad), None]


def _spread(graph: BackwardGraph, node: Node, grad: Value) -> Value:
    """The gradient of a sum for each of its terms."""
    x, axes = node.inputs
    known = constant_value(axes)
    if x.shape is not None and known is not None:
        rank = len(x.shape)
        if known.tolist() == list(range(rank)):
            ones = graph.emit_one("Reshape", grad, np.ones(rank, np.int32))
            return graph.emit_one("Tile", ones, graph.shape_of(x))
        if None not in x.shape:
            over = {int(axis) % rank for axis in known.reshape(-1)}
            kept = [1 if i in over else size for i, size in enumerate(x.shape)]
            times = [size if i in over else 1 for i, size in enumerate(x.shape)]
            spread = graph.emit_one("Reshape", grad, np.array(kept, np.int32))
            return graph.emit_one("Tile", spread, np.array(times, np.int32))
    shape = graph.shape_of(x)
    if not node.attrs["keep_dims"]:
        grad = graph.emit_one("Reshape", grad, _kept(graph, x, shape, axes))
    return graph.emit_one("BroadcastTo", grad, shape)


def _kept(graph: BackwardGraph, x: Value, shape: Value, axes: Value) -> Value:
    """The shape of the result, with 1 for each axis that the sum is over.

    Source: tensorflow/python/ops/math_ops.py, reduced_shape.
    """
    known = constant_value(axes)
    if x.shape is not None and None not in x.shape and known is not None:
        over = {int(axis) % len(x.shape) for axis in known.reshape(-1)}
        return graph.constant(np.array([1 if i in over else n for i, n in enumerate(x.shape)], np.int32))
    rank = _rank(graph, x, shape)
    positive = _positive(graph, axes, rank)
    everywhere = graph.emit_one("Range", 0, rank, 1, name="range")
    ones = graph.emit_one("Fill", graph.shape_of(positive), 1, name="ones")
    return graph.emit_one("DynamicStitch", [everywhere, positive], [shape, ones])


def _rank(graph: BackwardGraph, x: Value, shape: Value) -> Value:
    """The number of axes: int32 ()."""
    return graph.emit_one("Size", shape) if x.shape is None else graph.constant(len(x.shape))


def _positive(graph: BackwardGraph, axes: Value, rank: Value) -> Value:
    """Axes counted from the front."""
    return graph.emit_one(
        "FloorMod", graph.emit_one("AddV2", graph.as_int32(axes), rank, name="add"), rank, name="mod"
    )


@gradient("BroadcastTo")
def broadcast_to(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The sum over the axes along which the tensor was repeated."""
    x, shape = node.inputs
    own = graph.shape_of(x, shape.dtype)
    known = constant_value(shape)
    whole = shape if known is None else graph.constant(known.astype(shape.dtype.numpy))
    _, axes = graph.emit("BroadcastGradientArgs", whole, own)
    return [graph.emit_one("Reshape", graph.emit_one("Sum", grad, axes, keep_dims=True), own), None]


@gradient("Mean")
def mean(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient for each term, divided by their number."""
    spread = _spread(graph, node, grad)
    x, result = node.inputs[0].shape, node.outputs[0].shape
    if x is not None and result is not None and None not in (*x, *result):
        sizes = [math.prod(size or 0 for size in shape) for shape in (x, result)]
        count = graph.constant(sizes[0] // max(sizes[1], 1), grad.dtype)
    else:
        shape = graph.shape_of(node.inputs[0])
        axes = _positive(graph, node.inputs[1], _rank(graph, node.inputs[0], shape))
        chosen = graph.emit_one("Reshape", graph.emit_one("GatherV2", shape, axes, 0), [-1])
        whole = graph.emit_one("Prod", chosen, np.zeros(1, np.int32))
        count = graph.emit_one("Cast", whole, DstT=grad.dtype)
    return [graph.emit_one("RealDiv", spread, count, name="truediv"), None]


@gradient("Max", "Min")
def extremum(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient in equal parts for the elements that are the extremum."""
    x, axes = node.inputs
    shape = graph.shape_of(x)
    result = node.outputs[0]
    if node.attrs["keep_dims"]:
        kept = graph.shape_of(result)
    else:
        kept = _kept(graph, x, shape, axes)
        result = graph.emit_one("Reshape", result, kept)
        grad = graph.emit_one("Reshape", grad, kept)
    taken = graph.emit_one("Cast", graph.emit_one("Equal", result, x), DstT=grad.dtype)
    count = graph.emit_one("Reshape", graph.emit_one("Sum", taken, axes), kept)
    return [
        graph.emit_one("Mul", graph.emit_one("RealDiv", taken, count, name="truediv"), grad, name="mul"),
        None,
    ]


@gradient("EuclideanNorm")
def euclidean_norm(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """x / (norm / grad)."""
    x, axes = node.inputs
    result = node.outputs[0]
    if not node.attrs["keep_dims"]:
        kept = _kept(graph, x, graph.shape_of(x), axes)
        result = graph.emit_one("Reshape", result, kept)
        grad = graph.emit_one("Reshape", grad, kept)
    return [graph.emit_one("RealDiv", x, graph.emit_one("RealDiv", result, grad), name="truediv"), None]


@gradient("Prod")
def prod(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient times the product of the other elements, without a division."""
    x, axes = node.inputs
    shape = graph.shape_of(x)
    if not node.attrs["keep_dims"]:
        grad = graph.emit_one("Reshape", grad, _kept(graph, x, shape, axes))
    grad = graph.emit_one("BroadcastTo", grad, shape)
    rank = graph.rank_of(x)
    over = _positive(graph, graph.emit_one("Reshape", axes, [-1]), rank)
    other, _ = graph.emit("ListDiff", graph.emit_one("Range", 0, rank, 1), over)
    order = graph.emit_one("ConcatV2", [over, other], 0, name="concat")
    sizes = [
        graph.emit_one("Prod", graph.emit_one("GatherV2", shape, part, 0), np.zeros(1, np.int32))
        for part in (over, other)
    ]
    permuted = graph.emit_one("Transpose", x, order, name="transpose")
    flat = graph.emit_one("Reshape", permuted, graph.emit_one("Pack", sizes))
    left = graph.emit_one("Cumprod", flat, 0, exclusive=True)
    right = graph.emit_one("Cumprod", flat, 0, exclusive=True, reverse=True)
    others = graph.emit_one("Mul", graph.conj(left), graph.conj(right), name="mul")
    others = graph.emit_one("Reshape", others, graph.emit_one("Shape", permuted))
    back = graph.emit_one("Transpose", others, graph.emit_one("InvertPermutation", order), name="transpose")
    return [graph.emit_one("Reshape", graph.emit_one("Mul", grad, back, name="mul"), shape), None]


@gradient("Cumsum")
def cumsum(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The running sum in the other direction."""
    attrs: dict[str, Any] = {"exclusive": node.attrs["exclusive"], "reverse": not node.attrs["reverse"]}
    return [graph.emit_one("Cumsum", grad, node.inputs[1], **attrs), None]


@gradient("Cumprod")
def cumprod(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The running sum, in the other direction, of product times gradient, divided by x."""
    x, axis = node.inputs
    exclusive, reverse = node.attrs["exclusive"], node.attrs["reverse"]
    product = graph.emit_one("Cumprod", x, axis, exclusive=exclusive, reverse=reverse)
    scaled = graph.emit_one("Mul", product, grad, name="mul")
    total = graph.emit_one("Cumsum", scaled, axis, exclusive=exclusive, reverse=not reverse)
    return [graph.emit_one("DivNoNan", total, x), None]


@gradient("L2Loss")
def l2_loss(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """x * grad."""
    return [graph.emit_one("Mul", node.inputs[0], grad, name="mul")]
