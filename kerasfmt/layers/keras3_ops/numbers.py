"""Functions of whole numbers, special functions, and the bits of numbers.

Source: keras/src/ops/numpy.py, math.py; keras/src/backend/tensorflow/numpy.py, math.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, floats_of, known_size, promoted
from kerasfmt.nn.shapes import dims_of, reshape_to
from kerasfmt.nn.tf.arrays import linspace


def _whole(x1: Any, x2: Any) -> list[Value]:
    """Two tensors of whole numbers of one dtype and shape, without their signs."""
    found = promoted(x1, x2)
    if not found[0].dtype.is_integer:
        raise ValueError(f"expected integers, got {found[0].dtype.name}")
    if found[0].dtype.kind == "signed":
        found = [ops.abs(x) for x in found]
    shape = emit_one("BroadcastArgs", ops.shape(found[0]), ops.shape(found[1]))
    return [ops.broadcast_to(x, shape) for x in found]


def _divisor(a: Value, b: Value) -> Value:
    """The greatest common divisor, by Euclid's algorithm in a loop."""
    zero = np.zeros((), a.dtype.numpy)

    def body(a: Value, b: Value) -> list[Value]:
        left = ops.not_equal(b, zero)
        rest = ops.floor_mod(a, ops.where(left, b, ops.ones_like(b)))
        return [ops.where(left, b, a), ops.where(left, rest, ops.zeros_like(b))]

    return ops.while_loop(lambda a, b: ops.reduce_any(ops.not_equal(b, zero)), body, [a, b])[0]


@composed("Gcd")
def gcd(x1: Any, x2: Any) -> Value:
    """The greatest common divisors."""
    return _divisor(*_whole(x1, x2))


@composed("Lcm")
def lcm(x1: Any, x2: Any) -> Value:
    """The least common multiples."""
    a, b = _whole(x1, x2)
    divisor = _divisor(a, b)
    none = ops.equal(divisor, np.zeros((), a.dtype.numpy))
    found = ops.multiply(a, ops.floor_div(b, ops.where(none, ops.ones_like(divisor), divisor)))
    return ops.where(none, ops.zeros_like(found), found)


@composed("Erfinv", "math")
def erfinv(x: Value) -> Value:
    """The inverse of the error function."""
    wide = ops.cast(x, dtypes.float32) if x.dtype.itemsize == 2 else x
    return ops.cast(emit_one("Erfinv", wide), x.dtype)


@composed("I0")
def i0(x: Value) -> Value:
    """The modified Bessel function of order 0."""
    value = ops.cast(x, dtypes.float64) if x.dtype is dtypes.int64 else floats_of(x)
    if value.dtype is dtypes.bfloat16:
        raise ValueError("bfloat16: TensorFlow does not compute it in this dtype")
    return emit_one("BesselI0", value)


@composed("Nextafter")
def nextafter(x1: Any, x2: Any) -> Value:
    """The next float64 after `x1` towards `x2`, in the dtype of the operands, as Keras computes it."""
    a, b = promoted(x1, x2)
    kind = a.dtype if a.dtype.is_floating else dtypes.float32
    wide = (ops.cast(x, dtypes.float64) for x in (a, b))
    return ops.cast(emit_one("NextAfter", *wide), kind)


@composed("View")
def view(x: Value, dtype: Any = None) -> Value:
    """The bits of numbers as numbers of another dtype; the last axis gets longer or shorter."""
    wanted = x.dtype if dtype is None else dtypes.of(dtype)
    old, new = x.dtype.itemsize, wanted.itemsize
    if old == new:
        return ops.bitcast(x, wanted)
    size = known_size(x, -1)
    if size * old % new:
        raise ValueError(f"{size} numbers of {old} bytes cannot be viewed as numbers of {new} bytes")
    outer = dims_of(x)[:-1]
    if old > new:
        return reshape_to(ops.bitcast(x, wanted), [*outer, size * old // new])
    return ops.bitcast(reshape_to(x, [*outer, size * old // new, new // old]), wanted)


@composed("Full")
def full(fill_value: Value, shape: Any = (), dtype: Any = None) -> Value:
    """A tensor of a shape, filled with a value."""
    value = ops.cast(fill_value, dtypes.of(dtype or "float32"))
    sizes = [shape] if isinstance(shape, int) else list(shape)
    return ops.broadcast_to(value, sizes)


@composed("Ndim")
def ndim(x: Value) -> Value:
    """The number of dimensions."""
    return constant(x, x.rank, dtypes.int32)


@composed("Geomspace")
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Value:
    """Numbers from `start` to `stop`, each the same multiple of the one before."""
    first, last = promoted(start, stop)
    kind = dtypes.of(dtype or "float32")
    if not kind.is_floating:
        raise ValueError(f"expected floats as dtype, got {kind.name}")
    base = np.asarray(np.log(np.asarray(10.0, kind.numpy)), kind.numpy)
    ends = [ops.real_div(ops.log(ops.cast(ops.abs(x), kind)), base) for x in (first, last)]
    low, high = (ops.add(x, ops.zeros_like(y)) for x, y in zip(ends, ends[::-1], strict=True))
    if not endpoint and num > 0:
        high = ops.subtract(high, ops.real_div(ops.subtract(high, low), np.asarray(num, kind.numpy)))
    powers = linspace(low, stop=high, num=num, axis=axis)
    return ops.multiply(
        ops.pow(constant(powers, 10.0), powers), ops.expand_dims(ops.sign(ops.cast(first, kind)), axis)
    )
