"""Elementwise arithmetic, comparison and logic.

Source: tensorflow/core/ops/math_ops.cc, tensorflow/core/kernels/cwise_ops.h.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, binary, declare, kernel, same_shape, unary, widen
from kerasfmt.graph.ops.special import erf as _erf, erfc as _erfc
from kerasfmt.graph.ops.tensor_list import TensorList
from kerasfmt.graph.spec import Shape, broadcast_shapes, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _elementwise(function: Callable[..., Any]) -> Kernel:
    return kernel(lambda attrs, *x: function(*x))


def _predicate(function: Callable[..., Any]) -> Kernel:
    def run(attrs: Attrs, *inputs: Array) -> list[Array]:
        return [np.asarray(function(*map(widen, inputs)), bool)]

    return run


def _reciprocal(x: Array) -> Any:
    return np.divide(1, x) if x.dtype.kind in "fc" else truncated_divide(np.ones_like(x), x)


def _sigmoid(x: Array) -> Array:
    y = np.asarray(np.negative(x))
    np.exp(y, out=y)
    np.add(1, y, out=y)
    np.divide(1, y, out=y)
    return y


def truncated_divide(x: Array, y: Array) -> Any:
    """x / y, rounded towards zero for integers as C does.

    Raises:
      ValueError: an integer is divided by zero.
    """
    if x.dtype.kind in "fc":
        return np.divide(x, y)
    _check_divisor(y)
    quotient = x // y
    return quotient + ((quotient < 0) & (quotient * y != x))


def _check_divisor(y: Array) -> None:
    if y.dtype.kind in "iu" and not np.all(y):
        raise ValueError("integer division by zero")


def _floor_divide(x: Array, y: Array) -> Any:
    _check_divisor(y)
    return np.floor(x / y) if x.dtype.kind == "f" else x // y


def _floor_mod(x: Array, y: Array) -> Any:
    _check_divisor(y)
    return np.mod(x, y)


def _truncated_mod(x: Array, y: Array) -> Any:
    _check_divisor(y)
    return np.fmod(x, y)


def _no_nan(function: Callable[[Array, Array], Any]) -> Callable[[Array, Array], Any]:
    return lambda x, y: np.where(y == 0, np.zeros((), y.dtype), function(x, y))


def _zero_if_zero(function: Callable[[Array, Array], Any]) -> Callable[[Array, Array], Any]:
    return lambda x, y: np.where(x == 0, np.zeros((), x.dtype), function(x, y))


def _power(x: Array, y: Array) -> Any:
    if y.dtype.kind == "i" and np.any(y < 0):
        raise ValueError("an integer to a negative power")
    return np.power(x, y)


_UNARY: dict[str, Callable[[Array], Any]] = {
    "Abs": np.abs,
    "Acos": np.arccos,
    "Acosh": np.arccosh,
    "Asin": np.arcsin,
    "Asinh": np.arcsinh,
    "Atan": np.arctan,
    "Atanh": np.arctanh,
    "Ceil": np.ceil,
    "Conj": np.conj,
    "Cos": np.cos,
    "Cosh": np.cosh,
    "Erf": _erf,
    "Erfc": _erfc,
    "Exp": np.exp,
    "Expm1": np.expm1,
    "Floor": np.floor,
    "Inv": _reciprocal,
    "Invert": np.invert,
    "Log": np.log,
    "Log1p": np.log1p,
    "Neg": np.negative,
    "Reciprocal": _reciprocal,
    "Rint": np.rint,
    "Round": np.rint,
    "Rsqrt": lambda x: np.divide(1, np.sqrt(x)),
    "Sigmoid": _sigmoid,
    "Sign": np.sign,
    "Sin": np.sin,
    "Sinh": np.sinh,
    "Sqrt": np.sqrt,
    "Square": np.square,
    "Tan": np.tan,
    "Tanh": np.tanh,
}
_UNARY_PREDICATES: dict[str, Callable[[Array], Any]] = {
    "IsFinite": np.isfinite,
    "IsInf": np.isinf,
    "IsNan": np.isnan,
    "LogicalNot": np.logical_not,
}
_BINARY: dict[str, Callable[[Array, Array], Any]] = {
    "Add": np.add,
    "AddV2": np.add,
    "Atan2": np.arctan2,
    "BitwiseAnd": np.bitwise_and,
    "BitwiseOr": np.bitwise_or,
    "BitwiseXor": np.bitwise_xor,
    "Div": truncated_divide,
    "DivNoNan": _no_nan(np.divide),
    "FloorDiv": _floor_divide,
    "FloorMod": _floor_mod,
    "LeftShift": np.left_shift,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Mod": _truncated_mod,
    "Mul": np.multiply,
    "MulNoNan": _no_nan(np.multiply),
    "Pow": _power,
    "RealDiv": np.divide,
    "RightShift": np.right_shift,
    "SquaredDifference": lambda x, y: np.square(np.subtract(x, y)),
    "Sub": np.subtract,
    "TruncateDiv": truncated_divide,
    "TruncateMod": _truncated_mod,
    "Xdivy": _zero_if_zero(np.divide),
    "Xlog1py": _zero_if_zero(lambda x, y: x * np.log1p(y)),
    "Xlogy": _zero_if_zero(lambda x, y: x * np.log(y)),
}
_BINARY_PREDICATES: dict[str, Callable[[Array, Array], Any]] = {
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "LogicalAnd": np.logical_and,
    "LogicalOr": np.logical_or,
    "NotEqual": np.not_equal,
}


def broadcast(attrs: Attrs, x: Value, y: Value) -> list[Shape]:
    """Infers one output of the shape to which the operands broadcast."""
    return [broadcast_shapes(x.shape, y.shape)]


for _name, _unary in _UNARY.items():
    declare(_name, same_shape, _elementwise(_unary))
for _name, _unary in _UNARY_PREDICATES.items():
    declare(_name, same_shape, _predicate(_unary))
for _name, _binary in _BINARY.items():
    declare(_name, broadcast, _elementwise(_binary))
for _name, _binary in _BINARY_PREDICATES.items():
    declare(_name, broadcast, _predicate(_binary))

abs = unary("Abs", "The absolute value")
acos = unary("Acos", "The arc cosine")
acosh = unary("Acosh", "The inverse hyperbolic cosine")
asin = unary("Asin", "The arc sine")
asinh = unary("Asinh", "The inverse hyperbolic sine")
atan = unary("Atan", "The arc tangent")
atanh = unary("Atanh", "The inverse hyperbolic tangent")
ceil = unary("Ceil", "The least integer that is not less")
conj = unary("Conj", "The complex conjugate")
cos = unary("Cos", "The cosine")
cosh = unary("Cosh", "The hyperbolic cosine")
erf = unary("Erf", "The error function")
erfc = unary("Erfc", "1 - erf(x)")
exp = unary("Exp", "e to the power of x")
expm1 = unary("Expm1", "exp(x) - 1")
floor = unary("Floor", "The greatest integer that is not greater")
is_finite = unary("IsFinite", "Whether neither infinite nor NaN", "bool, in the shape of `x`")
is_inf = unary("IsInf", "Whether infinite", "bool, in the shape of `x`")
is_nan = unary("IsNan", "Whether NaN", "bool, in the shape of `x`")
log = unary("Log", "The natural logarithm")
log1p = unary("Log1p", "log(1 + x)")
logical_not = unary("LogicalNot", "Not x")
negative = unary("Neg", "-x")
reciprocal = unary("Reciprocal", "1 / x")
rint = unary("Rint", "The nearest integer, halves to even")
round = unary("Round", "The nearest integer, halves to even")
rsqrt = unary("Rsqrt", "1 / sqrt(x)")
sigmoid = unary("Sigmoid", "1 / (1 + exp(-x))")
sign = unary("Sign", "-1, 0 or 1")
sin = unary("Sin", "The sine")
sinh = unary("Sinh", "The hyperbolic sine")
sqrt = unary("Sqrt", "The square root")
square = unary("Square", "x * x")
tan = unary("Tan", "The tangent")
tanh = unary("Tanh", "The hyperbolic tangent")

add = binary("AddV2", "x + y")
atan2 = binary("Atan2", "The angle of the point (y, x)")
bitwise_and = binary("BitwiseAnd", "x & y")
bitwise_or = binary("BitwiseOr", "x | y")
bitwise_xor = binary("BitwiseXor", "x ^ y")
div_no_nan = binary("DivNoNan", "x / y, 0 where y is 0")
equal = binary("Equal", "x == y", "bool")
floor_div = binary("FloorDiv", "floor(x / y)")
floor_mod = binary("FloorMod", "x - y * floor(x / y)")
greater = binary("Greater", "x > y", "bool")
greater_equal = binary("GreaterEqual", "x >= y", "bool")
less = binary("Less", "x < y", "bool")
less_equal = binary("LessEqual", "x <= y", "bool")
logical_and = binary("LogicalAnd", "x and y")
logical_or = binary("LogicalOr", "x or y")
maximum = binary("Maximum", "The greater of x and y")
minimum = binary("Minimum", "The lesser of x and y")
multiply = binary("Mul", "x * y")
multiply_no_nan = binary("MulNoNan", "x * y, 0 where y is 0 even if x is infinite or NaN")
not_equal = binary("NotEqual", "x != y", "bool")
pow = binary("Pow", "x to the power of y")
real_div = binary("RealDiv", "x / y of floats")
squared_difference = binary("SquaredDifference", "(x - y)^2")
subtract = binary("Sub", "x - y")
truncate_div = binary("TruncateDiv", "x / y, rounded towards zero")
xlogy = binary("Xlogy", "x * log(y), 0 where x is 0")


@register("AddN")
class AddN(Op):
    """The sum of tensors of one shape."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: tuple[Value, ...]) -> list[Shape]:
        merged: Shape = None
        for value in values:
            merged = merge_shapes(merged, value.shape)
        return [merged]

    @staticmethod
    @override
    def run(attrs: Attrs, values: tuple[Any, ...]) -> list[Any]:
        if isinstance(values[0], TensorList):
            return [reduce(TensorList.plus, values)]
        return list(_sum(attrs, values))


