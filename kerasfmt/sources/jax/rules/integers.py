"""Integer arithmetic and bits, as XLA defines them: division by zero and shifts by too much give numbers.

Source: XLA's operation semantics; jax/_src/lax/lax.py, div, rem and the shifts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.sources.jax.rule import Equation, rule


def _known(y: Value) -> Any:
    """The elements of a constant."""
    return y.node.attrs["value"] if y.node.op == "Const" else None


@rule("div")
def _div(equation: Equation, x: Value, y: Value) -> Value:
    """Integers are rounded towards zero; x / 0 is -1."""
    if not x.dtype.is_integer:
        return equation.elementwise(ops.real_div, x, y)

    def function(a: Value, b: Value) -> Value:
        known = _known(b)
        if known is not None and np.all(known > 0):
            return ops.truncate_div(a, b)
        zero, one = equation.like(b, 0), equation.like(b, 1)
        none = ops.equal(b, zero)
        every = np.array(-1).astype(a.dtype.numpy)
        if a.dtype.kind == "unsigned":
            return ops.where(none, equation.constant(every), ops.truncate_div(a, ops.where(none, one, b)))
        flips = ops.equal(b, equation.like(b, -1))
        safe = ops.where(ops.logical_or(none, flips), one, b)
        quotient = ops.truncate_div(a, safe)
        return ops.where(none, equation.constant(every), ops.where(flips, ops.negative(a), quotient))

    return equation.elementwise(function, x, y)


@rule("rem")
def _rem(equation: Equation, x: Value, y: Value) -> Value:
    """The sign is that of x; x % 0 is x for integers."""
    if not x.dtype.is_integer:
        return equation.elementwise(lambda a, b: emit_one("TruncateMod", a, b), x, y)

    def function(a: Value, b: Value) -> Value:
        known = _known(b)
        if known is not None and np.all(known > 0):
            return _rest(a, b)
        zero, one = equation.like(b, 0), equation.like(b, 1)
        none = ops.equal(b, zero)
        odd = none
        if a.dtype.kind == "signed":
            odd = ops.logical_or(none, ops.equal(b, equation.like(b, -1)))
        rest = _rest(a, ops.where(odd, one, b))
        return ops.where(none, a, rest)

    return equation.elementwise(function, x, y)


def _rest(x: Value, y: Value) -> Value:
    """x % y; the op is for some dtypes only."""
    if x.dtype in (dtypes.int32, dtypes.int64):
        return emit_one("TruncateMod", x, y)
    return ops.subtract(x, ops.multiply(ops.truncate_div(x, y), y))


@rule("and", "or", "xor")
def _bits(equation: Equation, x: Value, y: Value) -> Value:
    if x.dtype is dtypes.bool_:
        logical = {"and": ops.logical_and, "or": ops.logical_or, "xor": ops.not_equal}[equation.primitive]
        return equation.elementwise(logical, x, y)
    bitwise = {"and": "BitwiseAnd", "or": "BitwiseOr", "xor": "BitwiseXor"}[equation.primitive]
    return equation.elementwise(lambda a, b: emit_one(bitwise, a, b), x, y)


@rule("not")
def _not(equation: Equation, x: Value) -> Value:
    if x.dtype is dtypes.bool_:
        return equation.elementwise(ops.logical_not, x)
    return equation.elementwise(lambda v: emit_one("Invert", v), x)


def unsigned(dtype: DType) -> DType:
    """The unsigned dtype of the same size."""
    return dtypes.of(f"uint{8 * dtype.itemsize}")


def shifted_right(x: Value, by: Value) -> Value:
    """Bits shifted right, with zeros from the left."""
    bits = unsigned(x.dtype)
    if x.dtype is bits:
        return emit_one("RightShift", x, by)
    moved = emit_one("RightShift", ops.bitcast(x, bits), ops.bitcast(by, bits))
    return ops.bitcast(moved, x.dtype)


@rule("shift_left", "shift_right_logical", "shift_right_arithmetic")
def _shift(equation: Equation, x: Value, y: Value) -> Value:
    """Shifts by the number of bits or more give 0, or the sign."""
    width = 8 * x.dtype.itemsize
    arithmetic = equation.primitive == "shift_right_arithmetic"

    def shift(a: Value, b: Value) -> Value:
        if equation.primitive == "shift_left":
            return emit_one("LeftShift", a, b)
        if arithmetic and a.dtype.kind == "unsigned":
            signed = dtypes.of(f"int{width}")
            return ops.bitcast(
                emit_one("RightShift", ops.bitcast(a, signed), ops.bitcast(b, signed)), a.dtype
            )
        return emit_one("RightShift", a, b) if arithmetic else shifted_right(a, b)

    def function(a: Value, b: Value) -> Value:
        known = _known(b)
        if known is not None and np.all((known >= 0) & (known < width)):
            return shift(a, b)
        last = equation.like(b, width - 1)
        inside = ops.logical_and(ops.greater_equal(b, equation.like(b, 0)), ops.less_equal(b, last))
        safe = ops.where(inside, b, last)
        moved = shift(a, safe)
        if arithmetic:
            return moved
        return ops.where(inside, moved, equation.like(a, 0))

    return equation.elementwise(function, x, y)


def _ones(equation: Equation, x: Value) -> Value:
    """The number of bits of an unsigned value that are set."""
    width = 8 * x.dtype.itemsize
    full = (1 << width) - 1

    def mask(pattern: int) -> Value:
        return equation.like(x, pattern & full)

    def right(v: Value, by: int) -> Value:
        return emit_one("RightShift", v, equation.like(v, by))

    def both(v: Value, pattern: int) -> Value:
        return emit_one("BitwiseAnd", v, mask(pattern))

    every = int.from_bytes(b"\x55" * 8, "little")
    v = ops.subtract(x, both(right(x, 1), every))
    pairs = int.from_bytes(b"\x33" * 8, "little")
    v = ops.add(both(v, pairs), both(right(v, 2), pairs))
    v = both(ops.add(v, right(v, 4)), int.from_bytes(b"\x0f" * 8, "little"))
    for step in (8, 16, 32):
        if step < width:
            v = ops.add(v, right(v, step))
    return both(v, 0x7F)


@rule("population_count")
def _population_count(equation: Equation, x: Value) -> Value:
    bits = unsigned(x.dtype)

    def function(v: Value) -> Value:
        return ops.cast(_ones(equation, v if v.dtype is bits else ops.bitcast(v, bits)), v.dtype)

    return equation.elementwise(function, x)


@rule("clz")
def _clz(equation: Equation, x: Value) -> Value:
    """The number of zeros before the first bit that is set."""
    bits = unsigned(x.dtype)
    width = 8 * x.dtype.itemsize

    def function(v: Value) -> Value:
        filled = v if v.dtype is bits else ops.bitcast(v, bits)
        step = 1
        while step < width:
            filled = emit_one(
                "BitwiseOr", filled, emit_one("RightShift", filled, equation.like(filled, step))
            )
            step *= 2
        count = ops.subtract(equation.like(filled, width), _ones(equation, filled))
        return ops.cast(count, v.dtype)

    return equation.elementwise(function, x)


@rule("mulhi")
def _mulhi(equation: Equation, x: Value, y: Value) -> Value:
    """The upper half of the product."""
    if x.dtype.itemsize > 4:
        from kerasfmt.sources.jax.rule import UnsupportedPrimitiveError

        raise UnsupportedPrimitiveError("integers of 64 bits")
    wide = dtypes.int64 if x.dtype.kind == "signed" else dtypes.uint64
    by = 8 * x.dtype.itemsize

    def function(a: Value, b: Value) -> Value:
        product = ops.multiply(ops.cast(a, wide), ops.cast(b, wide))
        return ops.cast(emit_one("RightShift", product, equation.like(product, by)), a.dtype)

    return equation.elementwise(function, x, y)
