"""Places and quantiles of the numbers among what may be no number.

Source: keras/src/ops/numpy.py; keras/src/backend/tensorflow/numpy.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, floats_of
from kerasfmt.nn.tf.selection import sort


def _axes(x: Value, axis: Any) -> list[int]:
    listed = range(x.rank) if axis is None else axis if isinstance(axis, list | tuple) else [axis]
    return [a % x.rank for a in listed]


def _best(x: Value, axis: int | None, keepdims: bool, greatest: bool) -> Value:
    """The place of the greatest or least number; -1 where there is none."""
    if not x.dtype.is_floating:
        unknown, value = None, x
    else:
        unknown = ops.is_nan(x)
        value = ops.where(unknown, constant(x, -np.inf if greatest else np.inf), x)
    flat = ops.reshape(value, [-1]) if axis is None else value
    at = 0 if axis is None else axis % x.rank
    found = (ops.argmax if greatest else ops.argmin)(flat, at, dtypes.int32)
    if unknown is not None:
        none = ops.reduce_all(ops.reshape(unknown, [-1]) if axis is None else unknown, at)
        found = ops.where(none, constant(x, -1, dtypes.int32), found)
    if keepdims:
        found = ops.reshape(found, [1] * x.rank) if axis is None else ops.expand_dims(found, at)
    return found


@composed("Nanargmax")
def nanargmax(x: Value, axis: int | None = None, keepdims: bool = False) -> Value:
    """The place of the greatest number."""
    return _best(x, axis, keepdims, True)


@composed("Nanargmin")
def nanargmin(x: Value, axis: int | None = None, keepdims: bool = False) -> Value:
    """The place of the least number."""
    return _best(x, axis, keepdims, False)


def _quantiles(x: Value, q: Any, axis: Any, method: str, keepdims: bool, scale: float) -> Value:
    """Quantiles of the numbers, in rows that may lack some; not-a-number where a row has none."""
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise ValueError(f"method {method!r} is not known")
    axes = _axes(x, axis)
    rest = [a for a in range(x.rank) if a not in axes]
    moved = ops.transpose(x, [*rest, *axes])
    sizes = ops.shape(moved)
    rows = ops.reshape(moved, ops.concat([ops.getitem(sizes, slice(0, len(rest))), constant(sizes, [-1])], 0))
    rows.set_shape((*(x.dims[a] for a in rest), _product([x.dims[a] for a in axes])))
    unknown = ops.is_nan(rows)
    ordered = sort(ops.where(unknown, constant(rows, np.inf), rows))
    count = ops.reduce_sum(ops.cast(ops.logical_not(unknown), dtypes.int32), -1, keepdims=True)
    last = ops.cast(ops.subtract(count, np.int32(1)), dtypes.float64)
    shares = (
        ops.cast(q, dtypes.float64) if isinstance(q, Value) else constant(x, np.float32(q), dtypes.float64)
    )
    if scale != 1:
        shares = ops.cast(ops.real_div(ops.cast(shares, dtypes.float32), np.float32(scale)), dtypes.float64)
    listed = shares.rank == 1
    place = ops.multiply(last, shares if listed else ops.expand_dims(shares, 0))

    def at(places: Value) -> Value:
        whole = ops.maximum(
            ops.minimum(ops.cast(places, dtypes.int32), ops.subtract(count, np.int32(1))), np.int32(0)
        )
        return ops.gather(ordered, whole, rows.rank - 1, batch_dims=rows.rank - 1)

    if method == "linear":
        above = ops.ceil(place)
        below = ops.maximum(ops.subtract(above, np.float64(1)), np.float64(0))
        above = ops.minimum(ops.add(below, np.float64(1)), last)
        share = ops.cast(ops.subtract(above, place), rows.dtype)
        found = ops.add(
            ops.multiply(at(above), ops.subtract(constant(rows, 1), share)), ops.multiply(at(below), share)
        )
    elif method == "midpoint":
        found = ops.multiply(constant(rows, 0.5), ops.add(at(ops.floor(place)), at(ops.ceil(place))))
    else:
        rounded = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.round}[method](place)
        found = at(rounded)
    found = ops.where(ops.equal(count, np.int32(0)), constant(rows, np.nan), found)
    turned = (
        ops.transpose(found, [rows.rank - 1, *range(rows.rank - 1)]) if listed else ops.squeeze(found, [-1])
    )
    for one in sorted(axes) if keepdims else ():
        turned = ops.expand_dims(turned, one + listed)
    return turned


def _product(sizes: list[int | None]) -> int | None:
    return None if None in sizes else math.prod(size or 0 for size in sizes)


@composed("Nanquantile")
def nanquantile(x: Value, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Value:
    """Quantiles, by shares from 0 to 1."""
    return _quantiles(floats_of(x), q, axis, method, keepdims, 1.0)


@composed("Nanpercentile")
def nanpercentile(
    x: Value, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Value:
    """Quantiles, by shares from 0 to 100."""
    return _quantiles(floats_of(x), q, axis, method, keepdims, 100.0)


@composed("Nanmedian")
def nanmedian(x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """The medians."""
    return _quantiles(floats_of(x), 0.5, axis, "linear", keepdims, 1.0)
