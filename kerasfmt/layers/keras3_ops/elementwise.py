"""Elementwise operations.

Source: keras/src/ops/numpy.py, math.py, core.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import (
    Operation,
    Translated,
    float_operands,
    map_numbers,
    register_operation,
    register_table,
)


def _unary(function: str) -> Callable[..., Translated]:
    return lambda op, x, **options: (function, x, {})


def _unary_of_floats(function: str) -> Callable[..., Translated]:
    return lambda op, x, **options: (function, op.as_floats(x), {})


def _binary(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        left, right = op.promote(x1, x2)
        return function, left, {"y": right}

    return entry


def _logical(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x1: Any, x2: Any) -> Translated:
        return function, op.cast(x1, dtypes.bool_), {"y": op.cast(x2, dtypes.bool_)}

    return entry


register_table(
    {
        "Absolute": "math.abs",
        "Abs": "math.abs",
        "Negative": "math.negative",
        "Sign": "math.sign",
        "Square": "math.square",
        "Isnan": "math.is_nan",
        "Isinf": "math.is_inf",
        "Isfinite": "math.is_finite",
        "Copy": "identity",
    },
    _unary,
)
register_table(
    {
        "Relu": "nn.relu",
        "Relu6": "nn.relu6",
    },
    _unary,
    module="nn",
)
register_table(
    {
        "StopGradient": "stop_gradient",
    },
    _unary,
    module="core",
)
register_table(
    {
        "Exp": "math.exp",
        "Expm1": "math.expm1",
        "Log": "math.log",
        "Log1p": "math.log1p",
        "Sqrt": "math.sqrt",
        "Reciprocal": "math.reciprocal",
        "Sin": "math.sin",
        "Cos": "math.cos",
        "Tan": "math.tan",
        "Sinh": "math.sinh",
        "Cosh": "math.cosh",
        "Tanh": "math.tanh",
        "Arcsin": "math.asin",
        "Arccos": "math.acos",
        "Arctan": "math.atan",
        "Arcsinh": "math.asinh",
        "Arccosh": "math.acosh",
        "Arctanh": "math.atanh",
        "Floor": "math.floor",
        "Ceil": "math.ceil",
    },
    _unary_of_floats,
)
register_table(
    {
        "Rsqrt": "math.rsqrt",
        "Erf": "math.erf",
        "Erfc": "math.erfc",
    },
    _unary_of_floats,
    module="math",
)
register_table(
    {
        "Sigmoid": "math.sigmoid",
        "Softplus": "math.softplus",
        "Softsign": "nn.softsign",
        "Silu": "nn.silu",
        "LogSigmoid": "math.log_sigmoid",
        "Selu": "nn.selu",
    },
    _unary_of_floats,
    module="nn",
)
register_table(
    {
        "Add": "math.add",
        "Subtract": "math.subtract",
        "Multiply": "math.multiply",
        "FloorDivide": "math.floordiv",
        "Mod": "math.floormod",
        "Power": "math.pow",
        "Maximum": "math.maximum",
        "Minimum": "math.minimum",
        "Greater": "math.greater",
        "GreaterEqual": "math.greater_equal",
        "Less": "math.less",
        "LessEqual": "math.less_equal",
        "Equal": "math.equal",
        "NotEqual": "math.not_equal",
        "DivideNoNan": "math.divide_no_nan",
    },
    _binary,
)
register_table(
    {
        "LogicalAnd": "math.logical_and",
        "LogicalOr": "math.logical_or",
    },
    _logical,
)


@register_operation("Divide", "TrueDivide")
def _divide(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    return "math.truediv", op.as_floats(left), {"y": op.as_floats(right)}


@register_operation("Arctan2")
def _arctan2(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(op.as_floats(x1), op.as_floats(x2))
    return "math.atan2", left, {"x": right}


@register_operation("LogicalNot")
def _logical_not(op: Operation, x: Any) -> Translated:
    return "math.logical_not", op.cast(x, dtypes.bool_), {}


@register_operation("LogicalXor")
def _logical_xor(op: Operation, x1: Any, x2: Any) -> Translated:
    return "math.logical_xor", op.cast(x1, dtypes.bool_), {"y": op.cast(x2, dtypes.bool_)}


@register_operation("Clip")
def _clip(op: Operation, x: Any, x_min: Any, x_max: Any) -> Translated:
    value, low, high = op.promote(x, x_min, x_max)
    return "clip_by_value", value, {"clip_value_min": low, "clip_value_max": high}


@register_operation("Round")
def _round(op: Operation, x: Tensor, decimals: int = 0) -> Translated:
    if not decimals:
        return "math.round", x, {}
    if not x.dtype.is_floating:
        raise op.unsupported(f"decimals={decimals} of integers is not supported")
    factor = 10.0**decimals
    return op.result("math.divide", op.helper("math.round", op.binary("math.multiply", x, factor)), factor)


@register_operation("Cast", module="core")
def _cast(op: Operation, x: Any, dtype: Any) -> Translated:
    return "cast", x, {"dtype": dtypes.of(dtype).name}


@register_operation("SaturateCast", module="core")
def _saturate_cast(op: Operation, x: Any, dtype: Any) -> Translated:
    return "dtypes.saturate_cast", x, {"dtype": dtypes.of(dtype).name}


@register_operation("ZerosLike", "EmptyLike")
def _zeros_like(op: Operation, x: Any, dtype: Any = None, **options: Any) -> Translated:
    return "zeros_like", x, {"dtype": dtype}


@register_operation("OnesLike")
def _ones_like(op: Operation, x: Any, dtype: Any = None, **options: Any) -> Translated:
    return "ones_like", x, {"dtype": dtype}


@register_operation("FullLike")
def _full_like(op: Operation, x: Any, fill_value: Any, dtype: Any = None) -> Translated:
    given = x.dtype if dtype is None else dtypes.of(dtype)
    ones = op.helper("ones_like", x, dtype=given.name)
    if given is dtypes.bool_:
        return "math.logical_and", ones, {"y": op.cast(fill_value, given)}
    value = (
        op.cast(fill_value, given)
        if isinstance(fill_value, Tensor)
        else map_numbers(fill_value, float if given.is_floating else int)
    )
    return "math.multiply", ones, {"y": value}


@register_operation("ConvertToTensor", module="core")
@register_operation("Array")
def _array(op: Operation, x: Tensor, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Translated:
    if sparse or ragged:
        raise op.unsupported("sparse and ragged tensors are not supported")
    return ("identity", x, {}) if dtype is None else ("cast", x, {"dtype": dtypes.of(dtype).name})


@register_operation("Fabs")
def _fabs(op: Operation, x: Any) -> Translated:
    return "math.abs", op.as_floats(x), {}


def _is_complex(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype.is_complex


@register_operation("Conj", "Conjugate")
def _conj(op: Operation, x: Any) -> Translated:
    return "math.conj" if _is_complex(x) else "identity", x, {}


@register_operation("Real")
def _real(op: Operation, x: Any) -> Translated:
    return "math.real" if _is_complex(x) else "identity", x, {}


@register_operation("Imag")
def _imag(op: Operation, x: Any) -> Translated:
    return "math.imag" if _is_complex(x) else "zeros_like", x, {}


@register_operation("Angle")
def _angle(op: Operation, x: Any) -> Translated:
    if _is_complex(x):
        return "math.angle", x, {}
    value = op.as_floats(x)
    return "math.atan2", op.helper("zeros_like", value), {"x": value}


@register_operation("Isreal")
def _isreal(op: Operation, x: Any) -> Translated:
    if not _is_complex(x):
        return "ones_like", x, {"dtype": "bool"}
    part = op.helper("math.imag", x)
    return "math.equal", part, {"y": op.helper("zeros_like", part)}


@register_operation("Cbrt")
def _cbrt(op: Operation, x: Any) -> Translated:
    value = op.as_floats(x)
    root = op.binary("math.pow", op.helper("math.abs", value), 1 / 3)
    return op.result("math.multiply", op.helper("math.sign", value), root)


def _scaled(function: str | None, factor: float) -> Callable[..., Translated]:
    def entry(op: Operation, x: Any) -> Translated:
        value = op.as_floats(x)
        return "math.multiply", value if function is None else op.helper(function, value), {"y": factor}

    return entry


register_operation("Deg2rad")(_scaled(None, math.pi / 180))
register_operation("Rad2deg")(_scaled(None, 180 / math.pi))
register_operation("Log2")(_scaled("math.log", 1 / math.log(2)))
register_operation("Log10")(_scaled("math.log", 1 / math.log(10)))


@register_operation("Exp2")
def _exp2(op: Operation, x: Any) -> Translated:
    return "math.pow", 2.0, {"y": op.as_floats(x)}


@register_operation("Heaviside")
def _heaviside(op: Operation, x1: Any, x2: Any) -> Translated:
    x, middle = float_operands(op, x1, x2)
    step = op.cast(op.binary("math.greater", x, 0.0), x.dtype)
    known = op.where(op.helper("math.is_nan", x), x, step)
    zero = op.binary("math.equal", x, 0.0)
    return "where", zero, {"x": op.broadcast_like(middle, x), "y": known}


def _infinite(function: str) -> Callable[..., Translated]:
    def entry(op: Operation, x: Any) -> Translated:
        value = op.as_floats(x)
        return "math.logical_and", op.helper("math.is_inf", value), {"y": op.binary(function, value, 0.0)}

    return entry


register_operation("Isposinf")(_infinite("math.greater"))
register_operation("Isneginf")(_infinite("math.less"))


@register_operation("Sinc")
def _sinc(op: Operation, x: Any) -> Translated:
    angle = op.binary("math.multiply", op.as_floats(x), math.pi)
    zero = op.binary("math.equal", angle, 0.0)
    return (
        "where",
        zero,
        {"x": 1.0, "y": op.binary("math.divide_no_nan", op.helper("math.sin", angle), angle)},
    )


@register_operation("Trunc")
def _trunc(op: Operation, x: Tensor) -> Translated:
    if not x.dtype.is_floating:
        return "identity", x, {}
    whole = op.helper("math.floor", op.helper("math.abs", x))
    return "math.multiply", op.helper("math.sign", x), {"y": whole}


@register_operation("Signbit")
def _signbit(op: Operation, x: Tensor) -> Translated:
    if not x.dtype.is_floating:
        return op.result("math.less", x, 0)
    # The inverse of -0.0 is negative.
    below = op.binary("math.less", op.helper("math.reciprocal", x), 0.0)
    return "math.logical_or", below, {"y": op.binary("math.less", x, 0.0)}


def _most(dtype: DType) -> float:
    """The greatest finite number of a float dtype."""
    if dtype is dtypes.bfloat16:
        return float(np.finfo(np.float32).max)
    return float(np.finfo(dtype.numpy).max)


@register_operation("NanToNum")
def _nan_to_num(
    op: Operation, x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Translated:
    if not x.dtype.is_floating:
        return "identity", x, {}
    most = float(_most(x.dtype))
    zeros = op.helper("zeros_like", x)
    value = op.where(op.helper("math.is_nan", x), op.binary("math.add", zeros, float(nan)), x)
    infinite = op.helper("math.is_inf", x)
    above = op.helper("math.logical_and", infinite, y=op.binary("math.greater", x, 0.0))
    value = op.where(above, op.binary("math.add", zeros, most if posinf is None else float(posinf)), value)
    below = op.helper("math.logical_and", infinite, y=op.binary("math.less", x, 0.0))
    least = op.binary("math.add", zeros, -most if neginf is None else float(neginf))
    return "where", below, {"x": least, "y": value}


@register_operation("Ldexp")
def _ldexp(op: Operation, x1: Any, x2: Any) -> Translated:
    power = (
        op.helper("math.pow", 2.0, y=op.as_floats(x2))
        if isinstance(x2, Tensor)
        else map_numbers(x2, lambda n: 2.0**n)
    )
    return op.result("math.multiply", op.as_floats(x1), power)
