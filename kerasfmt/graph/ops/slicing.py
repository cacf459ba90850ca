"""Ops that take parts of tensors: slices, gathers and splits.

Source: tensorflow/core/util/strided_slice_op.cc, tensorflow/core/ops/array_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import TypeAlias

import numpy as np

from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.array import pack
from kerasfmt.graph.ops.declare import Array, Attrs, normalize_axis
from kerasfmt.graph.ops.resource import check_indices
from kerasfmt.graph.ops.shape_values import constant_value, partial_value
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

Entry: TypeAlias = slice | int | EllipsisType | None
"""One entry of a NumPy index."""


def _is_set(attrs: Attrs, mask: str, i: int) -> bool:
    return bool(attrs[mask] >> i & 1)


def _entries(
    attrs: Attrs,
    begin: Sequence[int | None],
    end: Sequence[int | None],
    strides: Sequence[int | None],
) -> list[tuple[Entry, bool]]:
    """The index that the op stands for; for each entry also whether its values are known."""
    found: list[tuple[Entry, bool]] = []
    for i, (b, e, s) in enumerate(zip(begin, end, strides, strict=True)):
        no_begin, no_end = _is_set(attrs, "begin_mask", i), _is_set(attrs, "end_mask", i)
        if _is_set(attrs, "ellipsis_mask", i):
            found.append((Ellipsis, True))
        elif _is_set(attrs, "new_axis_mask", i):
            found.append((None, True))
        elif _is_set(attrs, "shrink_axis_mask", i):
            found.append((0 if no_begin else -1 if b is None else b, no_begin or b is not None))
        else:
            known = s is not None and (no_begin or b is not None) and (no_end or e is not None)
            if s == 0:
                raise ValueError("a stride is zero")
            found.append((slice(None if no_begin else b, None if no_end else e, s), known))
    return found


def _sliced_dim(dim: int | None, entry: slice, known: bool) -> int | None:
    if dim is None or not known:
        return None
    return len(range(*entry.indices(dim)))


@register("StridedSlice")
class StridedSlice(Op):
    """A slice with a step along each axis; the masks express Python's `x[a:, None, ..., 3]`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, begin: Value, end: Value, strides: Value) -> list[Shape]:
        b, e, s = (partial_value(v) for v in (begin, end, strides))
        if x.shape is None or b is None or e is None or s is None:
            return [None]
        entries = _entries(attrs, b, e, s)
        consumed = sum(entry is not None and entry is not Ellipsis for entry, _ in entries)
        rest = len(x.shape) - consumed
        if rest < 0:
            raise ValueError(f"{consumed} indices for shape {x.shape}")
        if not any(entry is Ellipsis for entry, _ in entries):
            entries.append((Ellipsis, True))
        out: list[int | None] = []
        at = 0
        for entry, known in entries:
            if entry is None:
                out.append(1)
            elif entry is Ellipsis:
                out.extend(x.shape[at : at + rest])
                at += rest
            elif isinstance(entry, slice):
                out.append(_sliced_dim(x.shape[at], entry, known))
                at += 1
            else:
                dim = x.shape[at]
                if known and dim is not None:
                    assert isinstance(entry, int)
                    normalize_axis(entry, dim)
                at += 1
        return [tuple(out)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, begin: Array, end: Array, strides: Array) -> list[Array]:
        entries = _entries(attrs, begin.tolist(), end.tolist(), strides.tolist())
        index = tuple(entry for entry, _ in entries)
        return [np.asarray(x[index])]


