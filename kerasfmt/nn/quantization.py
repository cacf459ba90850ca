"""Quantized numbers: what Keras 3 computes with weights of 8 and 4 bits.

A scale divides: a float is `whole / scale`, or `(whole - zero) * scale` in groups.

Source: keras/src/quantizers/quantizers.py (3.x).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to


def quantized(x: Value, axes: Sequence[int], low: float, high: float, epsilon: float) -> tuple[Value, Value]:
    """Floats as whole numbers, int32, and the scale by which they are divided to be floats again.

    Args:
      x: floats of any shape.
      axes: the axes of which all numbers have one scale.
      low: the least whole number.
      high: the greatest whole number; the greatest absolute value becomes it.
      epsilon: what is added to the greatest absolute value.

    Source: keras/src/quantizers/quantizers.py, abs_max_quantize.
    """
    kind = x.dtype.numpy
    most = ops.reduce_max(ops.abs(x), list(axes), keepdims=True) + np.asarray(epsilon, kind)
    scale = ops.real_div(np.asarray(high, kind), most)
    whole = ops.minimum(ops.maximum(ops.round(x * scale), np.asarray(low, kind)), np.asarray(high, kind))
    return ops.cast(whole, dtypes.int32), scale


def unpacked(packed: Value, size: int) -> Value:
    """Whole numbers of 4 bits, int8 (..., size), of which each byte of the last axis holds two, the lower one first.

    Source: keras/src/quantizers/quantizers.py, unpack_int4.
    """
    mask, eight = np.int8(15), np.int8(8)
    parts = [packed, emit_one("RightShift", packed, np.int8(4))]
    signed = [ops.subtract(ops.bitwise_xor(ops.bitwise_and(x, mask), eight), eight) for x in parts]
    *outer, count = dims_of(packed)
    pairs = ops.pack(signed, axis=packed.rank)
    found = reshape_to(pairs, [*outer, count * 2])
    return found if count * 2 == size else ops.slice_axis(found, packed.rank - 1, 0, size)


def of_groups(whole: Value, scale: Value, zero: Value, groups: Value, axis: int) -> Value:
    """The floats that whole numbers stand for, in groups along an axis that have a scale and a zero each.

    Args:
      whole: the numbers.
      scale: floats, with as many entries along the axis as there are groups.
      zero: the whole numbers that stand for 0, as `scale`.
      groups: the number of the group of each entry along the axis.
      axis: the axis.

    Source: keras/src/quantizers/quantizers.py, dequantize_with_sz_map.
    """
    places = ops.cast(groups, dtypes.int32)
    scales = ops.gather(scale, places, axis)
    zeros = ops.cast(ops.gather(zero, places, axis), scales.dtype)
    return ops.multiply(ops.subtract(ops.cast(whole, scales.dtype), zeros), scales)
