"""Gradients of slices and of what surrounds with zeros.

Source: tensorflow/python/ops/array_grad.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value
from kerasfmt.graph.ops import constant_value

_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


@gradient("StridedSlice")
def strided_slice(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient where the slice was, zeros elsewhere."""
    x, *bounds = node.inputs
    shape = graph.shape_of(x, bounds[0].dtype)
    known = [_constant(bound) for bound in bounds]
    masks: dict[str, Any] = {name: node.attrs[name] for name in _MASKS}
    return [graph.emit_one("StridedSliceGrad", shape, *known, grad, **masks), None, None, None]


def _constant(value: Value) -> Any:
    """The elements of a value, where they are known; else the value."""
    found = constant_value(value)
    return value if found is None else np.asarray(found, value.dtype.numpy)


@gradient("StridedSliceGrad")
def strided_slice_grad(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The elements of the gradient where the slice is; none for the shape and the bounds."""
    masks: dict[str, Any] = {name: node.attrs[name] for name in _MASKS}
    return [None, None, None, None, graph.emit_one("StridedSlice", grad, *node.inputs[1:4], **masks)]


@gradient("Slice")
def slice_(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient where the slice was, zeros elsewhere."""
    x, begin, _ = node.inputs
    rank = graph.rank_of(x)
    size = graph.shape_of(node.outputs[0], begin.dtype)
    column = graph.emit_one("Pack", [rank, graph.constant(1)], name="stack")
    before = graph.emit_one("Reshape", begin, column)
    rest = graph.emit_one("Sub", graph.shape_of(x, begin.dtype), size, name="sub")
    after = graph.emit_one("Reshape", graph.emit_one("Sub", rest, begin, name="sub"), column)
    return [
        graph.emit_one("Pad", grad, graph.emit_one("ConcatV2", [before, after], 1, name="concat")),
        None,
        None,
    ]


@gradient("Pad", "PadV2")
def pad(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The part without the padding."""
    x, paddings, *value = node.inputs
    size = graph.emit_one("Pack", [graph.rank_of(x), graph.constant(1)], name="stack")
    first = graph.emit_one("Slice", paddings, [0, 0], size)
    begin = graph.emit_one("Reshape", first, [-1])
    found = graph.emit_one("Slice", grad, begin, graph.shape_of(x, paddings.dtype))
    return [found, None, *[None] * len(value)]
