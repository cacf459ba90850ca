"""Operations whose shapes depend on the data: counts, unique values, places of what is not zero, segments.

Source: keras/src/ops/numpy.py, math.py; keras/src/backend/tensorflow/numpy.py, math.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, floats_of
from kerasfmt.layers.keras3_ops.operation import result_dtype
from kerasfmt.nn.tf.arrays import linspace
from kerasfmt.nn.tf.selection import argsort
from kerasfmt.nn.tf.table import FUNCTIONS, first_value, tensor


@composed("Nonzero")
def nonzero(x: Value) -> tuple[Value, ...]:
    """The places of what is not 0: an int32 vector for each axis."""
    places = ops.nonzero(ops.cast(x, dtypes.bool_))
    return tuple(ops.cast(part, dtypes.int32) for part in emit("Unpack", places, num=x.rank, axis=1))


@composed("Bincount")
def bincount(x: Value, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Value:
    """How often each whole number comes in each row, or the sum of its weights."""
    if sparse:
        raise ValueError("sparse=True is not supported")
    whole = x if x.dtype in (dtypes.int32, dtypes.int64) else ops.cast(x, dtypes.int32)
    least = constant(whole, 0)
    some = ops.cast(ops.greater(ops.size(whole), np.int32(0)), whole.dtype)
    count = ops.maximum(ops.multiply(some, ops.add(ops.reduce_max(whole), constant(whole, 1))), least)
    count = ops.maximum(count, constant(whole, minlength))
    if weights is None:
        given, kind = whole.graph.constant(np.zeros(0, np.int32)), dtypes.int32
    else:
        array = weights if isinstance(weights, Value) else np.asarray(weights)
        stated = array.dtype if isinstance(array, Value) else dtypes.of(str(array.dtype))
        stated = dtypes.float32 if stated is dtypes.float64 else stated
        stated = dtypes.int32 if stated is dtypes.int64 and not isinstance(array, Value) else stated
        given, kind = tensor(weights, whole, stated), result_dtype([x.dtype, stated])
    return ops.cast(emit_one("DenseBincount", whole, count, given), kind)


@composed("Histogram")
def histogram(x: Value, bins: int = 10, range: Any = None) -> tuple[Value, Value]:
    """How many numbers lie between each two of `bins + 1` borders, and the borders."""
    if x.rank != 1:
        raise ValueError(f"expected a vector, got {x.rank} dimensions")
    value = floats_of(x)
    if range is None:
        low, high = ops.reduce_min(value), ops.reduce_max(value)
    else:
        low, high = (constant(value, border) for border in range)
    borders = linspace(low, stop=high, num=bins + 1)
    within = ops.logical_and(ops.greater_equal(value, low), ops.less_equal(value, high))
    inner = ops.getitem(borders, slice(1, -1))
    beyond = ops.greater_equal(ops.expand_dims(value, 1), inner)
    place = ops.reduce_sum(ops.cast(beyond, dtypes.int32), 1)
    place = ops.where(within, place, constant(place, -1))
    counts = ops.segment_sum(ops.ones_like(value), place, np.int32(bins))
    return ops.cast(counts, x.dtype), ops.cast(borders, x.dtype)


def _rows_in_order(rows: Value) -> Value:
    """The order that sorts rows by their first element, then by the second one and so on."""
    count = ops.getitem(ops.shape(rows), 0)
    columns = ops.getitem(ops.shape(rows), 1)
    start = ops.range_(constant(rows, 0, dtypes.int32), count)

    def body(column: Value, order: Value, rows: Value) -> list[Value]:
        keys = ops.gather(ops.gather(rows, column, 1), order)
        return [ops.subtract(column, np.int32(1)), ops.gather(order, argsort(keys))]

    return ops.while_loop(
        lambda column, order, rows: ops.greater_equal(column, np.int32(0)),
        body,
        [ops.subtract(columns, np.int32(1)), start],
        [rows],
    )[1]


def _order(values: Value, axis: int) -> Value:
    if values.rank == 1:
        return argsort(values)
    perm = list(range(values.rank))
    perm[0], perm[axis] = axis, 0
    moved = ops.transpose(values, perm)
    count = ops.getitem(ops.shape(moved), slice(0, 1))
    return _rows_in_order(ops.reshape(moved, ops.concat([count, constant(count, [-1])], 0)))


def _fitted(x: Value, axis: int, size: int, fill: Any) -> Value:
    """An axis cut off or filled up to a size."""
    kept = ops.minimum(ops.getitem(ops.shape(x), axis), np.int32(size))
    zero = constant(x, 0, dtypes.int32)
    x = ops.gather(x, ops.range_(zero, kept), axis)
    missing = ops.subtract(np.int32(size), kept)
    margins = [ops.pack([zero, missing if i == axis else zero]) for i in range(x.rank)]
    found = emit_one("PadV2", x, ops.pack(margins), constant(x, fill))
    found.set_shape(tuple(size if i == axis else dim for i, dim in enumerate(x.dims)))
    return found


@composed("Unique")
def unique(
    x: Value,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The unique values; where each first comes, which one each element is, how often each comes."""
    flat = ops.reshape(x, [-1]) if axis is None else x
    at = 0 if axis is None else axis % x.rank
    places = constant(x, [at], dtypes.int64)
    values, inverse, counts = emit("UniqueWithCountsV2", flat, places)
    count = ops.getitem(ops.shape(values), at)
    elements = ops.range_(constant(x, 0, dtypes.int32), ops.getitem(ops.shape(flat), at))
    index = emit_one("UnsortedSegmentMin", elements, inverse, count)
    if sorted:
        order = _order(values, at)
        values, index, counts = (
            ops.gather(values, order, at),
            ops.gather(index, order),
            ops.gather(counts, order),
        )
        inverse = ops.gather(emit_one("InvertPermutation", order), inverse)
    if size is not None:
        values = _fitted(values, at, size, 0 if fill_value is None else fill_value)
        index, counts = _fitted(index, 0, size, 1), _fitted(counts, 0, size, 0)
    if axis is None:
        inverse = ops.reshape(inverse, ops.shape(x))
        inverse.set_shape(x.shape)
    wanted = (True, return_index, return_inverse, return_counts)
    found = [part for part, asked in zip((values, index, inverse, counts), wanted, strict=True) if asked]
    return found[0] if len(found) == 1 else tuple(found)


