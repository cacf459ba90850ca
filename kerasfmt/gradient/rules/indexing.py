"""Gradients of lookups by index, and of what puts elements to indices.

Source: tensorflow/python/ops/array_grad.py, math_grad.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.indexed_slices import IndexedSlices
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value
from kerasfmt.graph.ops import constant_value


def rows(graph: BackwardGraph, grad: Value, indices: Value, rest: Value) -> tuple[Value, Value]:
    """The gradient as rows, and the index of each.

    Args:
      graph: the graph under construction.
      grad: indices.shape + rest.
      indices: the index of each row.
      rest: int32 (n,), the shape of a row.
    """
    count = graph.emit_one("ExpandDims", graph.size_of(indices), 0)
    shape = graph.emit_one("ConcatV2", [count, rest], 0, name="concat")
    return graph.emit_one("Reshape", grad, shape), graph.emit_one("Reshape", indices, count)


@gradient("GatherV2")
def gather(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the slices that were looked up."""
    params, indices, axis = node.inputs
    shape = graph.emit_one("Cast", graph.shape_of(params, dtypes.int64), DstT=dtypes.int32)
    graph.size_of(indices)  # TensorFlow takes the indices before the axis
    known = constant_value(axis)
    batch = node.attrs["batch_dims"]
    assert isinstance(batch, int)
    if batch < 0:
        if indices.shape is None:
            raise GraphError(f"op {node.op} ({node.name}): its gradient needs the rank of the indices")
        batch += len(indices.shape)
    if known is not None and known == 0:
        values, flat = rows(graph, grad, indices, graph.vector_from(shape, 1))
        return [IndexedSlices(values, flat, shape), None, None]
    return [_along(graph, node, grad, shape, batch), None, None]


def _along(graph: BackwardGraph, node: Node, grad: Value, shape: Value, batch: int) -> Value:
    """The gradient of a lookup along another axis than the first one, which comes to the front in between."""
    _, indices, axis = node.inputs
    if axis.dtype is not dtypes.int32:
        axis = graph.emit_one("Cast", axis, DstT=dtypes.int32)
    vector = graph.emit_one("Pack", [axis], name="stack")
    outer = graph.emit_one("StridedSlice", shape, [0], vector, [1], begin_mask=1)
    inner = graph.vector_from(graph.emit_one("StridedSlice", shape, vector, [0], [1], end_mask=1), 1)
    open_shape = graph.emit_one("ConcatV2", [outer, np.array([-1], np.int32), inner], 0, name="concat")
    dims, axis_dims = graph.size_of(open_shape), graph.size_of(outer)
    batches = graph.emit_one("Range", 0, batch, 1, name="range")
    before = graph.emit_one("Range", batch, axis_dims, 1, name="range")
    behind = graph.emit_one("Range", graph.emit_one("AddV2", axis_dims, 1, name="add"), dims, 1, name="range")
    values = graph.emit_one("Reshape", grad, open_shape)
    order = graph.emit_one(
        "ConcatV2", [batches, graph.emit_one("Pack", [axis_dims]), before, behind], 0, name="concat"
    )
    values = graph.emit_one("Transpose", values, order, name="transpose")
    moved = graph.emit_one("GatherV2", shape, order, 0)
    count = graph.emit_one(
        "StridedSlice", shape, vector, graph.emit_one("AddV2", vector, 1), [1], shrink_axis_mask=1
    )
    found = _summed(graph, moved, values, indices, batch, count)
    back = [batches, graph.emit_one("AddV2", before, 1, name="add"), np.array([batch], np.int32), behind]
    return graph.emit_one(
        "Transpose", found, graph.emit_one("ConcatV2", back, 0, name="concat"), name="transpose"
    )


def _summed(
    graph: BackwardGraph, shape: Value, values: Value, indices: Value, batch: int, count: Value
) -> Value:
    """The sums of the rows with the same index, in each element of the batch."""
    size = graph.emit_one("ExpandDims", graph.size_of(indices), 0)
    if not batch:
        flat = graph.emit_one("Reshape", indices, size)
        return graph.emit_one("UnsortedSegmentSum", values, flat, count)
    whole = graph.shape_of(values)
    outer = graph.emit_one("StridedSlice", whole, [0], [batch], [1], begin_mask=1)
    inner = graph.vector_from(graph.vector_from(whole, batch), 1)
    flat_shape = graph.emit_one("ConcatV2", [np.array([-1], np.int32), inner], 0, name="concat")
    count = graph.emit_one("Mul", count, graph.emit_one("Prod", outer, np.zeros(1, np.int32)), name="mul")
    indices = _in_batches(graph, shape, indices, batch)
    values = graph.emit_one("Reshape", values, flat_shape)
    flat = graph.emit_one("Reshape", indices, size)
    found = graph.emit_one("UnsortedSegmentSum", values, flat, count)
    return graph.emit_one("Reshape", found, graph.emit_one("ConcatV2", [outer, flat_shape], 0, name="concat"))


