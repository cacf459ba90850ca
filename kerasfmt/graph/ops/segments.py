"""Sums, means and other reductions of rows by segment; of chosen rows too.

Source: tensorflow/core/ops/math_ops.cc; tensorflow/core/kernels/segment_reduction_ops_impl.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, widen
from kerasfmt.graph.ops.shape_values import constant_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value

Reduce = Callable[[Array, Array, Array], None]
"""Takes rows into the segments of an array: `np.add.at` and its like."""


def _lowest(dtype: Any) -> Any:
    return np.finfo(dtype).min if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).min


def _highest(dtype: Any) -> Any:
    return np.finfo(dtype).max if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).max


def _reduced(reduce: Reduce, rows: Array, segments: Array, count: int, first: Any) -> Array:
    out = np.full((count, *rows.shape[1:]), first, rows.dtype)
    reduce(out, segments, rows)
    return out


def _sorted_count(segments: Array) -> int:
    """The number of segments whose numbers are in order.

    Raises:
      ValueError: they are not, or one is negative.
    """
    if segments.size and (segments[0] < 0 or np.any(np.diff(segments) < 0)):
        raise ValueError("expected segments in ascending order from 0 on")
    return int(segments[-1]) + 1 if segments.size else 0


def _infer_sorted(attrs: Attrs, data: Value, segments: Value) -> list[Shape]:
    return [None if data.shape is None else (None, *data.shape[1:])]


def _sorted(reduce: Reduce, first: Any) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, data: Array, segments: Array) -> list[Array]:
        count = _sorted_count(segments)
        wide = widen(data)
        out = _reduced(reduce, wide, segments, count, first(wide.dtype))
        out[~np.isin(np.arange(count), segments)] = first(wide.dtype) if first in (_zero, _one) else 0
        return [out.astype(data.dtype)]

    return run


def _zero(dtype: Any) -> Any:
    return 0


def _one(dtype: Any) -> Any:
    return 1


def _segment_mean(attrs: Attrs, data: Array, segments: Array) -> list[Array]:
    count = _sorted_count(segments)
    return [_mean(widen(data), segments, count, 1.0).astype(data.dtype)]


def _mean(rows: Array, segments: Array, count: int, power: float) -> Array:
    """The sum of each segment over a power of the number of its rows."""
    total = _reduced(np.add.at, rows, segments, count, 0)
    sizes = np.maximum(np.bincount(segments, minlength=count)[:count], 1).astype(rows.dtype) ** power
    out: Array = total / sizes.reshape(-1, *[1] * (rows.ndim - 1)).astype(rows.dtype)
    return out


_REDUCE: dict[str, tuple[Reduce, Any]] = {
    "Sum": (np.add.at, _zero),
    "Prod": (np.multiply.at, _one),
    "Min": (np.minimum.at, _highest),
    "Max": (np.maximum.at, _lowest),
}
for _name, (_reduce, _first) in _REDUCE.items():
    declare(f"Segment{_name}", _infer_sorted, _sorted(_reduce, _first))
declare("SegmentMean", _infer_sorted, _segment_mean)


def _infer_unsorted(attrs: Attrs, data: Value, segments: Value, count: Value) -> list[Shape]:
    if data.shape is None or segments.shape is None:
        return [None]
    known = constant_value(count)
    return [(None if known is None else int(known), *data.shape[len(segments.shape) :])]


def _unsorted(reduce: Reduce, first: Any) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, data: Array, segments: Array, count: Array) -> list[Array]:
        rows = widen(data).reshape(segments.size, *data.shape[segments.ndim :])
        flat = segments.ravel()
        if flat.size and flat.max() >= count:
            raise ValueError(f"expected segments below {int(count)}, got {flat.max()}")
        kept = flat >= 0
        out = _reduced(reduce, rows[kept], flat[kept], int(count), first(rows.dtype))
        return [out.astype(data.dtype)]

    return run


for _name in ("Prod", "Min", "Max"):
    declare(f"UnsortedSegment{_name}", _infer_unsorted, _unsorted(*_REDUCE[_name]))


def _chosen(power: float | None) -> Callable[..., list[Array]]:
    """The kernel of a reduction of chosen rows: their sum, or that over a power of their number."""

    def run(attrs: Attrs, data: Array, indices: Array, segments: Array, count: Any = None) -> list[Array]:
        if indices.size and (indices.min() < 0 or indices.max() >= len(data)):
            raise ValueError(f"expected rows below {len(data)}, got {indices.min()} to {indices.max()}")
        number = _sorted_count(segments)
        if count is not None:
            if number > count:
                raise ValueError(f"expected segments below {int(count)}, got {number - 1}")
            number = int(count)
        rows = widen(data)[indices]
        if power is None:
            return [_reduced(np.add.at, rows, segments, number, 0).astype(data.dtype)]
        return [_mean(rows, segments, number, power).astype(data.dtype)]

    return run


def _infer_chosen(attrs: Attrs, data: Value, indices: Value, segments: Value, *count: Value) -> list[Shape]:
    if data.shape is None:
        return [None]
    known = constant_value(count[0]) if count else None
    return [(None if known is None else int(known), *data.shape[1:])]


for _name, _power in (("Sum", None), ("Mean", 1.0), ("SqrtN", 0.5)):
    for _suffix in ("", "WithNumSegments"):
        declare(f"SparseSegment{_name}{_suffix}", _infer_chosen, _chosen(_power))