def _segments(name: str, data: Any, ids: Any, count: int | None, in_order: bool) -> Value:
    beside = first_value(data, ids)
    rows = data if isinstance(data, Value) else tensor(data, beside, dtypes.float32)
    places = ids if isinstance(ids, Value) else tensor(ids, beside, dtypes.int32)
    if in_order and count is None:
        return emit_one(f"Segment{name}", rows, places)
    if count is not None:
        return emit_one(f"UnsortedSegment{name}", rows, places, np.int32(count))
    found = ops.cast(ops.add(ops.reduce_max(places), constant(places, 1)), dtypes.int32)
    return emit_one(f"UnsortedSegment{name}", rows, places, found)


def segment_sum(data: Any, segment_ids: Any, sorted: bool = False) -> Value:
    """The sum of each of as many segments as there are."""
    return _segments("Sum", data, segment_ids, None, sorted)


FUNCTIONS.enter("keras.ops.SegmentSum", segment_sum)


@composed("SegmentMax", "math")
def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Value:
    """The greatest of each segment; the least number of the dtype for a segment without elements."""
    return _segments("Max", data, segment_ids, num_segments, sorted)


@composed("SegmentMin", "math")
def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Value:
    """The least of each segment; the greatest number of the dtype for a segment without elements."""
    return _segments("Min", data, segment_ids, num_segments, sorted)


@composed("SegmentProd", "math")
def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Value:
    """The product of each segment."""
    return _segments("Prod", data, segment_ids, num_segments, sorted)