def strided_slice(
    x: Value,
    begin: Operand,
    end: Operand,
    strides: Operand,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Value:
    """The elements begin, begin + stride, ... before end along each axis.

    Args:
      x: any tensor.
      begin: integers (n,), where n is at most the rank: the first index along each axis.
      end: integers (n,): the first index that is left out.
      strides: integers (n,): the steps, which are not 0.
      begin_mask: bit i says that begin[i] is ignored: the slice starts at the first element of the axis, or at the
        last one if the stride is negative.
      end_mask: bit i says that end[i] is ignored: the slice goes on to the other end of the axis.
      ellipsis_mask: bit i says that entry i stands for all the remaining axes, taken whole.
      new_axis_mask: bit i says that entry i is a new axis.
      shrink_axis_mask: bit i says that element begin[i] is taken and the axis dropped.

    Source: tf.strided_slice.
    """
    operands = [int32(v) if isinstance(v, list | tuple) else v for v in (begin, end, strides)]
    return emit_one(
        "StridedSlice",
        x,
        *operands,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )


def _vector(items: list[int | Value]) -> Operand:
    return pack(items) if any(isinstance(i, Value) for i in items) else int32(items)


def getitem(x: Value, index: object) -> Value:
    """`x[index]` as in NumPy; an index is an int, slice, None, Ellipsis, int32 scalar, or a tuple of these.

    Raises:
      TypeError: the index holds anything else.

    Source: tensorflow/python/ops/array_ops.py, _slice_helper.
    """
    begin: list[int | Value] = []
    end: list[int | Value] = []
    strides: list[int | Value] = []
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
    for i, entry in enumerate(index if isinstance(index, tuple) else (index,)):
        b: int | Value = 0
        e: int | Value = 0
        s: int | Value = 1
        if isinstance(entry, slice):
            b = 0 if entry.start is None else entry.start
            e = 0 if entry.stop is None else entry.stop
            s = 1 if entry.step is None else entry.step
            masks["begin_mask"] |= (entry.start is None) << i
            masks["end_mask"] |= (entry.stop is None) << i
        elif entry is Ellipsis:
            masks["ellipsis_mask"] |= 1 << i
        elif entry is None:
            masks["new_axis_mask"] |= 1 << i
        elif isinstance(entry, int | Value):
            b, e = entry, entry + 1
            masks["shrink_axis_mask"] |= 1 << i
        else:
            raise TypeError(f"an index of {type(entry).__name__} is not supported")
        begin.append(b)
        end.append(e)
        strides.append(s)
    return strided_slice(x, _vector(begin), _vector(end), _vector(strides), **masks)


def slice_axis(
    x: Value, axis: int, start: int | Value | None, stop: int | Value | None, step: int = 1
) -> Value:
    """`x[:, ..., start:stop:step]`, with the slice along `axis`; the other axes are taken whole."""
    axis = normalize_axis(axis, x.rank)
    return getitem(x, (*[slice(None)] * axis, slice(start, stop, step)))


@register("Slice")
class Slice(Op):
    """`size` elements from `begin` on along each axis; a size of -1 takes the rest."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, begin: Value, size: Value) -> list[Shape]:
        starts, sizes = partial_value(begin), partial_value(size)
        if starts is None or sizes is None:
            return [None if x.shape is None else (None,) * len(x.shape)]
        dims = x.shape if x.shape is not None else (None,) * len(sizes)
        if not len(dims) == len(starts) == len(sizes):
            raise ValueError(f"{len(starts)} starts and {len(sizes)} sizes for shape {x.shape}")
        out: list[int | None] = []
        for dim, b, n in zip(dims, starts, sizes, strict=True):
            if n is not None and n >= 0:
                if dim is not None and b is not None and b + n > dim:
                    raise ValueError(f"{n} elements from {b} of an axis of {dim}")
                out.append(n)
            else:
                out.append(None if n is None or dim is None or b is None else dim - b)
        return [tuple(out)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, begin: Array, size: Array) -> list[Array]:
        pairs = zip(begin.tolist(), size.tolist(), strict=True)
        return [x[tuple(slice(b, None if n == -1 else b + n) for b, n in pairs)]]


def slice_(x: Value, begin: Operand, size: Operand) -> Value:
    """`size` elements from `begin` on along each axis; a size of -1 takes the rest. Source: tf.slice."""
    begin, size = (int32(v) if isinstance(v, list | tuple) else v for v in (begin, size))
    return emit_one("Slice", x, begin, size)


@register("GatherV2")
class GatherV2(Op):
    """Slices along an axis, in the order of the indices; params and indices share their first `batch_dims` axes."""

    @staticmethod
    @override
    def infer(attrs: Attrs, params: Value, indices: Value, axis: Value) -> list[Shape]:
        at = constant_value(axis)
        if params.shape is None or indices.shape is None:
            return [None]
        if at is None:
            return [
                (None,)
                * (len(params.shape) - 1 + len(indices.shape) - _batch_dims(attrs, len(indices.shape)))
            ]
        i = normalize_axis(int(at.item()), len(params.shape))
        batch = _batch_dims(attrs, len(indices.shape))
        if batch > i:
            raise ValueError(f"batch_dims {batch} is beyond axis {i}")
        merge_shapes(params.shape[:batch], indices.shape[:batch])
        return [(*params.shape[:i], *indices.shape[batch:], *params.shape[i + 1 :])]

    @staticmethod
    @override
    def run(attrs: Attrs, params: Array, indices: Array, axis: Array) -> list[Array]:
        i = normalize_axis(int(axis.item()), params.ndim)
        check_indices(indices, params.shape[i])
        batch = _batch_dims(attrs, indices.ndim)
        if not batch:
            return [np.asarray(np.take(params, indices, i))]
        lead = params.shape[:batch]
        flat = params.reshape(-1, *params.shape[batch:])
        rows = indices.reshape(flat.shape[0], *indices.shape[batch:])
        out = [np.take(p, r, i - batch) for p, r in zip(flat, rows, strict=True)]
        shape = (*params.shape[batch:i], *indices.shape[batch:], *params.shape[i + 1 :])
        return [np.array(out, params.dtype).reshape(*lead, *shape)]


def _batch_dims(attrs: Attrs, rank: int) -> int:
    """The number of axes that params and indices share; a negative one is counted from the last axis of the indices."""
    given: int = attrs["batch_dims"]
    if not -rank <= given <= rank:
        raise ValueError(f"batch_dims {given} is out of range for indices of {rank} dimensions")
    return given % rank if given < 0 else given


def gather(params: Operand, indices: Operand, axis: int = 0, batch_dims: int = 0) -> Value:
    """The slices `indices` of `params` along `axis`; both share their first `batch_dims` axes. Source: tf.gather."""
    return emit_one("GatherV2", params, indices, axis, batch_dims=batch_dims)


@register("GatherNd")
class GatherNd(Op):
    """Slices at index vectors, which are the last axis of `indices`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, params: Value, indices: Value) -> list[Shape]:
        if params.shape is None or indices.shape is None:
            return [None]
        depth = indices.shape[-1]
        if depth is None:
            return [None]
        if depth > len(params.shape):
            raise ValueError(f"index vectors of {depth} for shape {params.shape}")
        return [(*indices.shape[:-1], *params.shape[depth:])]

    @staticmethod
    @override
    def run(attrs: Attrs, params: Array, indices: Array) -> list[Array]:
        vectors = np.moveaxis(indices, -1, 0)
        for vector, size in zip(vectors, params.shape, strict=False):
            check_indices(vector, size)
        return [np.asarray(params[tuple(vectors)])]


