"""Ops that make sequences of numbers, or depend on the order of elements.

Source: tensorflow/core/ops/math_ops.cc, array_ops.cc, nn_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import (
    Array,
    Attrs,
    Kernel,
    declare,
    kernel,
    normalize_axis,
    same_shape,
    with_rank,
)
from kerasfmt.graph.ops.shape_values import constant_value, partial_value
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _constant_float(value: Value) -> float | None:
    if value.node.op == "Const":
        array = value.node.attrs["value"]
        assert isinstance(array, np.ndarray)
        return float(array.item())
    found = constant_value(value) if value.dtype.is_integer else None
    return None if found is None else int(found.item())


@register("Range")
class Range(Op):
    """start, start + delta, ... before limit."""

    @staticmethod
    @override
    def infer(attrs: Attrs, start: Value, limit: Value, delta: Value) -> list[Shape]:
        a, b, d = (_constant_float(v) for v in (start, limit, delta))
        if a is None or b is None or d is None:
            return [(None,)]
        return [(_length(a, b, d),)]

    @staticmethod
    @override
    def run(attrs: Attrs, start: Array, limit: Array, delta: Array) -> list[Array]:
        count = _length(start.item(), limit.item(), delta.item())
        if start.dtype.kind in "iu":
            return [(start + delta * np.arange(count)).astype(start.dtype)]
        wide = float(start) + float(delta) * np.arange(count, dtype=np.float64)
        return [wide.astype(start.dtype)]


def _length(start: float, limit: float, delta: float) -> int:
    if delta == 0:
        raise ValueError("a range of step 0")
    if (delta > 0 and start > limit) or (delta < 0 and start < limit):
        raise ValueError(f"a range from {start} to {limit} in steps of {delta}")
    return max(0, int(np.ceil((limit - start) / delta)))


def range_(start: Operand, limit: Operand, delta: Operand = 1) -> Value:
    """The numbers start, start + delta, ... before limit; one of the three is a Value. Source: tf.range."""
    return emit_one("Range", start, limit, delta)


@register("LinSpace")
class LinSpace(Op):
    """`num` values from start to stop, both included."""

    @staticmethod
    @override
    def infer(attrs: Attrs, start: Value, stop: Value, num: Value) -> list[Shape]:
        count = constant_value(num)
        return [(None if count is None else int(count.item()),)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, start: Array, stop: Array, num: Array) -> Any:
        return np.linspace(start.item(), stop.item(), int(num.item()), dtype=np.float64)


def _cumulative(function: Any, neutral: int) -> Kernel:
    def run(attrs: Attrs, x: Array, axis: Array) -> Any:
        i = normalize_axis(int(axis.item()), x.ndim)
        ordered = np.flip(x, i) if attrs["reverse"] else x
        out = function(ordered, i, dtype=x.dtype)
        if attrs["exclusive"]:
            first = np.full_like(np.take(out, [0], i), neutral) if x.shape[i] else out
            out = np.concatenate([first, np.delete(out, -1, i)], i) if x.shape[i] else out
        return np.flip(out, i) if attrs["reverse"] else out

    return kernel(run)


declare("Cumsum", same_shape, _cumulative(np.cumsum, 0))
declare("Cumprod", same_shape, _cumulative(np.cumprod, 1))


def cumsum(x: Value, axis: int = 0, *, exclusive: bool = False, reverse: bool = False) -> Value:
    """The running sum along `axis`; without the element itself if `exclusive`. Source: tf.cumsum."""
    return emit_one("Cumsum", x, axis, exclusive=exclusive, reverse=reverse)


def cumprod(x: Value, axis: int = 0, *, exclusive: bool = False, reverse: bool = False) -> Value:
    """The running product along `axis`; without the element itself if `exclusive`. Source: tf.math.cumprod."""
    return emit_one("Cumprod", x, axis, exclusive=exclusive, reverse=reverse)


def _reverse(attrs: Attrs, x: Array, axis: Array) -> list[Array]:
    return [np.flip(x, tuple(int(a) for a in axis))]


def _roll(attrs: Attrs, x: Array, shift: Array, axis: Array) -> list[Array]:
    return [np.roll(x, tuple(int(s) for s in np.ravel(shift)), tuple(int(a) for a in np.ravel(axis)))]


declare("ReverseV2", same_shape, _reverse)
declare("Roll", same_shape, _roll)
declare(
    "InvertPermutation", lambda attrs, x: [with_rank(x, 1)], lambda attrs, x: [np.argsort(x).astype(x.dtype)]
)


def reverse(x: Value, axis: Sequence[int]) -> Value:
    """`x` with the order along the axes `axis` reversed. Source: tf.reverse."""
    return emit_one("ReverseV2", x, int32(list(axis)))


def roll(x: Value, shift: Operand, axis: Operand) -> Value:
    """`x` with elements moved by `shift` along `axis`, and from the end to the front. Source: tf.roll."""
    return emit_one("Roll", x, shift, axis)


@register("OneHot")
class OneHot(Op):
    """`on_value` where the position along the new axis is the index, else `off_value`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, indices: Value, depth: Value, on: Value, off: Value) -> list[Shape]:
        if indices.shape is None:
            return [None]
        count = constant_value(depth)
        i = normalize_axis(attrs["axis"], len(indices.shape) + 1)
        return [(*indices.shape[:i], None if count is None else int(count.item()), *indices.shape[i:])]

    @staticmethod
    @override
    def run(attrs: Attrs, indices: Array, depth: Array, on: Array, off: Array) -> list[Array]:
        hot = np.expand_dims(indices, -1) == np.arange(int(depth.item()))
        i = normalize_axis(attrs["axis"], indices.ndim + 1)
        return [np.where(np.moveaxis(hot, -1, i), on, off)]