def _in_batches(graph: BackwardGraph, shape: Value, indices: Value, batch: int) -> Value:
    """The indices, each with the number of rows before its element of the batch added."""
    dtype = indices.dtype
    if dtype is not dtypes.int32:
        shape = graph.emit_one("Cast", shape, DstT=dtype)
    found = graph.inside(indices)
    size = graph.constant(1, dtype)
    one, zero = graph.constant(1, dtype), graph.constant(0, dtype)
    for axis in range(batch, 0, -1):
        length = _element(graph, shape, axis - 1)
        size = graph.emit_one("Mul", size, _element(graph, shape, axis), name="mul")
        steps = graph.emit_one(
            "Mul", graph.emit_one("Range", zero, length, one, name="range"), size, name="mul"
        )
        rank = graph.rank_of(indices)
        behind = graph.emit_one("Pack", [graph.emit_one("Sub", rank, axis, name="sub")])
        ones = [graph.constant(np.ones(axis - 1, np.int32)), graph.emit_one("Fill", behind, 1)]
        middle = graph.emit_one("Pack", [graph.as_int32(length)])
        places = graph.emit_one("ConcatV2", [ones[0], middle, ones[1]], 0, name="concat")
        found = graph.emit_one("AddV2", found, graph.emit_one("Reshape", steps, places), name="add")
    return found


def _element(graph: BackwardGraph, vector: Value, index: int) -> Value:
    return graph.emit_one("StridedSlice", vector, [index], [index + 1], [1], shrink_axis_mask=1)


@gradient("GatherNd")
def gather_nd(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the slices that were looked up."""
    params, indices = node.inputs
    shape = graph.shape_of(params, indices.dtype)
    if indices.shape is not None and len(indices.shape) == 2 and indices.shape[1] == 1:
        flat = graph.emit_one("Squeeze", indices, squeeze_dims=[-1])
        return [IndexedSlices(grad, flat, shape), None]
    return [graph.emit_one("ScatterNd", indices, grad, shape), None]


@gradient("ScatterNd")
def scatter_nd(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the slices that were put."""
    return [None, graph.emit_one("GatherNd", grad, node.inputs[0]), None]


@gradient("TensorScatterUpdate")
def tensor_scatter_update(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the other elements, and of those that were put in their place."""
    _, indices, updates = node.inputs
    found = graph.emit_one("GatherNd", grad, indices)
    zeros = graph.constant_like(updates, 0)
    rest = graph.emit_one("TensorScatterUpdate", graph.emit_one("Identity", grad), indices, zeros)
    return [rest, None, found]


@gradient("TensorScatterAdd", "TensorScatterSub")
def tensor_scatter_add(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient, and the gradients of the slices that were added or subtracted."""
    found = graph.emit_one("GatherNd", grad, node.inputs[1])
    kept = graph.emit_one("Identity", grad)
    return [kept, None, graph.emit_one("Neg", found) if node.op == "TensorScatterSub" else found]


@gradient("UnsortedSegmentSum")
def unsorted_segment_sum(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient of the sum of each row; none for a row with a negative index."""
    ids = node.inputs[1]
    clipped = graph.emit_one("Maximum", ids, graph.constant_like(ids, 0))
    found = graph.emit_one("GatherV2", grad, clipped, 0)
    counts = graph.emit_one("GreaterEqual", ids, graph.constant(0, ids.dtype))
    behind = graph.emit_one("Sub", graph.rank_of(found), graph.rank_of(counts), name="sub")
    ones = graph.emit_one("Fill", graph.emit_one("Pack", [behind]), 1, name="ones")
    shape = graph.emit_one("ConcatV2", [graph.shape_of(counts), ones], 0, name="concat")
    counts = graph.emit_one("Reshape", counts, shape)
    everywhere = graph.emit_one("OnesLike", graph.emit_one("Cast", found, DstT=dtypes.bool_))
    counts = graph.emit_one("LogicalAnd", counts, everywhere)
    return [graph.emit_one("SelectV2", counts, found, graph.constant_like(found, 0)), None, None]


@gradient("TopKV2")
def top_k(graph: BackwardGraph, node: Node, grad: Value, *others: Value | None) -> Gradients:
    """The gradients of the elements that are among the greatest."""
    x, found = node.inputs[0], node.outputs[1]
    shape, places_shape = graph.shape_of(x), graph.shape_of(found)
    count = _last(graph, places_shape)
    flat = graph.emit_one("Pack", [graph.constant(-1, dtypes.int64), count], name="stack")
    places = graph.emit_one("Reshape", found, flat)
    size = _last(graph, shape)
    rows = graph.emit_one("Cast", _element(graph, graph.shape_of(places), 0), DstT=dtypes.int64)
    zero = graph.constant(0, dtypes.int64)
    first = graph.emit_one("Range", zero, graph.emit_one("Mul", rows, size, name="mul"), size, name="range")
    first = graph.as_int32(graph.emit_one("ExpandDims", first, -1))
    places = graph.emit_one("Reshape", graph.emit_one("AddV2", places, first, name="add"), [-1])
    whole = graph.emit_one("Prod", shape, np.zeros(1, np.int32))
    values = graph.emit_one("Reshape", grad, [-1])
    places = graph.emit_one("ExpandDims", places, -1)
    spread = graph.emit_one("ScatterNd", places, values, graph.emit_one("Pack", [whole]))
    return [graph.emit_one("Reshape", spread, shape), None]


def _last(graph: BackwardGraph, shape: Value) -> Value:
    """The last element of a shape: int64 ()."""
    last = graph.emit_one("Sub", graph.size_of(shape), 1, name="sub")
    return graph.emit_one("GatherV2", graph.emit_one("Cast", shape, DstT=dtypes.int64), last, 0)
