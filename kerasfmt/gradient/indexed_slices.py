"""Gradients that are zero but for some rows: what comes of a lookup in a large table.

Source: tensorflow/python/framework/indexed_slices.py; tensorflow/python/eager/backprop_util.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kerasfmt import dtypes
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.graph import Value


@dataclass(frozen=True, eq=False)
class IndexedSlices:
    """A tensor that is the sum of rows, each at its index; zero elsewhere.

    Attributes:
      values: (n, ...), the rows.
      indices: integers (n,); one may come several times.
      dense_shape: int32 (rank,), the shape of the tensor.
    """

    values: Value
    indices: Value
    dense_shape: Value


Gradient: TypeAlias = Value | IndexedSlices
"""A gradient under construction."""


def dense(graph: BackwardGraph, grad: Gradient) -> Value:
    """The gradient as a tensor."""
    if isinstance(grad, Value):
        return grad
    rows = graph.emit_one("StridedSlice", grad.dense_shape, [0], [1], [1], shrink_axis_mask=1)
    return graph.emit_one("UnsortedSegmentSum", grad.values, grad.indices, rows)


def total(graph: BackwardGraph, grads: Sequence[Gradient]) -> Gradient:
    """The sum of gradients; it has indices if each of them has."""
    if len(grads) == 1:
        return grads[0]
    sparse = [grad for grad in grads if isinstance(grad, IndexedSlices)]
    if len(sparse) < len(grads):
        return graph.emit_one("AddN", [dense(graph, grad) for grad in grads])
    values = graph.emit_one("ConcatV2", [grad.values for grad in sparse], 0, name="concat")
    indices = [grad.indices for grad in sparse]
    if len({value.dtype for value in indices}) > 1:
        indices = [graph.emit_one("Cast", value, DstT=dtypes.int64) for value in indices]
    return IndexedSlices(values, graph.emit_one("ConcatV2", indices, 0, name="concat"), sparse[0].dense_shape)
