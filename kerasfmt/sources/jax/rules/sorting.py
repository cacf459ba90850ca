"""Sorting by keys, and the greatest elements.

Floats are compared as integers in the same order, in which NaN comes last and zeros are equal. TensorFlow's TopKV2
takes the first of equal elements first, so that sorts are stable.

Source: jax/_src/lax/lax.py, sort and top_k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.sizes import integer_range
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule


def ordered_bits(x: Value, *, canonical: bool = True) -> Value:
    """Floats as integers in the same order.

    Args:
      x: floats; float16 and bfloat16 become float32 first.
      canonical: whether all NaN are equal and come last, and both zeros are equal.
    """
    if not x.dtype.is_floating:
        return x
    if x.dtype.itemsize < 4:
        x = ops.cast(x, dtypes.float32)
    if canonical:
        zero = np.zeros((), x.dtype.numpy)
        x = ops.where(ops.equal(x, zero), zero, x)
        x = ops.where(ops.is_nan(x), np.array(np.nan, x.dtype.numpy), x)
    whole = dtypes.int32 if x.dtype.itemsize == 4 else dtypes.int64
    bits = ops.bitcast(x, whole)
    most = np.array(integer_range(whole).stop - 1, whole.numpy)
    return ops.where(ops.less(bits, np.zeros((), whole.numpy)), ops.bitwise_xor(bits, most), bits)


def _key(x: Value) -> Value:
    """Something that TopKV2 compares, in the order of `x`."""
    if x.dtype.is_complex:
        raise UnsupportedPrimitiveError("complex numbers")
    if x.dtype is dtypes.bool_:
        return ops.cast(x, dtypes.int32)
    if x.dtype in (dtypes.uint32, dtypes.uint64):
        sign = np.array(1 << (8 * x.dtype.itemsize - 1), x.dtype.numpy)
        return ops.bitcast(ops.bitwise_xor(x, sign), dtypes.of(f"int{8 * x.dtype.itemsize}"))
    if x.dtype.is_integer and x.dtype.itemsize < 4:
        return ops.cast(x, dtypes.int32)
    return ordered_bits(x)


def _permuted(x: Value, order: Value) -> Value:
    """The rows of the last axis in an order of their own each."""
    batch = x.rank - 1
    return ops.gather(x, order, batch, batch_dims=batch)


def _ascending(key: Value, count: Value) -> Value:
    """The order that sorts the last axis, from the least on."""
    return top_order(emit_one("Invert", key), count)


def top_order(x: Value, count: Value) -> Value:
    """The places of the greatest elements of the last axis."""
    return x.graph.emit("TopKV2", x, count, sorted=True)[1]


@rule("sort")
def _sort(equation: Equation, *operands: Value) -> Sequence[Value]:
    """Sorted by the last key first, then by those before it."""
    axis, keys = int(equation.params["dimension"]), int(equation.params["num_keys"])
    rank = len(equation.operands[0].shape)
    if rank == 0:
        return operands
    swap = list(range(rank))
    swap[axis], swap[-1] = swap[-1], swap[axis]
    last = axis == rank - 1
    rows = [x if last else ops.transpose(x, swap) for x in operands]
    count = as_value(equation.graph, equation.lowers.size(equation.operands[0].shape[axis]))
    order: Value | None = None
    for row in reversed(rows[:keys]):
        key = _key(row)
        step = _ascending(key if order is None else _permuted(key, order), count)
        order = step if order is None else _permuted(order, step)
    assert order is not None
    found = [_permuted(row, order) for row in rows]
    return found if last else [ops.transpose(x, swap) for x in found]


@rule("top_k", "approx_top_k")
def _top_k(equation: Equation, x: Value) -> Sequence[Value]:
    """The greatest elements; NaN is the greatest."""
    params = equation.params
    axis = int(params.get("axis", params.get("reduction_dimension", len(equation.operands[0].shape) - 1)))
    rank = len(equation.operands[0].shape)
    axis %= rank
    greatest = params.get("is_max_k", True)
    swap = list(range(rank))
    swap[axis], swap[-1] = swap[-1], swap[axis]
    last = axis == rank - 1
    rows = x if last else ops.transpose(x, swap)
    key = _key(rows)
    count = as_value(equation.graph, equation.lowers.size(params["k"]))
    order = top_order(key if greatest else emit_one("Invert", key), count)
    found = [_permuted(rows, order), ops.cast(order, equation.results[1].dtype)]
    return found if last else [ops.transpose(v, swap) for v in found]
