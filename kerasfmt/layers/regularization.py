"""Layers that regularize, or tell later layers what to skip: Masking."""

from __future__ import annotations

from kerasfmt.graph import Value, ops
from kerasfmt.ir.layer import Layer


class Masking(Layer):
    """Zeros in place of the steps whose features all equal `mask_value`; later layers skip them.

    Args:
      mask_value: marks a step to skip.

    Input: float (batch, steps, features). Output: the same.
    Source: tf_keras/src/layers/core/masking.py.
    """

    supports_masking = True
    mask_value: float = 0.0

    def makes_mask(self) -> bool:
        """Masking does."""
        return True

    def compute_mask(self, inputs: Value, mask: Value | None) -> Value:
        """True where a feature differs from `mask_value`."""
        return ops.reduce_any(ops.not_equal(inputs, self.mask_value), -1)

    def call(self, inputs: Value) -> Value:
        """The outputs."""
        found = ops.reduce_any(ops.not_equal(inputs, self.mask_value), -1, keepdims=True)
        return inputs * ops.cast(found, inputs.dtype)
