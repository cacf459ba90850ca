"""Conversions between dtypes, and iota.

Source: XLA's operation semantics, ConvertElementType; jax/_src/lax/lax.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.sizes import integer_range
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule


def converted(equation: Equation, x: Value, dtype: DType) -> Value:
    """`x` in another dtype; floats that an integer dtype does not hold become its extremes, NaN 0."""
    if x.dtype is dtype:
        return x
    if dtype is dtypes.bool_:
        return ops.not_equal(x, equation.like(x, 0))
    if x.dtype.is_complex and not dtype.is_complex:
        x = emit_one("Real", x, Tout=dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32)
    if x.dtype.is_floating and dtype.is_integer:
        return _whole(equation, x, dtype)
    return ops.cast(x, dtype)


def _whole(equation: Equation, x: Value, dtype: DType) -> Value:
    if x.dtype not in (dtypes.float32, dtypes.float64):
        x = ops.cast(x, dtypes.float32)
    held = integer_range(dtype)
    low, above = equation.like(x, held.start), equation.like(x, held.stop)
    zero = equation.like(x, 0)
    inside = ops.logical_and(ops.greater_equal(x, low), ops.less(x, above))
    whole = ops.cast(ops.where(inside, x, zero), dtype)
    least, most = (equation.constant(np.array(v, dtype.numpy), dtype) for v in (held.start, held.stop - 1))
    outside = ops.where(ops.greater_equal(x, above), most, least)
    if held.start == 0:
        outside = ops.where(ops.greater_equal(x, above), most, equation.like(whole, 0))
    chosen = ops.where(inside, whole, outside)
    return ops.where(ops.is_nan(x), equation.like(whole, 0), chosen)


@rule("convert_element_type", "to_edtype", "from_edtype")
def _convert(equation: Equation, x: Value) -> Value:
    target = equation.result.dtype
    return equation.elementwise(lambda v: converted(equation, v, target), x)


@rule("bitcast_convert_type")
def _bitcast(equation: Equation, x: Value) -> Value:
    target = equation.result.dtype
    if x.dtype is dtypes.bool_ or target is dtypes.bool_:
        raise UnsupportedPrimitiveError("bools")
    if x.dtype.itemsize != target.itemsize:
        return emit_one("Bitcast", x, type=target)
    return equation.elementwise(lambda v: ops.bitcast(v, target), x)


@rule("iota")
def _iota(equation: Equation) -> Value:
    axis = int(equation.params["dimension"])
    shape = equation.result.shape
    dtype = equation.result.dtype
    length = equation.lowers.size(shape[axis])
    count = ops.range_(
        equation.constant(np.int32(0)), length if isinstance(length, Value) else equation.constant(np.int32(length)),
        equation.constant(np.int32(1)),
    )  # fmt: skip
    numbers = ops.cast(count, dtype)
    numbers.set_shape((equation.result.known[axis],))
    behind = len(shape) - axis - 1
    if behind:
        numbers = equation.reshape(numbers, (shape[axis], *(1,) * behind))
    return equation.broadcast(equation.lowers.folded(numbers), shape)


@rule("empty", "empty2")
def _empty(equation: Equation) -> Value:
    zero = equation.constant(np.zeros((), equation.result.dtype.numpy), equation.result.dtype)
    return equation.broadcast(zero, equation.result.shape)


@rule("dim_as_value")
def _dim_as_value(equation: Equation) -> Value:
    size = equation.lowers.size(equation.params["dim"])
    if isinstance(size, int):
        return equation.constant(np.asarray(size, equation.result.dtype.numpy), equation.result.dtype)
    return ops.cast(size, equation.result.dtype)


@rule("dimension_size")
def _dimension_size(equation: Equation, x: Value) -> Value:
    size = equation.lowers.size(equation.operands[0].shape[int(equation.params["dimension"])])
    return as_value(equation.graph, size)


@rule("shape_assertion")
def _shape_assertion(equation: Equation, *operands: Value) -> list[Value]:
    return []