_sum = kernel(lambda attrs, values: reduce(operator.add, values))


def add_n(values: Sequence[Operand]) -> Value:
    """The sum of tensors of one shape and dtype. Source: tf.add_n."""
    return emit_one("AddN", list(values))


@register("ClipByValue")
class ClipByValue(Op):
    """The values, at least `low` and at most `high`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, low: Value, high: Value) -> list[Shape]:
        for bound in (low, high):
            if bound.shape is not None and bound.shape != ():
                merge_shapes(x.shape, bound.shape)
        return [x.shape]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, low: Array, high: Array) -> Any:
        return np.maximum(np.minimum(x, high), low)


def clip_by_value(x: Value, low: Operand, high: Operand) -> Value:
    """`x`, at least `low` and at most `high`; two nodes, as in TensorFlow. Source: tf.clip_by_value."""
    return maximum(minimum(x, high), low)


@register("SelectV2")
class SelectV2(Op):
    """One of two operands, element by element; the three broadcast."""

    @staticmethod
    @override
    def infer(attrs: Attrs, condition: Value, x: Value, y: Value) -> list[Shape]:
        return [broadcast_shapes(condition.shape, broadcast_shapes(x.shape, y.shape))]

    @staticmethod
    @override
    def run(attrs: Attrs, condition: Array, x: Array, y: Array) -> list[Array]:
        return [np.where(condition, x, y)]


@register("Select")
class Select(Op):
    """One of two operands of one shape; the condition has that shape, only its first dimension, or no dimension."""

    @staticmethod
    @override
    def infer(attrs: Attrs, condition: Value, x: Value, y: Value) -> list[Shape]:
        merged = merge_shapes(x.shape, y.shape)
        if merged is not None and condition.shape is not None and len(condition.shape) > 1:
            return [merge_shapes(merged, condition.shape)]
        if merged and condition.shape:
            merge_shapes(merged[:1], condition.shape)
        return [merged]

    @staticmethod
    @override
    def run(attrs: Attrs, condition: Array, x: Array, y: Array) -> list[Array]:
        if condition.ndim == 1:
            condition = condition.reshape(condition.shape + (1,) * (x.ndim - 1))
        return [np.where(condition, x, y)]


def where(condition: Value, x: Operand, y: Operand) -> Value:
    """`x` where the bool `condition` is true, else `y`; the three broadcast. Source: tf.where (TF 2)."""
    return emit_one("SelectV2", condition, x, y)
