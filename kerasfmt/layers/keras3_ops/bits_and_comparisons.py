"""Elementwise operations that take several functions: bits, powers, comparisons that handle NaN.

Source: keras/src/ops/numpy.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kerasfmt import dtypes
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import (
    Operation,
    Translated,
    float_operands,
    map_numbers,
    register_operation,
)


def _bitwise(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x: Any, y: Any) -> Translated:
        left, right = op.promote(x, y)
        if isinstance(left, Tensor) and left.dtype is dtypes.bool_:
            return f"math.logical_{function}", left, {"y": right}
        return f"bitwise.bitwise_{function}", left, {"y": right}

    return entry


register_operation("BitwiseAnd")(_bitwise("and"))
register_operation("BitwiseOr")(_bitwise("or"))
register_operation("BitwiseXor")(_bitwise("xor"))


@register_operation("BitwiseNot", "BitwiseInvert")
def _bitwise_not(op: Operation, x: Tensor) -> Translated:
    if x.dtype is dtypes.bool_:
        return "math.logical_not", x, {}
    ones = -1 if x.dtype.kind == "signed" else 2 ** (8 * x.dtype.itemsize) - 1
    return "bitwise.bitwise_xor", x, {"y": ones}


def _shift(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x: Any, y: Any) -> Translated:
        left, right = op.promote(x, y)
        if not isinstance(right, Tensor):
            return function, left, {"y": map_numbers(right, lambda n: 1 << n)}
        return function, left, {"y": op.helper("math.pow", 2, y=right)}

    return entry


register_operation("LeftShift", "BitwiseLeftShift")(_shift("math.multiply"))
register_operation("RightShift", "BitwiseRightShift")(_shift("math.floordiv"))


@register_operation("Hypot")
def _hypot(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = (op.helper("math.square", v) for v in float_operands(op, x1, x2))
    return "math.sqrt", op.binary("math.add", left, right), {}


def _logaddexp(base: float) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        left, right = float_operands(op, x1, x2)
        gap = op.helper("math.negative", op.helper("math.abs", op.binary("math.subtract", left, right)))
        rest = op.helper("math.log1p", op.helper("math.exp", op.binary("math.multiply", gap, math.log(base))))
        most = op.binary("math.maximum", left, right)
        total = op.binary("math.add", most, op.binary("math.divide", rest, math.log(base)))
        equal_infinities = op.helper(
            "math.logical_and", op.binary("math.equal", left, right), y=op.helper("math.is_inf", most)
        )
        return "where", equal_infinities, {"x": most, "y": total}

    return entry


register_operation("Logaddexp")(_logaddexp(math.e))
register_operation("Logaddexp2")(_logaddexp(2.0))


def _ignoring_nan(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        left, right = op.promote(x1, x2)
        beside = left if isinstance(left, Tensor) else right
        if not beside.dtype.is_floating:
            return function, left, {"y": right}
        left, right = op.broadcast_like(left, right), op.broadcast_like(right, left)
        found = op.where(op.helper("math.is_nan", right), left, op.helper(function, left, y=right))
        return "where", op.helper("math.is_nan", left), {"x": right, "y": found}

    return entry


register_operation("Fmax")(_ignoring_nan("math.maximum"))
register_operation("Fmin")(_ignoring_nan("math.minimum"))


@register_operation("Fmod")
def _fmod(op: Operation, x1: Any, x2: Any) -> Translated:
    one, other = op.promote(x1, x2)
    left, right = op.broadcast_like(one, other), op.broadcast_like(other, one)
    rest = op.helper("math.floormod", op.helper("math.abs", left), y=op.helper("math.abs", right))
    return "math.multiply", op.helper("math.sign", left), {"y": rest}


def _close(op: Operation, x1: Any, x2: Any, rtol: float, atol: float, equal_nan: bool) -> Tensor:
    left, right = float_operands(op, x1, x2)
    gap = op.helper("math.abs", op.binary("math.subtract", left, right))
    finite = op.helper("math.is_finite", op.binary("math.add", left, right))
    limit = op.binary("math.add", op.binary("math.multiply", op.helper("math.abs", right), rtol), atol)
    near = op.helper("math.logical_and", finite, y=op.binary("math.less_equal", gap, limit))
    found = op.helper("math.logical_or", near, y=op.binary("math.equal", left, right))
    if not equal_nan:
        return found
    unknown = op.helper("math.logical_and", op.helper("math.is_nan", left), y=op.helper("math.is_nan", right))
    return op.helper("math.logical_or", found, y=unknown)


@register_operation("Isclose")
def _isclose(
    op: Operation, x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Translated:
    return "identity", _close(op, x1, x2, rtol, atol, equal_nan), {}


@register_operation("AllClose")
def _allclose(
    op: Operation, x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Translated:
    return "math.reduce_all", _close(op, x1, x2, rtol, atol, equal_nan), {}
