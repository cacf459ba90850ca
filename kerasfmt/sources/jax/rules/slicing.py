"""Slices whose bounds are computed, as JAX clamps them.

Source: jax/_src/lax/slicing.py, dynamic_slice and dynamic_update_slice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.sources.jax.dimensions import minus
from kerasfmt.sources.jax.rule import Equation, Size, pack_sizes, rule


def as_int32(x: Value) -> Value:
    """An index as int32; one that is too large stays too large."""
    if x.dtype is dtypes.int32:
        return x
    if x.dtype.itemsize < 4:
        return ops.cast(x, dtypes.int32)
    most = np.array(2**31 - 1, x.dtype.numpy)
    least = np.array(0 if x.dtype.kind == "unsigned" else -(2**31), x.dtype.numpy)
    return ops.cast(ops.maximum(ops.minimum(x, most), least), dtypes.int32)


def clamped(index: Value, most: Size) -> Value:
    """An index that is at least 0 and at most `most`."""
    high = most if isinstance(most, Value) else np.int32(most)
    return ops.maximum(ops.minimum(as_int32(index), high), np.int32(0))


def starts(
    equation: Equation, indices: Sequence[Value], shape: Sequence[object], part: Sequence[object]
) -> Value:
    """The beginning of a part of a tensor as an int32 vector, moved so that the part lies inside."""
    lowers = equation.lowers
    found: list[Size] = []
    for index, dim, size in zip(indices, shape, part, strict=True):
        if str(dim) == str(size):
            found.append(0)
        else:
            at = clamped(index, minus(lowers.size(dim), lowers.size(size)))
            found.append(lowers.folded(at))
    return lowers.folded(pack_sizes(equation.graph, found))


@rule("dynamic_slice")
def _dynamic_slice(equation: Equation, x: Value, *indices: Value) -> Value:
    shape, part = equation.operands[0].shape, equation.params["slice_sizes"]
    if not shape:
        return x
    begin = starts(equation, indices[: len(shape)], shape, part)
    return emit_one("Slice", x, begin, equation.vector(part))


@rule("dynamic_update_slice")
def _dynamic_update_slice(equation: Equation, x: Value, update: Value, *indices: Value) -> Value:
    """The tensor before, the update and the tensor after, along the only axis; else by where and pad."""
    shape, part = equation.operands[0].shape, equation.operands[1].shape
    if not shape:
        return update
    moving = [axis for axis, (dim, size) in enumerate(zip(shape, part, strict=True)) if str(dim) != str(size)]
    if not moving:
        return update
    begin = starts(equation, indices, shape, part)
    if len(moving) == 1:
        return _joined(equation, x, update, begin, moving[0])
    before = begin
    sizes, parts = equation.vector(shape), equation.vector(part)
    after = ops.subtract(ops.subtract(sizes, begin), parts)
    amounts = ops.pack([before, after], 1)
    one = equation.constant(np.ones((), np.bool_))
    inside = emit_one("PadV2", ops.fill(parts, one), amounts, equation.constant(np.zeros((), np.bool_)))
    moved = emit_one("PadV2", update, amounts, equation.constant(np.zeros((), x.dtype.numpy), x.dtype))
    return ops.where(inside, moved, x)


def _joined(equation: Equation, x: Value, update: Value, begin: Value, axis: int) -> Value:
    shape = equation.operands[0].shape
    rank = len(shape)
    sizes = equation.sizes(shape)
    at = ops.getitem(begin, axis)
    length = equation.lowers.size(equation.operands[1].shape[axis])
    end = ops.add(at, length if isinstance(length, Value) else np.int32(length))
    none: list[Size] = [0] * rank
    front = emit_one(
        "Slice", x, pack_sizes(x.graph, none), pack_sizes(x.graph, [*sizes[:axis], at, *sizes[axis + 1 :]])
    )
    back = emit_one(
        "Slice",
        x,
        pack_sizes(x.graph, [*none[:axis], end, *none[axis + 1 :]]),
        x.graph.constant(np.full(rank, -1, np.int32)),
    )
    return ops.concat([front, update, back], axis)