def one_hot(
    indices: Value,
    depth: int,
    axis: int = -1,
    dtype: DType = dtypes.float32,
    on_value: float = 1,
    off_value: float = 0,
) -> Value:
    """Vectors of `depth` elements along the new `axis`: `on_value` at the index, `off_value` elsewhere.

    An index out of range gives `off_value` everywhere.

    Source: tf.one_hot.
    """
    on, off = (np.array(v, dtype.numpy) for v in (on_value, off_value))
    return emit_one("OneHot", indices, depth, on, off, axis=axis)


@register("TopKV2")
class TopK(Op):
    """The k greatest elements along the last axis and their indices, in descending order; stable for equals."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, k: Value) -> list[Shape]:
        if x.shape is None:
            return [None, None]
        count = constant_value(k)
        size = None if count is None else int(count.item())
        if size is not None and x.shape[-1] is not None and x.shape[-1] < size:
            raise ValueError(f"the last axis of shape {x.shape} has fewer than {size} elements")
        return [(*x.shape[:-1], size)] * 2

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, k: Array) -> list[Array]:
        order = x.shape[-1] - 1 - np.flip(np.argsort(np.flip(x, -1), -1, kind="stable"), -1)
        top = order[..., : int(k.item())]
        return [np.take_along_axis(x, top, -1), top.astype(np.int32)]


def top_k(x: Value, k: int) -> tuple[Value, ...]:
    """The k greatest elements along the last axis and their int32 indices, each (..., k). Source: tf.math.top_k."""
    return emit("TopKV2", x, k)


def _scatter(function: Callable[[Array, Any, Array], Any]) -> Kernel:
    def run(attrs: Attrs, x: Array, indices: Array, updates: Array) -> list[Array]:
        out = np.array(x)
        function(out, tuple(np.moveaxis(indices, -1, 0)), updates)
        return [out]

    return run


def _set(out: Array, index: Any, updates: Array) -> None:
    out[index] = updates


_SCATTERS: dict[str, Callable[[Array, Any, Array], Any]] = {
    "TensorScatterAdd": np.add.at,
    "TensorScatterMax": np.maximum.at,
    "TensorScatterMin": np.minimum.at,
    "TensorScatterSub": np.subtract.at,
    "TensorScatterUpdate": _set,
}
for _name, _function in _SCATTERS.items():
    declare(_name, same_shape, _scatter(_function))


def _infer_scatter(attrs: Attrs, indices: Value, updates: Value, shape: Value) -> list[Shape]:
    found = partial_value(shape)
    return [None if found is None else tuple(found)]


def _scatter_nd(attrs: Attrs, indices: Array, updates: Array, shape: Array) -> list[Array]:
    out = np.zeros(tuple(shape.tolist()), updates.dtype)
    np.add.at(out, tuple(np.moveaxis(indices, -1, 0)), updates)
    return [out]


declare("ScatterNd", _infer_scatter, _scatter_nd)


def scatter_nd(indices: Operand, updates: Value, shape: Operand) -> Value:
    """Zeros of `shape` with `updates` added at the index vectors `indices` (..., depth). Source: tf.scatter_nd."""
    return emit_one("ScatterNd", indices, updates, shape)


def tensor_scatter_update(x: Value, indices: Operand, updates: Operand) -> Value:
    """`x` with its elements at the index vectors `indices` (..., depth) replaced by `updates`.

    Source: tf.tensor_scatter_nd_update.
    """
    return emit_one("TensorScatterUpdate", x, indices, updates)


def _band(attrs: Attrs, x: Array, lower: Array, upper: Array) -> list[Array]:
    rows, columns = np.ogrid[: x.shape[-2], : x.shape[-1]]
    below, above = int(lower.item()), int(upper.item())
    inside = ((below < 0) | (rows - columns <= below)) & ((above < 0) | (columns - rows <= above))
    return [np.where(inside, x, np.zeros((), x.dtype))]


declare("MatrixBandPart", same_shape, _band)


def _infer_diag(attrs: Attrs, diagonal: Value, k: Value, *_: Value) -> list[Shape]:
    shape = diagonal.shape
    return [None if shape is None or constant_value(k) is None else (*shape, shape[-1])]


def _diag(
    attrs: Attrs, diagonal: Array, k: Array, rows: Array, columns: Array, padding: Array
) -> list[Array]:
    if np.any(k != 0) or rows not in (-1, diagonal.shape[-1]) or columns not in (-1, diagonal.shape[-1]):
        raise GraphError("op MatrixDiagV3: only the main diagonal of a square matrix is supported")
    size = diagonal.shape[-1]
    out = np.full((*diagonal.shape, size), padding, diagonal.dtype)
    out[..., np.arange(size), np.arange(size)] = diagonal
    return [out]


declare("MatrixDiagV3", _infer_diag, _diag)


def matrix_band_part(x: Value, lower: int, upper: int) -> Value:
    """Matrices (..., m, n) with zeros far from the diagonal.

    Args:
      x: the matrices.
      lower: the number of diagonals that are kept below the main one; all of them if negative.
      upper: the number of diagonals that are kept above the main one; all of them if negative.

    Source: tf.linalg.band_part.
    """
    return emit_one("MatrixBandPart", x, np.array(lower, np.int64), np.array(upper, np.int64))


def _infer_segments(attrs: Attrs, data: Value, ids: Value, count: Value) -> list[Shape]:
    found = constant_value(count)
    if data.shape is None or ids.shape is None:
        return [None]
    merge_shapes(data.shape[: len(ids.shape)], ids.shape)
    return [(None if found is None else int(found.item()), *data.shape[len(ids.shape) :])]


def _segment_sum(attrs: Attrs, data: Array, ids: Array, count: Array) -> list[Array]:
    out = np.zeros((int(count.item()), *data.shape[ids.ndim :]), data.dtype)
    kept = ids >= 0
    np.add.at(out, ids[kept], data[kept])
    return [out]


declare("UnsortedSegmentSum", _infer_segments, _segment_sum)


def segment_sum(data: Value, ids: Value, count: Operand) -> Value:
    """The sums of the elements with each of the ids 0 ... count - 1: (count, ...).

    Args:
      data: the elements.
      ids: integers, the id of each element or of each of its parts; elements with a negative one count nowhere.
      count: the number of sums.

    Source: tf.math.unsorted_segment_sum.
    """
    return emit_one("UnsortedSegmentSum", data, ids, count)
