"""Activations with options or weights: Softmax, ReLU, LeakyReLU, PReLU, ELU, ThresholdedReLU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar
from typing import Any

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.fields import Field
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn import activations
from kerasfmt.typing import override


def large_negative(dtype: DType) -> float:
    """The number that makes the softmax of a logit 0 when it is added, within the range of the dtype.

    Source: tf_keras/src/layers/activation/softmax.py, _large_compatible_negative.
    """
    return -65504.0 / 2 if dtype is dtypes.float16 else -1e9


class Softmax(Layer):
    """`exp(inputs)` divided by its sum over `axis`.

    Args:
      axis: axis or axes along which the outputs sum to 1.
      robust_masking: whether a masked logit is replaced instead of added to; tf_keras has it since 2.16.

    Input: float, at least two dimensions. A `mask` broadcasts to the shape of the input; where it is False, the
      output is 0.
    Output: the shape and dtype of the input.
    Source: tf_keras/src/layers/activation/softmax.py.
    """

    facts = KerasFacts(implied_by_keras3={"robust_masking": (False,)})
    supports_masking = True
    axis: int | list[int] | tuple[int, ...] = fields.raw(default=-1)
    robust_masking: bool = fields.boolean(default=False, implied=True)

    @override
    def validate(self) -> None:
        """Checks that `axis` is an axis or several."""
        axes = list(self.axis) if isinstance(self.axis, list | tuple) else [self.axis]
        if not axes or not all(map(fields.is_integer, axes)):
            raise self.fail(f"option axis: expected an axis or a list of axes, got {self.axis!r}")
        if len(set(axes)) != len(axes):
            raise self.fail(f"option axis: expected each axis once, got {self.axis!r}")

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return ("axis",) if isinstance(self.axis, list) else ()

    @override
    def call(self, inputs: Value, mask: Value | None = None) -> Value:
        if mask is not None and self.robust_masking:
            kept = mask if mask.dtype is dtypes.bool_ else ops.greater(mask, 0.5)
            inputs = ops.where(kept, inputs, large_negative(inputs.dtype))
        elif mask is not None:
            inputs = inputs + (1.0 - ops.cast(mask, inputs.dtype)) * large_negative(inputs.dtype)
        if isinstance(self.axis, int):
            return activations.softmax(inputs, self.axis)
        if len(self.axis) == 1:
            return activations.softmax(inputs, self.axis[0])
        return ops.exp(inputs - log_sum_exp(inputs, list(self.axis)))


def log_sum_exp(x: Value, axes: list[int]) -> Value:
    """The logarithm of the sum of `exp(x)` along `axes`, which are kept as 1.

    Source: tensorflow/python/ops/math_ops.py, reduce_logsumexp.
    """
    greatest = ops.reduce_max(x, axes, keepdims=True)
    shift = ops.stop_gradient(ops.where(ops.is_finite(greatest), greatest, ops.zeros_like(greatest)))
    return ops.log(ops.reduce_sum(ops.exp(x - shift), axes, keepdims=True)) + shift


class ReLU(Layer):
    """`inputs` above `threshold`, but at most `max_value`; `negative_slope * (inputs - threshold)` below.

    Args:
      max_value: the greatest output; None for no bound.
      negative_slope: slope below the threshold.
      threshold: where the slope changes.

    Source: tf_keras/src/layers/activation/relu.py.
    """

    supports_masking = True
    max_value: float | None = fields.float32(default=None, minimum=0, optional=True)
    negative_slope: float = fields.float32(default=0.0, minimum=0)
    threshold: float = fields.float32(default=0.0, minimum=0)

    @override
    def call(self, inputs: Value) -> Value:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """`inputs`, or `alpha * inputs` where negative.

    Args:
      alpha: slope of the negative part; Keras 3 calls it `negative_slope`.

    Source: tf_keras/src/layers/activation/leaky_relu.py.
    """

    facts = KerasFacts(renamed={"alpha": "negative_slope"})
    supports_masking = True
    alpha: float = fields.float32(default=0.3)
    negative_slope: InitVar[float | None] = fields.option(default=None, kw_only=True)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with the slope under its Keras 2 name."""
        slope = given.get("negative_slope")
        return super().complete(given if slope is None else {**given, "alpha": slope})

    @override
    def call(self, inputs: Value) -> Value:
        return activations.relu(inputs, self.alpha)


def _shared_axes(value: Any) -> list[int] | None:
    axes = fields.axes_or_none(value)
    return None if axes is None else list(axes)


class PReLU(Layer):
    """`inputs`, or `alpha * inputs` where negative, with a trained `alpha`.

    Args:
      shared_axes: axes, counted with the batch, along which `alpha` is the same.

    Input: float (batch, ...); all dimensions but the batch and the shared axes must be known.
    Source: tf_keras/src/layers/activation/prelu.py.
    """

    supports_masking = True
    alpha_initializer: initializers.Option = initializers.option(default="zeros")
    alpha_regularizer: regularizers.Option = regularizers.option()
    alpha_constraint: constraints.Option = constraints.option()
    shared_axes: Field[list[int] | None, int | Sequence[int] | None] = fields.option(
        default=None, convert=_shared_axes
    )
    alpha: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes `alpha` in the shape of an input without the batch, with 1 for the shared axes."""
        dims = list(inputs.shape or ())
        shared = self.shared_axes or []
        if any(not 0 < axis < len(dims) for axis in shared):
            raise self.fail(f"option shared_axes: expected axes 1 to {len(dims) - 1}, got {shared}")
        sizes = {i: dim for i, dim in enumerate(dims) if i and i not in shared}
        self._spec = InputSpec(ndim=len(dims), axes=sizes if shared else {})
        shape = tuple(self.axis_dim(inputs, i) if i in sizes else 1 for i in range(1, len(dims)))
        self.alpha = self.add_weight("alpha", shape)

    @override
    def input_spec(self) -> InputSpec:
        """The rank, and the sizes of the axes along which `alpha` varies."""
        return self._spec

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return () if self.shared_axes is None else ("shared_axes",)

    @override
    def call(self, inputs: Value) -> Value:
        alpha = inputs.graph.read(self.alpha)
        if (
            alpha.dtype is not inputs.dtype
        ):  # Keras's unary minus reads an autocast variable through an Identity
            alpha = ops.cast(ops.identity(alpha), inputs.dtype)
        return ops.relu(inputs) + -alpha * ops.relu(-inputs)


class ELU(Layer):
    """`inputs`, or `alpha * (exp(inputs) - 1)` where negative.

    Args:
      alpha: the outputs approach `-alpha` on the negative side.

    Source: tf_keras/src/layers/activation/elu.py.
    """

    supports_masking = True
    alpha: float = fields.float32(default=1.0)

    @override
    def call(self, inputs: Value) -> Value:
        return activations.elu(inputs, self.alpha)


class ThresholdedReLU(Layer):
    """`inputs` where they exceed `theta`, else 0.

    Args:
      theta: the threshold.

    Source: tf_keras/src/layers/activation/thresholded_relu.py.
    """

    facts = KerasFacts(absent_in=3)
    supports_masking = True
    theta: float = fields.float32(default=1.0, minimum=0)

    @override
    def call(self, inputs: Value) -> Value:
        return inputs * ops.cast(ops.greater(inputs, self.theta), inputs.dtype)
