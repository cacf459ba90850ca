"""Activation layers with options or weights of their own: Softmax, ReLU."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, ops
from kerasfmt.ir import activations, fields
from kerasfmt.ir.layer import Layer


def large_negative(dtype: DType) -> float:
    """What is added to a logit so that its softmax is 0, and that the dtype can hold.

    Source: tf_keras/src/layers/activation/softmax.py, _large_compatible_negative.
    """
    return -65504.0 / 2 if dtype is dtypes.float16 else -1e9


class Softmax(Layer):
    """`exp(inputs)` divided by its sum over `axis`.

    Args:
      axis: axis or axes that sum to 1.

    Input: float, at least two dimensions; `mask`, if given, broadcasts with it: where False, the output is 0.
    Source: tf_keras/src/layers/activation/softmax.py.
    """

    supports_masking = True
    axis: int | list[int] | tuple[int, ...] = fields.plain(default=-1)

    def validate(self) -> None:
        """`axis` is an axis or several."""
        axes = list(self.axis) if isinstance(self.axis, list | tuple) else [self.axis]
        if not axes or not all(isinstance(a, int) for a in axes):
            raise self.fail(f"option axis: expected an axis or a list of axes, got {self.axis!r}")

    def tracked_lists(self) -> tuple[str, ...]:
        """The axes, if they are a list."""
        return ("axis",) if isinstance(self.axis, list) else ()

    def call(self, inputs: Value, mask: Value | None = None) -> Value:
        """The outputs."""
        if mask is not None:
            inputs = inputs + (1.0 - ops.cast(mask, inputs.dtype)) * large_negative(inputs.dtype)
        if isinstance(self.axis, int):
            return activations.softmax(inputs, self.axis)
        if len(self.axis) == 1:
            return activations.softmax(inputs, self.axis[0])
        return ops.exp(inputs - log_sum_exp(inputs, list(self.axis)))


def log_sum_exp(x: Value, axes: list[int]) -> Value:
    """The logarithm of the sum of `exp(x)` along `axes`, which stay as axes of 1.

    Source: tensorflow/python/ops/math_ops.py, reduce_logsumexp.
    """
    greatest = ops.reduce_max(x, axes, keepdims=True)
    shift = ops.stop_gradient(ops.where(ops.is_finite(greatest), greatest, ops.zeros_like(greatest)))
    return ops.log(ops.reduce_sum(ops.exp(x - shift), axes, keepdims=True)) + shift


class ReLU(Layer):
    """`inputs` from `threshold` up to `max_value`, `negative_slope * (inputs - threshold)` below.

    Args:
      max_value: the greatest output; None for no bound.
      negative_slope: slope below the threshold.
      threshold: where the slope changes.

    Source: tf_keras/src/layers/activation/relu.py.
    """

    supports_masking = True
    max_value: float | None = fields.single(default=None, minimum=0, optional=True)
    negative_slope: float = fields.single(default=0.0, minimum=0)
    threshold: float = fields.single(default=0.0, minimum=0)

    def call(self, inputs: Value) -> Value:
        """The outputs."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)
