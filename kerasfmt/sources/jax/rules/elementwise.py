"""Arithmetic of floats and complex numbers, comparison, selection.

Source: jax/_src/lax/lax.py; XLA's operation semantics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule

_EXACT: Final = {
    "neg": "Neg",
    "floor": "Floor",
    "ceil": "Ceil",
    "conj": "Conj",
    "real": "Real",
    "imag": "Imag",
    "is_finite": "IsFinite",
    "sqrt": "Sqrt",
}
_CLOSE: Final = {
    "exp": "Exp",
    "log": "Log",
    "log1p": "Log1p",
    "expm1": "Expm1",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "asin": "Asin",
    "acos": "Acos",
    "atan": "Atan",
    "sinh": "Sinh",
    "cosh": "Cosh",
    "tanh": "Tanh",
    "asinh": "Asinh",
    "acosh": "Acosh",
    "atanh": "Atanh",
    "logistic": "Sigmoid",
    "rsqrt": "Rsqrt",
    "erf": "Erf",
    "erfc": "Erfc",
    "erf_inv": "Erfinv",
    "lgamma": "Lgamma",
    "digamma": "Digamma",
    "bessel_i0e": "BesselI0e",
    "bessel_i1e": "BesselI1e",
}
_WIDE: Final = frozenset({"Erfc", "Erfinv", "Lgamma", "Digamma", "BesselI0e", "BesselI1e", "Erf"})
"""Ops without kernels for bfloat16 in some TensorFlow; they are computed in float32."""


def _unary(op: str) -> Callable[[Value], Value]:
    def function(x: Value) -> Value:
        if op in _WIDE and x.dtype in (dtypes.float16, dtypes.bfloat16):
            return ops.cast(emit_one(op, ops.cast(x, dtypes.float32)), x.dtype)
        if op in ("Real", "Imag"):
            kind = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
            return emit_one(op, x, Tout=kind)
        return emit_one(op, x)

    return function


@rule(*_EXACT)
def _exact(equation: Equation, x: Value) -> Value:
    if equation.primitive == "neg" and x.dtype.kind == "unsigned":
        return equation.elementwise(lambda v: ops.subtract(equation.like(v, 0), v), x)
    return equation.elementwise(_unary(_EXACT[equation.primitive]), x)


@rule(*_CLOSE, close=True)
def _close(equation: Equation, x: Value) -> Value:
    return equation.elementwise(_unary(_CLOSE[equation.primitive]), x)


def _abs(x: Value) -> Value:
    if x.dtype.is_complex:
        kind = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
        return emit_one("ComplexAbs", x, Tout=kind)
    return x if x.dtype.kind == "unsigned" else ops.abs(x)


@rule("abs")
def _absolute(equation: Equation, x: Value) -> Value:
    return equation.elementwise(_abs, x)


@rule("sign")
def _sign(equation: Equation, x: Value) -> Value:
    if x.dtype.kind == "unsigned":
        return equation.elementwise(lambda v: ops.minimum(v, equation.like(v, 1)), x)
    if not x.dtype.is_floating:
        return equation.elementwise(ops.sign, x)
    return equation.elementwise(lambda v: ops.where(ops.is_nan(v), v, ops.sign(v)), x)


@rule("square")
def _square(equation: Equation, x: Value) -> Value:
    return equation.elementwise(ops.square if not _is_small(x) else lambda v: ops.multiply(v, v), x)


def _is_small(x: Value) -> bool:
    return x.dtype.is_integer and x.dtype not in (dtypes.int32, dtypes.int64)


@rule("cbrt", close=True)
def _cbrt(equation: Equation, x: Value) -> Value:
    def function(v: Value) -> Value:
        third = ops.pow(ops.abs(v), equation.like(v, 1 / 3))
        root = ops.multiply(ops.sign(v), third)
        return ops.where(ops.equal(v, equation.like(v, 0)), v, root)

    return equation.elementwise(function, x)


@rule("exp2", close=True)
def _exp2(equation: Equation, x: Value) -> Value:
    return equation.elementwise(lambda v: ops.pow(equation.like(v, 2), v), x)


@rule("round")
def _round(equation: Equation, x: Value) -> Value:
    """Halves go to even, or away from zero."""
    if int(equation.params["rounding_method"]) == 1:
        return equation.elementwise(ops.rint, x)

    def away(v: Value) -> Value:
        whole = ops.floor(ops.abs(v))
        up = ops.greater_equal(ops.subtract(ops.abs(v), whole), equation.like(v, 0.5))
        size = ops.add(whole, ops.cast(up, v.dtype))
        return ops.where(ops.less(v, equation.like(v, 0)), ops.negative(size), size)

    return equation.elementwise(away, x)


_BINARY: Final = {"add": "AddV2", "add_any": "AddV2", "sub": "Sub", "mul": "Mul"}


@rule(*_BINARY)
def _arithmetic(equation: Equation, x: Value, y: Value) -> Value:
    op = _BINARY[equation.primitive]
    if x.dtype is dtypes.bool_:
        return equation.elementwise(ops.logical_and if op == "Mul" else ops.logical_or, x, y)
    return equation.elementwise(lambda a, b: emit_one(op, a, b), x, y)


@rule("max", "min")
def _extreme(equation: Equation, x: Value, y: Value) -> Value:
    """A NaN in either operand is the result."""
    greatest = equation.primitive == "max"
    if x.dtype is dtypes.bool_:
        return equation.elementwise(ops.logical_or if greatest else ops.logical_and, x, y)
    if x.dtype.is_complex:
        raise UnsupportedPrimitiveError("complex numbers")
    return equation.elementwise(ops.maximum if greatest else ops.minimum, x, y)


@rule("pow", close=True)
def _pow(equation: Equation, x: Value, y: Value) -> Value:
    def function(a: Value, b: Value) -> Value:
        return ops.pow(a, ops.cast(b, a.dtype))

    return equation.elementwise(function, x, y)


@rule("integer_pow", close=True)
def _integer_pow(equation: Equation, x: Value) -> Value:
    """Products, as XLA has them."""
    exponent = int(equation.params["y"])

    def function(v: Value) -> Value:
        factor, left = v, abs(exponent)
        result: Value | None = None
        while left:
            if left & 1:
                result = factor if result is None else ops.multiply(result, factor)
            left >>= 1
            if left:
                factor = ops.square(factor) if not _is_small(factor) else ops.multiply(factor, factor)
        if result is None:
            return ops.ones_like(v)
        return ops.real_div(equation.like(v, 1), result) if exponent < 0 else result

    return equation.elementwise(function, x)


@rule("atan2", close=True)
def _atan2(equation: Equation, x: Value, y: Value) -> Value:
    return equation.elementwise(ops.atan2, x, y)


@rule("nextafter")
def _nextafter(equation: Equation, x: Value, y: Value) -> Value:
    return equation.elementwise(lambda a, b: emit_one("NextAfter", a, b), x, y)


@rule("complex")
def _complex(equation: Equation, x: Value, y: Value) -> Value:
    kind = equation.result.dtype
    return equation.elementwise(lambda a, b: emit_one("Complex", a, b, Tout=kind), x, y)


_SPECIAL: Final = {
    "igamma": "Igamma",
    "igammac": "Igammac",
    "regularized_incomplete_beta": "Betainc",
    "zeta": "Zeta",
    "polygamma": "Polygamma",
}


@rule(*_SPECIAL, close=True)
def _special(equation: Equation, *operands: Value) -> Value:
    op, dtype = _SPECIAL[equation.primitive], operands[0].dtype
    wide = [ops.cast(v, dtypes.float32) if dtype.itemsize == 2 else v for v in operands]
    if op == "Betainc":  # its operands do not broadcast
        return ops.cast(emit_one(op, *wide), dtype)
    return ops.cast(equation.elementwise(lambda *v: emit_one(op, *v), *wide), dtype)


_COMPARED: Final = {
    "eq": "Equal", "ne": "NotEqual", "lt": "Less", "le": "LessEqual", "gt": "Greater", "ge": "GreaterEqual",
}  # fmt: skip


@rule(*_COMPARED)
def _compare(equation: Equation, x: Value, y: Value) -> Value:
    op = _COMPARED[equation.primitive]

    def function(a: Value, b: Value) -> Value:
        if a.dtype is dtypes.bool_ and op not in ("Equal", "NotEqual"):
            a, b = ops.cast(a, dtypes.int32), ops.cast(b, dtypes.int32)
        return emit_one(op, a, b)

    return equation.elementwise(function, x, y)


@rule("eq_to", "le_to", "lt_to")
def _total_order(equation: Equation, x: Value, y: Value) -> Value:
    from kerasfmt.sources.jax.rules.sorting import ordered_bits

    op = {"eq_to": "Equal", "le_to": "LessEqual", "lt_to": "Less"}[equation.primitive]
    return equation.elementwise(
        lambda a, b: emit_one(op, ordered_bits(a, canonical=False), ordered_bits(b, canonical=False)), x, y
    )


@rule("select_n")
def _select(equation: Equation, which: Value, *cases: Value) -> Value:
    def function(at: Value, *values: Value) -> Value:
        if len(values) == 1:
            return values[0]
        if at.dtype is dtypes.bool_:
            return ops.where(at, values[1], values[0])
        found = values[-1]
        for place in range(len(values) - 2, -1, -1):
            found = ops.where(ops.less_equal(at, equation.like(at, place)), values[place], found)
        return found

    return equation.elementwise(function, which, *cases)


@rule("clamp")
def _clamp(equation: Equation, low: Value, x: Value, high: Value) -> Value:
    return equation.elementwise(lambda a, b, c: ops.minimum(ops.maximum(b, a), c), low, x, high)


@rule("copy", "copy_p", "stop_gradient", "optimization_barrier", "name", "sharding_constraint", "pvary",
      "layout_constraint", "reshard", "device_put", "mesh_cast", "dce_sink")  # fmt: skip
def _identity(equation: Equation, *operands: Value) -> list[Value]:
    if equation.primitive == "stop_gradient":
        return [ops.stop_gradient(x) if x.dtype.is_floating else x for x in operands]
    return list(operands)


@rule("reduce_precision")
def _reduce_precision(equation: Equation, x: Value) -> Value:
    bits = (int(equation.params["exponent_bits"]), int(equation.params["mantissa_bits"]))
    narrow = {(5, 10): dtypes.float16, (8, 7): dtypes.bfloat16, (8, 23): dtypes.float32}.get(bits)
    own = {dtypes.float16: (5, 10), dtypes.bfloat16: (8, 7), dtypes.float32: (8, 23)}.get(x.dtype)
    if bits in (own, (11, 52)):
        return x
    if narrow is None:
        raise UnsupportedPrimitiveError(f"{bits[0]} bits of exponent and {bits[1]} of mantissa")
    return equation.elementwise(lambda v: ops.cast(ops.cast(v, narrow), v.dtype), x)


def finite_extremes(dtype: Any) -> tuple[Any, Any]:
    """The least and the greatest number of a NumPy dtype."""
    if np.dtype(dtype).kind in "iu":
        info: Any = np.iinfo(dtype)
        return info.min, info.max
    return -np.inf, np.inf
