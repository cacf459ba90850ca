"""Elementwise functions and products.

Source: tensorflow/python/ops/math_ops.py, gen_math_ops.py; tensorflow/python/ops/special_math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to
from kerasfmt.nn.tf.table import (
    axes_of,
    dtype_of,
    first_value,
    function,
    operands,
    register,
    tensor,
)

_UNARY: dict[Callable[[Value], Value], tuple[str, ...]] = {
    ops.acos: ("math.acos",),
    ops.acosh: ("math.acosh",),
    ops.asin: ("math.asin",),
    ops.asinh: ("math.asinh",),
    ops.atan: ("math.atan",),
    ops.atanh: ("math.atanh",),
    ops.ceil: ("math.ceil",),
    ops.cos: ("math.cos",),
    ops.cosh: ("math.cosh",),
    ops.erf: ("math.erf",),
    ops.erfc: ("math.erfc",),
    ops.exp: ("math.exp",),
    ops.expm1: ("math.expm1",),
    ops.floor: ("math.floor",),
    ops.is_finite: ("math.is_finite",),
    ops.is_inf: ("math.is_inf",),
    ops.is_nan: ("math.is_nan",),
    ops.log: ("math.log",),
    ops.log1p: ("math.log1p",),
    ops.logical_not: ("math.logical_not",),
    ops.negative: ("math.negative",),
    ops.reciprocal: ("math.reciprocal",),
    ops.rint: ("math.rint",),
    ops.rsqrt: ("math.rsqrt",),
    ops.sigmoid: ("math.sigmoid", "nn.sigmoid"),
    ops.sign: ("math.sign",),
    ops.sin: ("math.sin",),
    ops.sinh: ("math.sinh",),
    ops.sqrt: ("math.sqrt",),
    ops.square: ("math.square",),
    ops.tan: ("math.tan",),
    ops.tanh: ("math.tanh", "nn.tanh"),
}

_BINARY: dict[Callable[[Any, Any], Value], tuple[str, ...]] = {
    ops.add: ("__operators__.add", "math.add"),
    ops.subtract: ("math.subtract", "__operators__.sub"),
    ops.multiply: ("math.multiply", "__operators__.mul"),
    ops.div_no_nan: ("math.divide_no_nan", "compat.v1.div_no_nan"),
    ops.multiply_no_nan: ("math.multiply_no_nan",),
    ops.floor_div: ("compat.v1.floor_div", "math.floordiv", "compat.v1.floordiv"),
    ops.floor_mod: ("math.floormod", "math.mod"),
    ops.pow: ("math.pow",),
    ops.maximum: ("math.maximum",),
    ops.minimum: ("math.minimum",),
    ops.squared_difference: ("math.squared_difference",),
    ops.greater: ("math.greater",),
    ops.greater_equal: ("math.greater_equal",),
    ops.less: ("math.less",),
    ops.less_equal: ("math.less_equal",),
    ops.logical_and: ("math.logical_and",),
    ops.logical_or: ("math.logical_or",),
    ops.bitwise_and: ("bitwise.bitwise_and",),
    ops.bitwise_or: ("bitwise.bitwise_or",),
    ops.bitwise_xor: ("bitwise.bitwise_xor",),
    ops.xlogy: ("math.xlogy",),
}


def _unary(op: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def apply(x: Value) -> Value:
        return op(x)

    return apply


def _binary(op: Callable[[Any, Any], Value]) -> Callable[[Any, Any], Value]:
    def apply(x: Any, y: Any) -> Value:
        return op(*operands(x, y))

    return apply


for _unary_op, _names in _UNARY.items():
    register(_unary(_unary_op), *_names)
for _binary_op, _names in _BINARY.items():
    register(_binary(_binary_op), *_names)


def _part(op: str, x: Value) -> Value:
    """A part of complex numbers, as floats of half their bytes."""
    kind = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    return emit_one(op, x, Tout=kind)


@function("math.abs", "abs", "__operators__.abs")
def abs_(x: Value) -> Value:
    """The absolute values; floats for complex numbers."""
    return _part("ComplexAbs", x) if x.dtype.is_complex else ops.abs(x)


@function("math.real")
def real(input: Value) -> Value:
    """The real parts; numbers that are not complex as they are."""
    return _part("Real", input) if input.dtype.is_complex else input


@function("math.imag")
def imag(input: Value) -> Value:
    """The imaginary parts; zeros for numbers that are not complex."""
    return _part("Imag", input) if input.dtype.is_complex else ops.zeros_like(input)


@function("math.angle")
def angle(input: Value) -> Value:
    """The directions of complex numbers, in radians; 0 or pi for other numbers, by their sign."""
    if input.dtype.is_complex:
        return _part("Angle", input)
    return ops.where(ops.less(input, 0), np.asarray(np.pi, input.dtype.numpy), ops.zeros_like(input))


@function("math.conj")
def conj(x: Value) -> Value:
    """Complex numbers with the other sign of their imaginary parts; other numbers as they are."""
    return ops.conj(x) if x.dtype.is_complex else x


def _check_stored(y: Any, operator: str, instead: str) -> None:
    """Refuses a missing operand: Keras 2 stores only the first operand of == and !=."""
    if y is None:
        raise ValueError(
            f"Keras stores the first operand of {operator} only, and could not load the model either; "
            f"build the model with {instead}"
        )


@function("math.equal", "__operators__.eq", "compat.v1.equal")
def equal(x: Any, y: Any = None) -> Value:
    """x == y."""
    _check_stored(y, "==", "tf.equal")
    return ops.equal(*operands(x, y))


@function("math.not_equal", "__operators__.ne", "compat.v1.not_equal")
def not_equal(x: Any, y: Any = None) -> Value:
    """x != y."""
    _check_stored(y, "!=", "tf.not_equal")
    return ops.not_equal(*operands(x, y))


@function("math.atan2")
def atan2(y: Any, x: Any) -> Value:
    """The angle of the point (x, y)."""
    return ops.atan2(*operands(y, x))


@function("math.scalar_mul", "compat.v1.math.scalar_mul", "compat.v1.scalar_mul")
def scalar_mul(scalar: Any, x: Any) -> Value:
    """scalar * x."""
    return ops.multiply(*operands(scalar, x))


@function("math.truediv", "math.divide", "realdiv")
def truediv(x: Any, y: Any) -> Value:
    """x / y; integers become floats: float64 if they have 32 bits or more, else float32."""
    like = first_value(x, y).dtype
    left, right = operands(x, y)
    if like.is_floating or like.kind == "complex":
        return ops.real_div(left, right)
    wide = dtypes.float32 if like.itemsize < 4 else dtypes.float64
    cast = [ops.cast(v, wide) if isinstance(v, Value) else np.asarray(v, wide.numpy) for v in (left, right)]
    return ops.real_div(*cast)


@function("math.xdivy")
def xdivy(x: Any, y: Any) -> Value:
    """x / y, 0 where x is 0."""
    beside = first_value(x, y)
    left, right = tensor(x, beside), tensor(y, beside)
    return ops.where(ops.equal(left, 0), ops.zeros_like(left * right), left / right)


@function("math.xlog1py")
def xlog1py(x: Any, y: Any) -> Value:
    """x * log(1 + y), 0 where x is 0."""
    beside = first_value(x, y)
    left, right = tensor(x, beside), tensor(y, beside)
    product = left * ops.log1p(right)
    return ops.where(ops.equal(left, 0), ops.zeros_like(product), product)


@function("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Value) -> Value:
    """1 / x, 0 where x is 0."""
    return ops.div_no_nan(ops.ones_like(x), x)


@function("math.round")
def round_(x: Value) -> Value:
    """The nearest integer, halves to even."""
    return ops.round(x) if x.dtype.is_floating else x


@function("math.log_sigmoid")
def log_sigmoid(x: Value) -> Value:
    """log(sigmoid(x))."""
    return ops.negative(ops.softplus(ops.negative(x)))


@function("math.logical_xor")
def logical_xor(x: Any, y: Any) -> Value:
    """Whether exactly one of x and y is true."""
    left, right = operands(x, y)
    return ops.logical_and(ops.logical_or(left, right), ops.logical_not(ops.logical_and(left, right)))


@function("math.add_n")
def add_n(inputs: Any) -> Value:
    """The sum of a list of tensors."""
    listed = inputs if isinstance(inputs, list | tuple) else [inputs]
    return ops.add_n(operands(*listed))


@function("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Value:
    """`t`, at least `clip_value_min` and at most `clip_value_max`."""
    x, low, high = operands(t, clip_value_min, clip_value_max)
    return ops.maximum(ops.minimum(x, high), low)


@function("cast", "compat.v1.cast")
def cast(x: Any, dtype: Any) -> Value:
    """`x` in another dtype."""
    return ops.cast(x, dtype_of(dtype, dtypes.float32))


@function("dtypes.saturate_cast", "saturate_cast")
def saturate_cast(value: Value, dtype: Any) -> Value:
    """`value` in another dtype, clipped to the range of that dtype."""
    wanted = dtype_of(dtype, value.dtype)
    if wanted.is_floating:
        return ops.cast(value, wanted)
    info = np.iinfo(wanted.numpy)
    low, high = float(info.min), float(info.max)
    if value.dtype.is_floating:
        # The greatest float that the integer dtype can hold: 2**31 - 1 is not a float32.
        while int(value.dtype.numpy.type(high)) > info.max:
            high = float(np.nextafter(value.dtype.numpy.type(high), value.dtype.numpy.type(0)))
        return ops.cast(ops.minimum(ops.maximum(value, low), high), wanted)
    own = np.iinfo(value.dtype.numpy)
    bounds = (max(info.min, own.min), min(info.max, own.max))
    return ops.cast(ops.minimum(ops.maximum(value, bounds[0]), bounds[1]), wanted)


@function("linalg.matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
) -> Value:
    """The products of the matrices in the last two axes: (..., n, k) and (..., k, m) give (..., n, m)."""
    beside = first_value(a, b)
    left, right = tensor(a, beside), tensor(b, beside)
    first, second = transpose_a or adjoint_a, transpose_b or adjoint_b
    if left.rank == 2 and right.rank == 2:
        found = ops.matmul(left, right, transpose_a=first, transpose_b=second)
    else:
        found = ops.batch_matmul(left, right, adj_x=first, adj_y=second)
    return found if output_type is None else ops.cast(found, dtypes.of(output_type))


@function("tensordot")
def tensordot(a: Any, b: Any, axes: Any) -> Value:
    """The product summed over the last `axes` axes of `a` and the first of `b`, or over pairs of axes."""
    beside = first_value(a, b)
    left, right = tensor(a, beside), tensor(b, beside)
    if isinstance(axes, int):
        summed = list(range(left.rank - axes, left.rank)), list(range(axes))
    else:
        summed = axes_of(axes[0], left.rank), axes_of(axes[1], right.rank)
    free = [[i for i in range(v.rank) if i not in s] for v, s in zip((left, right), summed, strict=True)]
    sizes = [dims_of(v) for v in (left, right)]
    depth = 1
    for axis in summed[1]:
        size = (
            right.dims[axis] if right.dims[axis] is not None else left.dims[summed[0][summed[1].index(axis)]]
        )
        if size is None:
            raise ValueError("the size of a summed axis must be known")
        depth *= size
    flat = ops.matmul(
        ops.reshape(_arranged(left, free[0] + summed[0]), [-1, depth]),
        ops.reshape(_arranged(right, summed[1] + free[1]), [depth, -1]),
    )
    return reshape_to(flat, [*(sizes[0][i] for i in free[0]), *(sizes[1][i] for i in free[1])])


def _arranged(x: Value, perm: list[int]) -> Value:
    return x if perm == list(range(x.rank)) else ops.transpose(x, perm)


@function("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any) -> Value:
    """The product of the inputs, summed as `equation` says."""
    return ops.einsum(equation, operands(*inputs))


@function("linalg.matrix_transpose")
def matrix_transpose(a: Value, conjugate: bool = False) -> Value:
    """`a` with its last two axes exchanged."""
    rank = a.rank
    return ops.transpose(a, [*range(rank - 2), rank - 1, rank - 2])


@function("linalg.band_part")
def band_part(input: Value, num_lower: int, num_upper: int) -> Value:
    """The matrices (..., m, n) with zeros outside a band around the diagonal."""
    return ops.matrix_band_part(input, num_lower, num_upper)


@function("math.softplus", "nn.softplus")
def softplus(features: Value) -> Value:
    """log(1 + exp(x))."""
    return ops.softplus(features)


@function("clip_by_norm")
def clip_by_norm(t: Value, clip_norm: Any, axes: Any = None) -> Value:
    """`t`, scaled down if its norm along `axes` is greater than `clip_norm`."""
    squares = ops.reduce_sum(ops.square(t), axis=axes, keepdims=True)
    positive = ops.greater(squares, 0)
    safe = ops.where(positive, squares, ops.ones_like(squares))
    norm = ops.where(positive, ops.sqrt(safe), squares)
    limit = tensor(clip_norm, t)
    return t * limit / ops.maximum(norm, limit)


@function("math.polyval")
def polyval(coeffs: Any, x: Any) -> Value:
    """The polynomial with the coefficients `coeffs`, the highest power first, at `x`."""
    listed = coeffs if isinstance(coeffs, list | tuple) else [coeffs]
    beside = first_value(x, coeffs)
    at = tensor(x, beside)
    if not listed:
        return ops.zeros_like(at)
    total = tensor(listed[0], at)
    for coefficient in listed[1:]:
        total = tensor(coefficient, at) + total * at
    return total
