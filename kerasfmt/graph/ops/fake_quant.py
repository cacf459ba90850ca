"""Floats rounded to as few values as integers of some bits have.

Source: tensorflow/core/kernels/fake_quant_ops_functor.h, Nudge.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape

F = np.float32


def _quantized(attrs: Attrs, x: Array, low: Array, high: Array) -> Array:
    """The values of `x` at the steps between two bounds, which are moved so that zero is a step."""
    first, last = F(1 if attrs["narrow_range"] else 0), F((1 << attrs["num_bits"]) - 1)
    low, high = np.asarray(low, F), np.asarray(high, F)
    if np.any(low > high):
        raise ValueError(f"expected a lower bound and a higher one, got {low!s:.80} and {high!s:.80}")
    empty = high == low
    scale = np.where(empty, F(1), (high - low) / (last - first))
    zero = first - low / scale
    step = np.where(zero < first, first, np.where(zero > last, last, np.floor(zero + F(0.5)))).astype(F)
    lowest, highest = (first - step) * scale, (last - step) * scale
    clipped = np.clip(x, lowest, highest) - lowest
    rounded = np.floor(clipped * (F(1) / scale) + F(0.5)) * scale + lowest
    return np.asarray(np.where(empty, F(0), rounded), F)


declare(
    "FakeQuantWithMinMaxArgs",
    same_shape,
    lambda attrs, x: [_quantized(attrs, x, F(attrs["min"]), F(attrs["max"]))],
)
for _name in ("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel"):
    declare(_name, same_shape, lambda attrs, x, low, high: [_quantized(attrs, x, low, high)])
