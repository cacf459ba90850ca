"""Reductions along axes.

Source: jax/_src/lax/lax.py, reduce_sum and its like, argmax, reduce.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule

_OPS: Final = {
    "reduce_sum": "Sum", "reduce_prod": "Prod", "reduce_max": "Max", "reduce_min": "Min",
}  # fmt: skip
_LOGICAL: Final = {
    "reduce_and": "All", "reduce_or": "Any", "reduce_max": "Any", "reduce_min": "All",
}  # fmt: skip


def reduced(op: str, x: Value, axes: Any) -> Value:
    """A reduction by one op."""
    return emit_one(op, x, x.graph.constant(int32(list(axes)).reshape(-1)))


@rule("reduce_sum", "reduce_prod", close=True)
def _sum(equation: Equation, x: Value) -> Value:
    axes = equation.params["axes"]
    if not axes:
        return x
    if x.dtype.itemsize == 2 and x.dtype.is_floating:
        wide = reduced(_OPS[equation.primitive], ops.cast(x, dtypes.float32), axes)
        return ops.cast(wide, x.dtype)
    return reduced(_OPS[equation.primitive], x, axes)


@rule("reduce_max", "reduce_min")
def _extreme(equation: Equation, x: Value) -> Value:
    axes = equation.params["axes"]
    if not axes:
        return x
    if x.dtype is dtypes.bool_:
        return reduced(_LOGICAL[equation.primitive], x, axes)
    return reduced(_OPS[equation.primitive], x, axes)


@rule("reduce_and", "reduce_or", "reduce_xor")
def _bits(equation: Equation, x: Value) -> Value:
    axes = [int(axis) for axis in equation.params["axes"]]
    if not axes:
        return x
    if x.dtype is dtypes.bool_:
        if equation.primitive == "reduce_xor":
            count = reduced("Sum", ops.cast(x, dtypes.int32), axes)
            return ops.equal(ops.floor_mod(count, np.int32(2)), np.int32(1))
        return reduced(_LOGICAL[equation.primitive], x, axes)
    op = {"reduce_and": "BitwiseAnd", "reduce_or": "BitwiseOr", "reduce_xor": "BitwiseXor"}[
        equation.primitive
    ]
    first = -1 if equation.primitive == "reduce_and" else 0
    return folded_along(equation, x, axes, lambda a, b: emit_one(op, a, b), first)


def folded_along(
    equation: Equation, x: Value, axes: list[int], combine: Callable[[Value, Value], Value], first: int
) -> Value:
    """A reduction by halves along axes of known size.

    Args:
      equation: the equation.
      x: the operand.
      axes: the axes.
      combine: an associative and commutative function of two slices.
      first: its neutral element.
    """
    sizes = equation.operands[0].known
    for axis in sorted(axes, reverse=True):
        size = sizes[axis]
        if size is None:
            raise UnsupportedPrimitiveError("a symbolic dimension that is reduced")
        if size == 0:
            shape = [*equation.operands[0].shape]
            del shape[axis]
            x = equation.broadcast(equation.like(x, first), shape)
            continue
        length = size
        while length > 1:
            half = length // 2
            front = ops.slice_axis(x, axis, 0, half)
            back = ops.slice_axis(x, axis, half, 2 * half)
            joined = combine(front, back)
            if length % 2:
                rest = ops.slice_axis(x, axis, 2 * half, length)
                joined = ops.concat([joined, rest], axis)
            x, length = joined, half + length % 2
        x = ops.squeeze(x, axis)
    return x


@rule("argmax", "argmin")
def _arg(equation: Equation, x: Value) -> Value:
    """The first extreme; the first NaN, if there is one."""
    (axis,) = equation.params["axes"]
    op = "ArgMax" if equation.primitive == "argmax" else "ArgMin"
    target = equation.result.dtype
    if x.dtype is dtypes.uint64:
        x = _signed(equation, x)
    elif x.dtype is dtypes.bool_ or (x.dtype.is_integer and x.dtype not in (dtypes.int32, dtypes.int64)):
        x = ops.cast(x, dtypes.int64 if x.dtype.itemsize == 4 else dtypes.int32)
    direct = target if target in (dtypes.int32, dtypes.int64) else dtypes.int64
    at = np.int32(axis)

    def found(op_: str, value: Value) -> Value:
        return emit_one(op_, value, at, output_type=direct)

    if not x.dtype.is_floating:
        return ops.cast(found(op, x), target)
    odd = ops.is_nan(x)
    first_odd = found("ArgMax", ops.cast(odd, dtypes.int32))
    chosen = ops.where(reduced("Any", odd, [axis]), first_odd, found(op, x))
    return ops.cast(chosen, target)


def _signed(equation: Equation, x: Value) -> Value:
    """uint64 as int64 in the same order."""
    flipped = emit_one("BitwiseXor", x, equation.like(x, 1 << 63))
    return ops.bitcast(flipped, dtypes.int64)


COMBINES: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "add": ops.add,
    "mul": ops.multiply,
    "max": ops.maximum,
    "min": ops.minimum,
    "and": ops.logical_and,
    "or": ops.logical_or,
}
"""Primitives that a reduction may be of."""


@rule("reduce")
def _reduce(equation: Equation, *operands: Value) -> list[Value]:
    """A reduction by a function that is one primitive of two operands."""
    jaxpr = equation.params["jaxpr"]
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    names = [e.primitive.name for e in inner.eqns]
    known = {"add": "Sum", "mul": "Prod", "max": "Max", "min": "Min", "and": "All", "or": "Any"}
    half = len(operands) // 2
    if half != 1 or len(names) != 1 or names[0] not in known:
        raise UnsupportedPrimitiveError("a function that is not one of add, mul, max, min, and, or")
    x, first = operands
    if names[0] in ("and", "or") and x.dtype is not dtypes.bool_:
        raise UnsupportedPrimitiveError("bits")
    axes = equation.params["dimensions"]
    found = reduced(known[names[0]], x, axes)
    return [COMBINES[names[0]](found, first)]
