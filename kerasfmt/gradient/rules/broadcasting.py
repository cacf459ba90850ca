"""What the gradients of operands that broadcast are summed over.

Source: tensorflow/python/ops/math_grad.py, SmartBroadcastGradientArgs and _ReduceGradientArgs.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.graph import Value
from kerasfmt.graph.spec import Shape


def same_known_shape(*values: Value) -> bool:
    """Whether the values have one shape, of which everything is known: nothing broadcasts."""
    first = values[0].shape
    return first is not None and None not in first and all(v.shape == first for v in values)


def reduced(
    graph: BackwardGraph, x: Value, y: Value, gx: Value | None, gy: Value | None
) -> tuple[Value | None, Value | None]:
    """The gradients of two operands, in their shapes, from those in the shape that both broadcast to.

    Args:
      graph: the graph under construction.
      x, y: the operands, of any graph.
      gx, gy: their gradients in the shape of the result; None where there is none.
    """
    shapes = graph.shape_of(x), graph.shape_of(y)
    axes = _known_axes(x.shape, y.shape)
    if axes is None:
        found = graph.emit("BroadcastGradientArgs", *shapes)
        return _reduced(graph, gx, found[0], shapes[0]), _reduced(graph, gy, found[1], shapes[1])
    assert x.shape is not None and y.shape is not None
    if axes[0] or len(x.shape) < len(y.shape):
        gx = _reduced(graph, gx, np.array(axes[0], np.int32), shapes[0])
    if axes[1] or len(y.shape) < len(x.shape):
        gy = _reduced(graph, gy, np.array(axes[1], np.int32), shapes[1])
    return gx, gy


def _reduced(graph: BackwardGraph, grad: Value | None, axes: object, shape: Value) -> Value | None:
    if grad is None:
        return None
    return graph.emit_one("Reshape", graph.emit_one("Sum", grad, axes, keep_dims=True), shape)


def _known_axes(x: Shape, y: Shape) -> tuple[list[int], list[int]] | None:
    """The axes along which x and y are repeated; None where that is not known before the function runs."""
    if x is None or y is None:
        return None
    rank = max(len(x), len(y))
    repeated: tuple[list[int], list[int]] = ([], [])
    pairs = zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y, strict=True)
    for axis, (a, b) in enumerate(pairs):
        if a == 1 and b != 1:
            repeated[0].append(axis)
        elif b == 1 and a != 1:
            repeated[1].append(axis)
        elif a is None or b is None:
            return None
    return repeated
