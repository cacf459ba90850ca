"""Gradients of the ops that move and reshape elements.

Source: tensorflow/python/ops/array_grad.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.indexed_slices import Gradient
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value


@gradient("Identity", "EnsureShape", takes_slices=True)
def identity(graph: BackwardGraph, node: Node, grad: Gradient) -> Gradients:
    """The gradient itself."""
    return [grad]


@gradient("IdentityN", takes_slices=True)
def identity_n(graph: BackwardGraph, node: Node, *grads: Gradient | None) -> Gradients:
    """The gradients themselves."""
    return grads


@gradient("Reshape", "ExpandDims", "Squeeze")
def reshape(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient in the shape of the input."""
    found = graph.emit_one("Reshape", grad, graph.shape_of(node.inputs[0]))
    return [found, *[None] * (len(node.inputs) - 1)]


@gradient("Transpose")
def transpose(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The axes back where they were."""
    order = graph.emit_one("InvertPermutation", node.inputs[1])
    return [graph.emit_one("Transpose", grad, order, name="transpose"), None]


@gradient("Pack")
def pack(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The slices of the gradient."""
    return graph.emit("Unpack", grad, num=node.attrs["N"], axis=node.attrs["axis"], name="unstack")


@gradient("Unpack")
def unpack(graph: BackwardGraph, node: Node, *grads: Value) -> Gradients:
    """The gradients side by side."""
    return [graph.emit_one("Pack", list(grads), axis=node.attrs["axis"], name="stack")]


@gradient("ConcatV2")
def concat(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The part of each operand."""
    *values, axis = node.inputs
    if len(values) == 1:
        return [grad, None]
    positive = graph.emit_one("FloorMod", axis, graph.rank_of(values[0]), name="mod")
    if all(v.shape is not None and None not in v.shape for v in values):
        sizes = [graph.shape_of(v) for v in values]
    else:
        sizes = list(graph.emit("ShapeN", values))
    if len(sizes) > 16:
        begin = graph.emit_one("Pack", [positive, graph.constant(0)], name="Slice/begin")
        lengths = graph.emit_one("Slice", graph.emit_one("Pack", sizes, axis=1, name="stack"), begin, [1, -1])
        lengths = graph.emit_one("Squeeze", lengths)
        lengths.set_shape((len(sizes),))
        return [*graph.emit("SplitV", grad, lengths, positive, num_split=len(sizes), name="split"), None]
    offsets = graph.emit("ConcatOffset", positive, sizes)
    parts = [graph.emit_one("Slice", grad, at, size) for at, size in zip(offsets, sizes, strict=True)]
    return [*parts, None]


@gradient("Split")
def split(graph: BackwardGraph, node: Node, *grads: Value) -> Gradients:
    """The gradients one behind the other."""
    return [None, graph.emit_one("ConcatV2", list(grads), node.inputs[0], name="concat")]


@gradient("SplitV")
def split_v(graph: BackwardGraph, node: Node, *grads: Value) -> Gradients:
    """The gradients one behind the other."""
    return [graph.emit_one("ConcatV2", list(grads), node.inputs[2], name="concat"), None, None]


@gradient("ReverseV2")
def reverse(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The order turned back."""
    return [graph.emit_one("ReverseV2", grad, node.inputs[1]), None]


@gradient("ReverseSequence")
def reverse_sequence(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The order turned back."""
    axes: dict[str, Any] = {"seq_dim": node.attrs["seq_dim"], "batch_dim": node.attrs["batch_dim"]}
    return [graph.emit_one("ReverseSequence", grad, node.inputs[1], **axes), None]


@gradient("Cast")
def cast(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient in the dtype of the input, between floats."""
    source = node.inputs[0].dtype
    if not (source.is_floating or source.is_complex) or not (grad.dtype.is_floating or grad.dtype.is_complex):
        return [None]
    return [grad if grad.dtype is source else graph.emit_one("Cast", grad, DstT=source)]


@gradient("Tile")
def tile(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The sum over the repetitions."""
    x, times = node.inputs
    shape = graph.shape_of(x, times.dtype)
    both = graph.emit_one("Pack", [times, shape], name="stack")
    both = graph.emit_one("Transpose", both, [1, 0], name="transpose")
    split_shape = graph.emit_one("Reshape", both, [-1])
    last = graph.emit_one("Size", split_shape)
    axes = graph.emit_one("Range", 0, last, 2, name="range")
    return [graph.emit_one("Sum", graph.emit_one("Reshape", grad, split_shape), axes), None]


@gradient("Fill")
def fill(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The sum."""
    rank = graph.rank_of(grad)
    axes = graph.emit_one("Range", 0, rank, 1, name="range")
    return [None, graph.emit_one("Sum", grad, axes)]


_BACK = {
    "BatchToSpaceND": "SpaceToBatchND",
    "DepthToSpace": "SpaceToDepth",
    "SpaceToBatchND": "BatchToSpaceND",
    "SpaceToDepth": "DepthToSpace",
}


@gradient("BatchToSpaceND", "SpaceToBatchND")
def between_batch_and_space(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The blocks back where they were."""
    return [graph.emit_one(_BACK[node.op], grad, *node.inputs[1:]), None, None]


@gradient("DepthToSpace", "SpaceToDepth")
def between_depth_and_space(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The blocks back where they were."""
    attrs: dict[str, Any] = {name: node.attrs[name] for name in ("block_size", "data_format")}
    return [graph.emit_one(_BACK[node.op], grad, **attrs)]


@gradient("MatrixBandPart")
def matrix_band_part(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The band of the gradient."""
    return [graph.emit_one("MatrixBandPart", grad, *node.inputs[1:]), None, None]


@gradient("Roll")
def roll(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The elements back where they were. Source: tensorflow/python/ops/manip_grad.py."""
    back = graph.emit_one("Neg", node.inputs[1])
    return [graph.emit_one("Roll", grad, back, node.inputs[2]), None, None]