def gather_nd(params: Operand, indices: Operand) -> Value:
    """The slices of `params` at the index vectors in the last axis of `indices`. Source: tf.gather_nd."""
    return emit_one("GatherNd", params, indices)


@register("Where")
class Where(Op):
    """The indices of the elements that are not zero, int64 (n, rank), in row-major order."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return [(None, None if x.shape is None else len(x.shape))]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.argwhere(x).astype(np.int64)]


def nonzero(x: Value) -> Value:
    """The indices of the elements that are not zero: int64 (n, rank), in row-major order. Source: tf.where."""
    return emit_one("Where", x)


@register("Split")
class Split(Op):
    """`num_split` equal parts along an axis."""

    @staticmethod
    @override
    def infer(attrs: Attrs, axis: Value, x: Value) -> list[Shape]:
        at, parts = constant_value(axis), attrs["num_split"]
        if x.shape is None or at is None:
            return [None if x.shape is None else (None,) * len(x.shape)] * parts
        i = normalize_axis(int(at.item()), len(x.shape))
        dim = x.shape[i]
        if dim is not None and dim % parts:
            raise ValueError(f"axis {i} of shape {x.shape} does not divide into {parts} parts")
        return [(*x.shape[:i], None if dim is None else dim // parts, *x.shape[i + 1 :])] * parts

    @staticmethod
    @override
    def run(attrs: Attrs, axis: Array, x: Array) -> list[Array]:
        parts, i = attrs["num_split"], int(axis.item())
        size, rest = divmod(x.shape[i], parts)
        if rest:
            raise ValueError(f"axis {i} of shape {x.shape} does not divide into {parts} parts")
        index = [slice(None)] * x.ndim
        found = []
        for part in range(parts):
            index[i] = slice(part * size, (part + 1) * size)
            found.append(x[tuple(index)])
        return found


@register("SplitV")
class SplitV(Op):
    """Parts of given sizes along an axis; one size may be -1."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, sizes: Value, axis: Value) -> list[Shape]:
        at, found, parts = constant_value(axis), partial_value(sizes), attrs["num_split"]
        if x.shape is None or at is None:
            return [None if x.shape is None else (None,) * len(x.shape)] * parts
        i = normalize_axis(int(at.item()), len(x.shape))
        dims: list[int | None] = [None] * parts if found is None else found
        total = x.shape[i]
        rest = [d for d in dims if d != -1]
        if -1 in dims:
            known = None if total is None or None in rest else total - sum(d or 0 for d in rest)
            dims[dims.index(-1)] = known
        elif total is not None and None not in rest and sum(d or 0 for d in rest) != total:
            raise ValueError(f"parts of {dims} of an axis of {total}")
        return [(*x.shape[:i], d, *x.shape[i + 1 :]) for d in dims]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, sizes: Array, axis: Array) -> list[Array]:
        i = int(axis.item())
        parts = [int(s) for s in sizes]
        if -1 in parts:
            parts[parts.index(-1)] = x.shape[i] - sum(p for p in parts if p != -1)
        return list(np.split(x, np.cumsum(parts)[:-1], i))


def split(x: Value, parts: int | Sequence[int], axis: int = 0) -> tuple[Value, ...]:
    """`x` split along `axis` into `parts` equal parts, or into parts of the sizes `parts`. Source: tf.split."""
    if isinstance(parts, int):
        return emit("Split", axis, x, num_split=parts)
    return emit("SplitV", x, int32(list(parts)), axis, num_split=len(parts))
