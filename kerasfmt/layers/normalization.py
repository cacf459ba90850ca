"""Normalization: BatchNormalization, LayerNormalization, GroupNormalization, UnitNormalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Operand, Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.constraints import Constraint
from kerasfmt.ir.initializers import Initializer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.functions import dims_of, l2_normalize, read, reshape_to

_FUSED_AXES = (-4, -3, -1, 1, 3, 4)
"""Axes that the fused op can normalize, before the rank of the input is known."""

_FUSED_FORMATS = {(4, 1): "NCHW", (4, 3): "NHWC", (5, 1): "NCDHW", (5, 4): "NDHWC"}
"""(rank, axis) -> data format of the fused op."""

_LEAST_FUSED_EPSILON = 1.001e-5
"""The fused op raises a smaller epsilon to this one, so it cannot be used below."""


def positive_axes(layer: Layer, axis: int | list[int], rank: int) -> list[int]:
    """The axes as a list, each counted from the front.

    Source: tf_keras/src/utils/tf_utils.py, validate_axis.
    """
    given = [axis] if isinstance(axis, int) else list(axis)
    found = [a + rank if a < 0 else a for a in given]
    if any(not 0 <= a < rank for a in found):
        raise layer.fail(f"option axis: expected axes of inputs with {rank} dimensions, got {axis}")
    if len(set(found)) < len(found):
        raise layer.fail(f"option axis: expected each axis once, got {axis}")
    return found


def moments(x: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    """Mean and variance of `x` along `axes`.

    Source: tensorflow/python/ops/nn_impl.py, moments.
    """
    y = ops.cast(x, "float32") if x.dtype is dtypes.float16 else x
    mean = ops.reduce_mean(y, axes, keepdims=True)
    variance = ops.reduce_mean(ops.squared_difference(y, ops.stop_gradient(mean)), axes, keepdims=True)
    return _finish(mean, variance, x, axes, keepdims)


def weighted_moments(x: Value, weights: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    """Mean and variance of `x` along `axes`, each element counted `weights` (which broadcasts) times.

    Source: tensorflow/python/ops/nn_impl.py, weighted_moments.
    """
    y = ops.cast(x, "float32") if x.dtype is dtypes.float16 else x
    weights = ops.cast(weights, y.dtype)
    total = ops.reduce_sum(weights * y, axes, keepdims=True)
    count = ops.reduce_sum(weights + ops.zeros_like(y), axes, keepdims=True)
    mean = ops.div_no_nan(total, count)
    spread = ops.reduce_sum(weights * ops.squared_difference(y, mean), axes, keepdims=True)
    return _finish(mean, ops.div_no_nan(spread, count), x, axes, keepdims)


def synchronized_moments(
    x: Value, mask: Value | None, axes: list[int], keepdims: bool
) -> tuple[Value, Value]:
    """Mean and variance from sums, as replicas add them up; here for the one replica that there is.

    Source: tf_keras/src/layers/normalization/batch_normalization.py, _sync_calculate_mean_and_var.
    """
    y = ops.cast(x, "float32") if x.dtype is dtypes.float16 else x
    if mask is None:
        ones = ops.ones_like(y)
    else:
        weights = ops.expand_dims(ops.cast(mask, y.dtype), -1)
        y = y * weights
        ones = ops.broadcast_to(weights, ops.shape(y))
    total = ops.reduce_sum(y, axes, keepdims=True)
    squares = ops.reduce_sum(ops.square(y), axes, keepdims=True)
    count = ops.reduce_sum(ones, axes, keepdims=True)
    mean = total / count
    return _finish(mean, squares / count - ops.square(mean), x, axes, keepdims)


def _finish(mean: Value, variance: Value, x: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    if not keepdims:
        mean, variance = ops.squeeze(mean, axes), ops.squeeze(variance, axes)
    if x.dtype is dtypes.float16:
        return ops.cast(mean, x.dtype), ops.cast(variance, x.dtype)
    return mean, variance


def normalize(
    x: Value, mean: Value, variance: Value, offset: Value | None, scale: Value | None, epsilon: float
) -> Value:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`.

    Source: tensorflow/python/ops/nn_impl.py, batch_normalization.
    """
    inverse = ops.rsqrt(variance + epsilon)
    if scale is not None:
        inverse = inverse * scale
    shift = -mean * inverse if offset is None else offset - mean * inverse
    return x * ops.cast(inverse, x.dtype) + ops.cast(shift, x.dtype)


class BatchNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over all axes but `axis`.

    Training normalizes with the statistics of the batch and moves the running averages towards them;
    inference, and a layer that is not trainable, normalizes with the running averages.

    Args:
      axis: axis or axes that keep their own statistics; the features.
      momentum: share of the running average that an update keeps.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether `gamma` is multiplied.
      synchronized: whether replicas share the statistics of the batch; not part of the config.
      fused: whether to use TensorFlow's fused op; by default wherever it can be used, as in Keras. It ignores
        masks. Not part of the config.

    Input: float, of any rank. Output: the same shape.
    Source: tf_keras/src/layers/normalization/batch_normalization.py.
    """

    supports_masking = True
    axis: Any = fields.axes(default=-1)
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = fields.initializer(default="zeros")
    gamma_initializer: Initializer = fields.initializer(default="ones")
    moving_mean_initializer: Initializer = fields.initializer(default="zeros")
    moving_variance_initializer: Initializer = fields.initializer(default="ones")
    beta_regularizer: Regularizer | None = fields.regularizer()
    gamma_regularizer: Regularizer | None = fields.regularizer()
    beta_constraint: Constraint | None = fields.constraint()
    gamma_constraint: Constraint | None = fields.constraint()
    synchronized: bool = fields.option(default=False, stored=False)
    fused: bool | None = fields.option(default=None, stored=False)
    renorm: bool = fields.option(default=False, stored=False)
    renorm_clipping: Any = fields.option(default=None, stored=False)
    renorm_momentum: float = fields.option(default=0.99, stored=False)
    virtual_batch_size: int | None = fields.option(default=None, stored=False)
    gamma: Weight
    beta: Weight
    moving_mean: Weight
    moving_variance: Weight

    def validate(self) -> None:
        """The fused op is asked for only where it can be used; renorm and virtual batches are refused."""
        for option in ("renorm", "virtual_batch_size"):
            if getattr(self, option):
                raise UnsupportedLayerError(
                    f"layer {self.name} (BatchNormalization): option {option}={getattr(self, option)!r} "
                    "is not supported; leave it out"
                )
        if self.fused and self.synchronized:
            raise self.fail("option fused: expected False or None where synchronized is set, got True")
        if self.fused and not self._may_fuse():
            raise self.fail(
                "option fused: expected False or None, as the fused op takes one axis, 1 or the last, "
                f"and floats of at most 32 bits; got True with axis {self.axis} and {self.compute_dtype.name}"
            )

    def _may_fuse(self) -> bool:
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        single = len(axes) == 1 and axes[0] in _FUSED_AXES
        return single and self.compute_dtype.name in ("float16", "bfloat16", "float32")

    @property
    def param_dtype(self) -> DType:
        """The dtype of the weights: never one of 16 bits."""
        dtype = self.policy.variable_dtype
        return dtypes.float32 if dtype.name in ("float16", "bfloat16") else dtype

    def build(self, inputs: Spec) -> None:
        """Four weights of the size of the axis; with several axes, of the rank of the inputs."""
        rank = len(inputs.shape or ())
        may_fuse = self.fused is not False and not self.synchronized and self._may_fuse()
        self.axis = positive_axes(self, self.axis, rank)
        self.data_format = self._fused_format(rank) if may_fuse else None
        sizes = {axis: self.axis_dim(inputs, axis) for axis in self.axis}
        self._spec = InputSpec(ndim=rank, axes=sizes)
        spread = tuple(sizes.get(i, 1) for i in range(rank))
        self.param_shape = spread if len(sizes) > 1 else tuple(sizes.values())
        wanted = {"gamma": self.scale, "beta": self.center, "moving_mean": True, "moving_variance": True}
        for name in (n for n, needed in wanted.items() if needed):
            moving = name.startswith("moving")
            self.add_weight(
                name,
                self.param_shape,
                dtype=self.param_dtype,
                trainable=not moving,
                autocast=False,
                moving=moving,
            )

    def _fused_format(self, rank: int) -> str | None:
        if rank not in (4, 5):
            if self.fused:
                raise self.fail(f"option fused: expected inputs of 4 or 5 dimensions, got {rank}")
            return None
        found = _FUSED_FORMATS.get((rank, self.axis[0]))
        if found is None and rank == 4:
            raise self.fail(f"option axis: expected 1 or 3 for the fused op, got {self.axis}")
        return found

    def input_spec(self) -> InputSpec:
        """The rank and the axes that it was built for."""
        return self._spec

    def tracked_lists(self) -> tuple[str, ...]:
        """The axes, and the shape of the weights where there are several."""
        return ("axis", "_param_shape") if len(self.axis) > 1 else ("axis",)

    def call(self, inputs: Value, training: bool = False, mask: Value | None = None) -> Value:
        """The outputs; in training, updates the running averages."""
        training = training and self.trainable
        if self.data_format is not None:
            return self._fused(inputs, training)
        x = ops.cast(inputs, "float32") if inputs.dtype.name in ("float16", "bfloat16") else inputs
        reduced = [i for i in range(x.rank) if i not in self.axis]
        if training:
            mean, variance = self._moments(ops.cast(x, self.param_dtype), reduced, mask)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        else:
            mean, variance = read(x, self.moving_mean), read(x, self.moving_variance)
        outputs = normalize(
            x,
            self._spread(ops.cast(mean, x.dtype), x, reduced),
            self._spread(ops.cast(variance, x.dtype), x, reduced),
            self._spread(ops.cast(read(x, self.beta), x.dtype), x, reduced) if self.center else None,
            self._spread(ops.cast(read(x, self.gamma), x.dtype), x, reduced) if self.scale else None,
            self.epsilon,
        )
        return ops.cast(outputs, inputs.dtype)

    def _fused(self, x: Value, training: bool) -> Value:
        assert self.data_format is not None
        numpy = self.param_dtype.numpy
        gamma: Operand = self.gamma if self.scale else np.ones(self.param_shape, numpy)
        beta: Operand = self.beta if self.center else np.zeros(self.param_shape, numpy)
        outputs = ops.fused_batch_norm(
            x,
            gamma,
            beta,
            self.moving_mean,
            self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1.0 - self.momentum if training else 1.0,
            data_format=self.data_format,
            is_training=training,
        )
        if training:
            ops.assign(self.moving_mean, outputs.batch_mean)
            ops.assign(self.moving_variance, outputs.batch_variance)
        return outputs.y

    def _moments(self, x: Value, reduced: list[int], mask: Value | None) -> tuple[Value, Value]:
        keepdims = len(self.axis) > 1
        if self.synchronized:
            return synchronized_moments(x, mask, reduced, keepdims)
        if mask is None:
            return moments(x, reduced, keepdims)
        weights = ops.expand_dims(ops.cast(mask, self.compute_dtype), -1)
        return weighted_moments(x, weights, reduced, keepdims)

    def _move(self, average: Weight, value: Value) -> None:
        """Moves a running average by (1 - momentum), in single precision, of its distance to `value`."""
        decay = np.float32(1.0 - self.momentum).astype(average.dtype.numpy)
        ops.assign_sub(average, (read(value, average) - ops.cast(value, average.dtype)) * decay)

    def _spread(self, vector: Value, x: Value, reduced: list[int]) -> Value:
        """A vector along the axis in a shape that broadcasts with `x`."""
        if vector.rank == x.rank or reduced == list(range(x.rank - 1)):
            return vector
        return ops.reshape(vector, [x.dims[i] if i == self.axis[0] else 1 for i in range(x.rank)])


class LayerNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over `axis`.

    Args:
      axis: axis or axes to normalize over.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether `gamma` is multiplied.

    Input: float, of any rank. Output: the same shape.
    Source: tf_keras/src/layers/normalization/layer_normalization.py.
    """

    supports_masking = True
    axis: Any = fields.axes(default=-1)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = fields.initializer(default="zeros")
    gamma_initializer: Initializer = fields.initializer(default="ones")
    beta_regularizer: Regularizer | None = fields.regularizer()
    gamma_regularizer: Regularizer | None = fields.regularizer()
    beta_constraint: Constraint | None = fields.constraint()
    gamma_constraint: Constraint | None = fields.constraint()
    rms_scaling: bool = fields.option(default=False, stored=False)
    gamma: Weight
    beta: Weight

    def validate(self) -> None:
        """`rms_scaling`, which Keras 3 has, is not supported."""
        if self.rms_scaling:
            raise UnsupportedLayerError(
                f"layer {self.name} (LayerNormalization): option rms_scaling=True is not supported"
            )

    def build(self, inputs: Spec) -> None:
        """A gamma and a beta of the sizes of the axes."""
        rank = len(inputs.shape or ())
        self.axis = positive_axes(self, self.axis, rank)
        shape = tuple(self.axis_dim(inputs, axis) for axis in self.axis)
        if self.scale:
            self.gamma = self.add_weight("gamma", shape, autocast=False)
        if self.center:
            self.beta = self.add_weight("beta", shape, autocast=False)
        last = sorted(self.axis) == list(range(rank - len(self.axis), rank))
        single = self.policy.variable_dtype is dtypes.float32
        self.fused = last and single and self.epsilon >= _LEAST_FUSED_EPSILON

    def tracked_lists(self) -> tuple[str, ...]:
        """The axes."""
        return ("axis",)

    def call(self, inputs: Value) -> Value:
        """The outputs."""
        return self._fused(inputs) if self.fused else self._plain(inputs)

    def _plain(self, inputs: Value) -> Value:
        x = inputs
        if x.dtype.name in ("float16", "bfloat16") and self.policy.variable_dtype is dtypes.float32:
            x = ops.cast(x, "float32")
        mean, variance = moments(x, self.axis, keepdims=True)
        offset = self._spread(self.beta, x) if self.center else None
        scale = self._spread(self.gamma, x) if self.scale else None
        return ops.cast(normalize(x, mean, variance, offset, scale, self.epsilon), inputs.dtype)

    def _fused(self, inputs: Value) -> Value:
        """Each example as one channel of an image, normalized by the op for batches."""
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
            outputs = outputs * ops.cast(self._spread(self.gamma, inputs), outputs.dtype)
        if self.center:
            outputs = outputs + ops.cast(self._spread(self.beta, inputs), outputs.dtype)
        return outputs

    def _spread(self, weight: Weight, x: Value) -> Value:
        """A weight in a shape that broadcasts with `x`."""
        value = read(x, weight)
        if value.rank == x.rank or self.axis == [x.rank - 1]:
            return value
        return ops.reshape(value, [x.dims[i] if i in self.axis else 1 for i in range(x.rank)])


class GroupNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over groups of channels.

    Args:
      groups: number of groups; -1 for as many as there are channels.
      axis: the axis of the channels.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether `gamma` is multiplied.

    Input: float (batch, ..., channels), or the channels elsewhere. Output: the same shape.
    Source: tf_keras/src/layers/normalization/group_normalization.py.
    """

    supports_masking = True
    groups: int = fields.integer(default=32)
    axis: int = fields.integer(default=-1)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = fields.initializer(default="zeros")
    gamma_initializer: Initializer = fields.initializer(default="ones")
    beta_regularizer: Regularizer | None = fields.regularizer()
    gamma_regularizer: Regularizer | None = fields.regularizer()
    beta_constraint: Constraint | None = fields.constraint()
    gamma_constraint: Constraint | None = fields.constraint()
    gamma: Weight
    beta: Weight

    def build(self, inputs: Spec) -> None:
        """A gamma and a beta of the size of the axis."""
        rank = len(inputs.shape or ())
        positive_axes(self, self.axis, rank)
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

    def input_spec(self) -> InputSpec:
        """The rank and the axis that it was built for."""
        return self._spec

    def call(self, inputs: Value, mask: Value | None = None) -> Value:
        """The outputs."""
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

    Source: tf_keras/src/layers/normalization/unit_normalization.py.
    """

    supports_masking = True
    axis: Any = fields.axes(default=-1)

    def build(self, inputs: Spec) -> None:
        """No weights; the axes are counted from the front from here on."""
        self.axis = positive_axes(self, self.axis, len(inputs.shape or ()))

    def tracked_lists(self) -> tuple[str, ...]:
        """The axes."""
        return ("axis",)

    def call(self, inputs: Value) -> Value:
        """The outputs."""
        return l2_normalize(inputs, self.axis)
