"""Sparse tensors to sparse tensors. Each is the places of its elements, the elements, and its shape.

Source: tensorflow/core/ops/sparse_ops.cc; tensorflow/core/kernels/sparse_*_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, normalize_axis, widen
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array
from kerasfmt.graph.value import Value


def _flat(places: Array, shape: Array) -> Array:
    """The number of each place among all elements, row by row.

    Raises:
      ValueError: a place is not within the shape.
    """
    if places.size and (places.min() < 0 or np.any(places >= shape)):
        raise ValueError(f"a place is not within the shape {shape.tolist()}")
    strides = np.cumprod([1, *shape[:0:-1].tolist()], dtype=np.int64)[::-1]
    return places @ strides if places.size else np.zeros(len(places), np.int64)


def _places(flat: Array, shape: Array) -> Array:
    sizes = [max(int(size), 1) for size in shape]
    if not flat.size:
        return np.zeros((0, len(shape)), np.int64)
    return np.stack(np.unravel_index(flat, sizes), 1).astype(np.int64)


def _infer_same(attrs: Attrs, places: Value, values: Value, shape: Value) -> list[Shape]:
    return [places.shape, values.shape]


def _reorder(attrs: Attrs, places: Array, values: Array, shape: Array) -> list[Array]:
    order = np.argsort(_flat(places, shape), kind="stable")
    return [places[order], values[order]]


declare("SparseReorder", _infer_same, _reorder)


def _infer_reshape(attrs: Attrs, places: Value, shape: Value, wanted: Value) -> list[Shape]:
    rank = None if wanted.shape is None else wanted.shape[0]
    count = None if places.shape is None else places.shape[0]
    return [(count, rank), wanted.shape]


def _reshape(attrs: Attrs, places: Array, shape: Array, wanted: Array) -> list[Array]:
    size = int(np.prod(shape, dtype=np.int64))
    new = wanted.astype(np.int64)
    open_axes = np.flatnonzero(new < 0)
    if len(open_axes) > 1:
        raise ValueError("expected at most one size of -1")
    if len(open_axes):
        known = int(np.prod(new[new >= 0], dtype=np.int64))
        new[open_axes[0]] = size // known if known else 0
    if int(np.prod(new, dtype=np.int64)) != size:
        raise ValueError(f"a tensor of shape {shape.tolist()} has no shape {wanted.tolist()}")
    return [_places(_flat(places, shape), new), new]


declare("SparseReshape", _infer_reshape, _reshape)


def _infer_fill(attrs: Attrs, places: Value, values: Value, shape: Value, default: Value) -> list[Shape]:
    rank = None if places.shape is None else places.shape[1]
    count = None if values.shape is None else values.shape[0]
    return [(None, rank), (None,), (None,), (count,)]


def _fill(attrs: Attrs, places: Array, values: Array, shape: Array, default: Array) -> list[Array]:
    rows = int(shape[0])
    counts = np.bincount(places[:, 0], minlength=rows)[:rows] if places.size else np.zeros(rows, np.int64)
    empty = counts == 0
    added = np.zeros((int(empty.sum()), places.shape[1]), np.int64)
    added[:, 0] = np.flatnonzero(empty)
    together = np.concatenate([places, added])
    fillers = np.full(len(added), default[()], values.dtype)
    order = np.argsort(together[:, 0], kind="stable")
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return [together[order], np.concatenate([values, fillers])[order], empty, back[: len(values)]]


declare("SparseFillEmptyRows", _infer_fill, _fill)


def _infer_slice(
    attrs: Attrs, places: Value, values: Value, shape: Value, start: Value, size: Value
) -> list[Shape]:
    return [(None, None if places.shape is None else places.shape[1]), (None,), shape.shape]


def _slice(
    attrs: Attrs, places: Array, values: Array, shape: Array, start: Array, size: Array
) -> list[Array]:
    end = np.minimum(start + size, shape)
    inside = np.all((places >= start) & (places < end), axis=1)
    return [places[inside] - start, values[inside], np.maximum(end - start, 0)]


declare("SparseSlice", _infer_slice, _slice)


def _infer_concat(
    attrs: Attrs, places: Sequence[Value], values: Sequence[Value], shapes: Sequence[Value]
) -> list[Shape]:
    rank = None if places[0].shape is None else places[0].shape[1]
    return [(None, rank), (None,), shapes[0].shape]


def _concat(
    attrs: Attrs, places: Sequence[Array], values: Sequence[Array], shapes: Sequence[Array]
) -> list[Array]:
    axis = normalize_axis(attrs["concat_dim"], len(shapes[0]))
    offsets = np.cumsum([0, *(int(shape[axis]) for shape in shapes)])
    shape = np.array(shapes[0], np.int64)
    others = np.arange(len(shape)) != axis
    if any(np.any(each[others] != shape[others]) for each in shapes):
        raise ValueError(
            f"expected equal sizes beside axis {axis}, got {[each.tolist() for each in shapes]!s:.200}"
        )
    shape[axis] = offsets[-1]
    moved = [np.array(each) for each in places]
    for each, offset in zip(moved, offsets[:-1], strict=True):
        each[:, axis] += offset
    return [*_reorder(attrs, np.concatenate(moved), np.concatenate(values), shape), shape]


declare("SparseConcat", _infer_concat, _concat)


def _infer_add(attrs: Attrs, places: Value, values: Value, shape: Value, *others: Value) -> list[Shape]:
    return [(None, None if places.shape is None else places.shape[1]), (None,), shape.shape]


def _add(
    attrs: Attrs,
    places: Array,
    values: Array,
    shape: Array,
    more: Array,
    others: Array,
    shape2: Array,
    limit: Array,
) -> list[Array]:
    if not np.array_equal(shape, shape2):
        raise ValueError(f"expected equal shapes, got {shape.tolist()} and {shape2.tolist()}")
    flat = np.concatenate([_flat(places, shape), _flat(more, shape)])
    unique, index = np.unique(flat, return_inverse=True)
    both = np.bincount(index, minlength=len(unique)) > 1
    total = np.zeros(len(unique), values.dtype)
    np.add.at(total, index, np.concatenate([values, others]))
    kept = ~both | (np.abs(total) >= limit)
    return [_places(unique[kept], shape), total[kept], shape]


declare("SparseAdd", _infer_add, _add)


def _infer_sum(attrs: Attrs, places: Value, values: Value, shape: Value, axes: Value) -> list[Shape]:
    return [None]


def _sum(attrs: Attrs, places: Array, values: Array, shape: Array, axes: Array) -> list[Array]:
    rank = len(shape)
    dropped = {normalize_axis(int(axis), rank) for axis in axes.ravel()}
    kept = [axis for axis in range(rank) if axis not in dropped]
    out = np.zeros([int(shape[axis]) for axis in kept], widen(values).dtype)
    if kept:
        np.add.at(out, tuple(places[:, axis] for axis in kept), widen(values))
    else:
        out = np.asarray(widen(values).sum())
    if attrs["keep_dims"]:
        out = out.reshape([int(shape[axis]) if axis in kept else 1 for axis in range(rank)])
    return [np.asarray(out, values.dtype)]


declare("SparseReduceSum", _infer_sum, _sum)


def _infer_sets(attrs: Attrs, a: Value, b: Value) -> list[Shape]:
    rank = None if a.shape is None else len(a.shape)
    return [(None, rank), (None,), (rank,)]


_SETS: Final[Mapping[str, Callable[[set[Any], set[Any]], set[Any]]]] = {
    "a-b": lambda a, b: a - b,
    "b-a": lambda a, b: b - a,
    "intersection": lambda a, b: a & b,
    "union": lambda a, b: a | b,
}


def _sets(attrs: Attrs, a: Array, b: Array) -> list[Array]:
    if a.shape[:-1] != b.shape[:-1] or a.ndim < 2:
        raise ValueError(f"expected sets in rows of equal number, got shapes {a.shape} and {b.shape}")
    operation = _SETS[attrs["set_operation"]]
    outer = a.shape[:-1]
    places, found, longest = [], [], 0
    for row in np.ndindex(*outer):
        members = sorted(operation(set(a[row].tolist()), set(b[row].tolist())))
        longest = max(longest, len(members))
        places += [(*row, column) for column in range(len(members))]
        found += members
    values = string_array(found, (len(found),)) if a.dtype == object else np.array(found, a.dtype)
    return [np.array(places, np.int64).reshape(-1, a.ndim), values, np.array([*outer, longest], np.int64)]


declare("DenseToDenseSetOperation", _infer_sets, _sets)
