"""Normalization of each example: LayerNormalization, RMSNormalization, GroupNormalization, UnitNormalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.initializers import Ones
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.moments import moments, normalize, positive_axes, weighted_moments
from kerasfmt.nn.shapes import dims_of, l2_normalize, read, reshape_to
from kerasfmt.typing import override

_LEAST_FUSED_EPSILON = 1.001e-5
"""The fused op replaces a smaller epsilon by this one, so it cannot be used for one."""


class LayerNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over `axis`.

    Args:
      axis: axis or axes to normalize over.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether the result is multiplied by `gamma`.
      rms_scaling: whether to compute `inputs / sqrt(variance + epsilon) * gamma`; Keras 3 only. For Keras 2 the
        layer is saved under a name that none of its classes has, so that it runs the saved functions.

    Input: float, of any rank. Output: the same shape.
    Source: tf_keras/src/layers/normalization/layer_normalization.py.
    """

    facts = KerasFacts(tracked_lists=("axis",), implied_by_keras2={"rms_scaling": (False,)})
    supports_masking = True
    axis: fields.Axes = fields.axes(default=-1)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Option = initializers.option(default="zeros")
    gamma_initializer: initializers.Option = initializers.option(default="ones")
    beta_regularizer: regularizers.Option = regularizers.option()
    gamma_regularizer: regularizers.Option = regularizers.option()
    beta_constraint: constraints.Option = constraints.option()
    gamma_constraint: constraints.Option = constraints.option()
    rms_scaling: bool = fields.boolean(default=False, stored=False)
    gamma: Weight = fields.weight()
    beta: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes `gamma` and `beta` of the sizes of the axes."""
        rank = len(inputs.shape or ())
        self.axis = positive_axes(self.axis, rank)
        if self.rms_scaling:
            self.axis.sort()
        shape = tuple(self.axis_dim(inputs, axis) for axis in self.axis)
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight("gamma", shape, autocast=False)
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight("beta", shape, autocast=False)
        last = sorted(self.axis) == list(range(rank - len(self.axis), rank))
        single = self.policy.variable_dtype is dtypes.float32
        self.fused = last and single and self.epsilon >= _LEAST_FUSED_EPSILON

    @override
    def call(self, inputs: Value) -> Value:
        if self.rms_scaling:
            return self._scaled(inputs)
        return self._fused(inputs) if self.fused else self._plain(inputs)

    def _scaled(self, inputs: Value) -> Value:
        """The outputs with `rms_scaling`. Source: keras/src/ops/nn.py, layer_normalization (3.x)."""
        x = ops.cast(inputs, "float32") if inputs.dtype.name in ("float16", "bfloat16") else inputs
        variance = moments(x, self.axis, keepdims=True)[1]
        outputs = x * ops.rsqrt(variance + self.epsilon) * ops.cast(spread(self.gamma, x, self.axis), x.dtype)
        return ops.cast(outputs, inputs.dtype)

    @override
    def get_config(self) -> dict[str, Any]:
        """The config; with `rms_scaling` only if it is on."""
        return super().get_config() | ({"rms_scaling": True} if self.rms_scaling else {})

    def _plain(self, inputs: Value) -> Value:
        x = inputs
        if x.dtype.name in ("float16", "bfloat16") and self.policy.variable_dtype is dtypes.float32:
            x = ops.cast(x, "float32")
        mean, variance = moments(x, self.axis, keepdims=True)
        offset = spread(self.beta, x, self.axis) if self.center else None
        scale = spread(self.gamma, x, self.axis) if self.scale else None
        return ops.cast(normalize(x, mean, variance, offset, scale, self.epsilon), inputs.dtype)

    def _fused(self, inputs: Value) -> Value:
        """The outputs of the fused op, for which each example is one channel of an image."""
        first = min(self.axis)
        shape = ops.shape(inputs)
        before = ops.reduce_prod(ops.getitem(shape, slice(None, first)))
        inner = ops.reduce_prod(ops.getitem(shape, slice(first, None)))
        flat = ops.reshape(inputs, [1, before, inner, 1])
        vector = ops.pack([before])
        none = np.zeros(0, np.float32)
        outputs = ops.fused_batch_norm(
            flat,
            ops.fill(vector, np.float32(1)),
            ops.fill(vector, np.float32(0)),
            none,
            none,
            epsilon=self.epsilon,
            data_format="NCHW",
        ).y
        outputs = ops.reshape(outputs, shape)
        if self.scale:
            outputs = outputs * ops.cast(spread(self.gamma, inputs, self.axis), outputs.dtype)
        if self.center:
            outputs = outputs + ops.cast(spread(self.beta, inputs, self.axis), outputs.dtype)
        return outputs


def spread(weight: Weight, x: Value, axes: list[int]) -> Value:
    """A weight of the sizes of `axes`, in a shape that broadcasts to that of `x`."""
    value = read(x, weight)
    if value.rank == x.rank or axes == [x.rank - 1]:
        return value
    return ops.reshape(value, [x.dims[i] if i in axes else 1 for i in range(x.rank)])


class RMSNormalization(Layer):
    """`inputs / sqrt(mean(inputs ** 2) + epsilon) * scale`, with the mean over `axis`.

    Args:
      axis: axis or axes to normalize over.
      epsilon: added to the mean of squares.

    Input: float, of any rank. Output: the same shape.
    Source: keras/src/layers/normalization/rms_normalization.py; keras/src/ops/nn.py, rms_normalization (3.x).
    """

    facts = KerasFacts(absent_in=2, tracked_lists=("axis",))
    axis: fields.Axes = fields.axes(default=-1)
    epsilon: float = 1e-6
    scale: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a scale of the sizes of the axes."""
        self.axis = sorted(positive_axes(self.axis, len(inputs.shape or ())))
        self.scale = self.add_weight(
            "scale", tuple(self.axis_dim(inputs, axis) for axis in self.axis), initializer=Ones()
        )

    @override
    def call(self, inputs: Value) -> Value:
        x = ops.cast(inputs, "float32") if inputs.dtype.name in ("float16", "bfloat16") else inputs
        squares = ops.reduce_mean(ops.square(x), self.axis, keepdims=True)
        outputs = x * ops.rsqrt(squares + self.epsilon) * ops.cast(spread(self.scale, x, self.axis), x.dtype)
        return ops.cast(outputs, inputs.dtype)


class GroupNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over groups of channels.

    Args:
      groups: number of groups; -1 for one per channel.
      axis: the axis of the channels.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether the result is multiplied by `gamma`.

    Input: float (batch, ..., channels), or the channels in another axis. Output: the same shape.
    Source: tf_keras/src/layers/normalization/group_normalization.py.
    """

    facts = KerasFacts(build_calls_base=True)
    supports_masking = True
    groups: int = fields.integer(default=32)
    axis: int = fields.integer(default=-1)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Option = initializers.option(default="zeros")
    gamma_initializer: initializers.Option = initializers.option(default="ones")
    beta_regularizer: regularizers.Option = regularizers.option()
    gamma_regularizer: regularizers.Option = regularizers.option()
    beta_constraint: constraints.Option = constraints.option()
    gamma_constraint: constraints.Option = constraints.option()
    gamma: Weight = fields.weight()
    beta: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes `gamma` and `beta` of the size of the axis."""
        rank = len(inputs.shape or ())
        positive_axes(self.axis, rank)
        size = self.axis_dim(inputs, self.axis)
        self.groups = size if self.groups == -1 else self.groups
        if self.groups < 1 or size % self.groups:
            raise self.fail(
                f"option groups: expected a divisor of {size}, the size of the axis; got {self.groups}"
            )
        self._spec = InputSpec(ndim=rank, axes={self.axis: size})
        if self.scale:
            self.gamma = self.add_weight("gamma", (size,))
        if self.center:
            self.beta = self.add_weight("beta", (size,))

    @override
    def input_spec(self) -> InputSpec:
        """The rank, and the size of the axis for which it was built."""
        return self._spec

    @override
    def call(self, inputs: Value, mask: Value | None = None) -> Value:
        dims = dims_of(inputs)
        mask = ops.ones_like(inputs) if mask is None else ops.broadcast_to(mask, dims)
        at = self.axis % inputs.rank
        split = [self.groups, self.axis_dim(inputs.spec, self.axis) // self.groups]
        grouped = [*dims[:at], *split, *dims[at + 1 :]]
        x, weights = reshape_to(inputs, grouped), ops.cast(reshape_to(mask, grouped), inputs.dtype)
        reduced = [i for i in range(1, len(grouped)) if i != at]
        mean, variance = weighted_moments(x, weights, reduced, keepdims=True)
        spread = [split[i - at] if i in (at, at + 1) else 1 for i in range(len(grouped))]
        offset = ops.reshape(read(x, self.beta), spread) if self.center else None
        scale = ops.reshape(read(x, self.gamma), spread) if self.scale else None
        return reshape_to(normalize(x, mean, variance, offset, scale, self.epsilon), dims)


class UnitNormalization(Layer):
    """`inputs` scaled to a Euclidean norm of 1 along `axis`.

    Args:
      axis: axis or axes of the vectors.

    Input: float, of any rank. Output: the same shape.
    Source: tf_keras/src/layers/normalization/unit_normalization.py.
    """

    supports_masking = True
    axis: fields.Axes = fields.axes(default=-1)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes no weights. Keeps `axis` as it is, as in tf_keras; Keras 2.15 counts the axes from the front."""
        positive_axes(self.axis, len(inputs.shape or ()))

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return ("axis",) if isinstance(self.axis, list) else ()

    @override
    def call(self, inputs: Value) -> Value:
        return l2_normalize(inputs, positive_axes(self.axis, inputs.rank))
