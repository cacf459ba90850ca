"""Where values come in tensors, and tensors in parts: unique values, bounds, partitions, histograms.

Source: tensorflow/core/ops/array_ops.cc, math_ops.cc and data_flow_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, widen
from kerasfmt.graph.ops.shape_values import constant_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array
from kerasfmt.graph.value import Value


def _unique(attrs: Attrs, x: Array) -> tuple[Array, Array, Array]:
    """The values in the order in which they come, the number of each element's value, and how often each comes."""
    if x.ndim != 1:
        raise ValueError(f"expected one dimension, got shape {x.shape}")
    numbers: dict[Any, int] = {}
    index = np.array([numbers.setdefault(item, len(numbers)) for item in x.tolist()], attrs["out_idx"].numpy)
    found = (
        string_array(list(numbers), (len(numbers),))
        if x.dtype == object
        else np.array(list(numbers), x.dtype)
    )
    return found, index, np.bincount(index, minlength=len(numbers)).astype(attrs["out_idx"].numpy)


def _along(attrs: Attrs, x: Array, axis: Array) -> tuple[Array, Array, Array]:
    """As `_unique`, of the slices along an axis."""
    if x.ndim == 1 or not axis.size:
        return _unique(attrs, x)
    at = int(axis.item()) % x.ndim
    _, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, axis=at
    )
    order = np.argsort(first)
    numbers = np.argsort(order)[inverse.reshape(-1)]
    kind = attrs["out_idx"].numpy
    return np.take(x, first[order], at), numbers.astype(kind), counts[order].astype(kind)


def _infer_unique(attrs: Attrs, x: Value) -> list[Shape]:
    return [(None,), x.shape]


def _infer_along(attrs: Attrs, x: Value, axis: Value) -> list[Shape]:
    known = constant_value(axis)
    if x.shape is None or len(x.shape) == 1 or known is None or not known.size:
        return [
            None if x.shape is None else (None,) * len(x.shape),
            x.shape if x.shape and len(x.shape) == 1 else None,
        ]
    at = int(known.item()) % len(x.shape)
    return [tuple(None if i == at else dim for i, dim in enumerate(x.shape)), (x.shape[at],)]


declare("Unique", _infer_unique, lambda attrs, x: [*_unique(attrs, x)[:2]])
declare("UniqueV2", _infer_along, lambda attrs, x, axis: [*_along(attrs, x, axis)[:2]])
declare(
    "UniqueWithCounts", lambda attrs, x: [(None,), x.shape, (None,)], lambda attrs, x: [*_unique(attrs, x)]
)
declare(
    "UniqueWithCountsV2",
    lambda attrs, x, axis: [*_infer_along(attrs, x, axis), (None,)],
    lambda attrs, x, axis: [*_along(attrs, x, axis)],
)


def _bound(side: Any) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, rows: Array, values: Array) -> list[Array]:
        found = [np.searchsorted(row, value, side) for row, value in zip(rows, values, strict=True)]
        return [np.array(found, attrs["out_type"].numpy).reshape(values.shape)]

    return run


declare("LowerBound", lambda attrs, rows, values: [values.shape], _bound("left"))
declare("UpperBound", lambda attrs, rows, values: [values.shape], _bound("right"))


def _infer_partition(attrs: Attrs, data: Value, partitions: Value) -> list[Shape]:
    known = data.shape is not None and partitions.shape is not None
    inner = data.shape[len(partitions.shape) :] if known else ()  # type: ignore[index, arg-type]
    return [(None, *inner) if known else None] * attrs["num_partitions"]


def _partition(attrs: Attrs, data: Array, partitions: Array) -> list[Array]:
    count = attrs["num_partitions"]
    if partitions.size and (partitions.min() < 0 or partitions.max() >= count):
        raise ValueError(f"expected partitions below {count}, got {partitions.min()} to {partitions.max()}")
    return [data[partitions == number] for number in range(count)]


declare("DynamicPartition", _infer_partition, _partition)


def _histogram(attrs: Attrs, values: Array, bounds: Array, bins: Array) -> list[Array]:
    low, high = (float(bound) for bound in bounds)
    count = int(bins)
    if not low < high or count < 1:
        raise ValueError(f"expected two bounds in order and bins, got {low}, {high} and {count}")
    step = (high - low) / count
    places = np.clip(np.floor((widen(values).astype(np.float64).ravel() - low) / step), 0, count - 1)
    return [np.bincount(places.astype(np.int64), minlength=count).astype(attrs["dtype"].numpy)]


def _infer_histogram(attrs: Attrs, values: Value, bounds: Value, bins: Value) -> list[Shape]:
    known = constant_value(bins)
    return [(None if known is None else int(known),)]


declare("HistogramFixedWidth", _infer_histogram, _histogram)


def _unravel(attrs: Attrs, indices: Array, dims: Array) -> list[Array]:
    size = int(np.prod(dims, dtype=np.int64))
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        raise ValueError(f"expected indices below {size}, got {indices.min()} to {indices.max()}")
    return [np.stack(np.unravel_index(indices, dims.tolist())).astype(indices.dtype)]


def _infer_unravel(attrs: Attrs, indices: Value, dims: Value) -> list[Shape]:
    if dims.shape is None or indices.shape is None:
        return [None]
    return [(*dims.shape, *indices.shape)]


declare("UnravelIndex", _infer_unravel, _unravel)
