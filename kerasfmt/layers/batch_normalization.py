"""Normalization with the statistics of the batch: BatchNormalization, SyncBatchNormalization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Operand, Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.fields import Field
from kerasfmt.ir.initializers import Array, Initializer, Rng
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.moments import moments, normalize, positive_axes, synchronized_moments, weighted_moments
from kerasfmt.nn.shapes import read
from kerasfmt.typing import override

_FUSED_AXES = (-4, -3, -1, 1, 3, 4)
"""Axes that the fused op can normalize, before the rank of the input is known."""

_FUSED_FORMATS = {(4, 1): "NCHW", (4, 3): "NHWC", (5, 1): "NCDHW", (5, 4): "NDHWC"}
"""(rank, axis) -> data format of the fused op."""


_SHIFTED_AXES = (
    "Keras stores the axis of such a layer as one more than it is, so that its files cannot be read back"
)


def _clipping(value: Any) -> dict[str, float | None]:
    given = dict(value or {})
    unknown = sorted(set(given) - {"rmin", "rmax", "dmax"})
    if unknown:
        raise ValueError(f"expected bounds rmin, rmax and dmax, got {unknown}")
    if any(not isinstance(bound, int | float | None) for bound in given.values()):
        raise ValueError(f"expected numbers or None, got {given}")
    return given


class SquareRoot(Initializer):
    """The square root of the values of another initializer.

    Source: tf_keras/src/layers/normalization/batch_normalization.py, moving_stddev_initializer.
    """

    of: Initializer

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return np.sqrt(self.of(shape, dtype, rng))


class BatchNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, with statistics over all axes but `axis`.

    Training normalizes with the statistics of the batch, and moves the running averages towards them.
    Inference normalizes with the running averages, and so does a layer that is not trainable.

    Args:
      axis: axis or axes of the features, which have statistics of their own.
      momentum: share of the running average that an update keeps.
      epsilon: added to the variance.
      center: whether `beta` is added.
      scale: whether the result is multiplied by `gamma`.
      synchronized: whether replicas share the statistics of the batch; not part of the config.
      renorm: whether training corrects the statistics of the batch towards running ones (batch renormalization).
      renorm_clipping: bounds "rmin", "rmax" and "dmax" of the correction, any of them.
      renorm_momentum: share of the running statistics of renorm that an update keeps.
      fused: whether to use TensorFlow's fused op, which ignores masks; by default wherever it can be used, as in
        Keras. Not part of the config.

    Input: float, of any rank. Output: the same shape.
    Source: tf_keras/src/layers/normalization/batch_normalization.py.
    """

    facts = KerasFacts(unlisted_in_keras3=frozenset({"axis"}))
    supports_masking = True
    axis: fields.Axes = fields.axes(default=-1)
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: initializers.Option = initializers.option(default="zeros")
    gamma_initializer: initializers.Option = initializers.option(default="ones")
    moving_mean_initializer: initializers.Option = initializers.option(default="zeros")
    moving_variance_initializer: initializers.Option = initializers.option(default="ones")
    beta_regularizer: regularizers.Option = regularizers.option()
    gamma_regularizer: regularizers.Option = regularizers.option()
    beta_constraint: constraints.Option = constraints.option()
    gamma_constraint: constraints.Option = constraints.option()
    synchronized: bool = fields.boolean(default=False, stored=False)
    fused: bool | None = fields.optional(fields.boolean(default=None, stored=False))
    renorm: bool = fields.boolean(default=False, stored=False)
    renorm_clipping: Field[dict[str, float | None], Mapping[str, float | None] | None] = fields.option(
        default=None, convert=_clipping, stored=False
    )
    renorm_momentum: float = fields.option(default=0.99, stored=False)
    virtual_batch_size: int | None = fields.option(default=None, stored=False)
    gamma: Weight = fields.weight()
    beta: Weight = fields.weight()
    moving_mean: Weight = fields.weight()
    moving_variance: Weight = fields.weight()
    moving_stddev: Weight = fields.weight()
    renorm_mean: Weight = fields.weight()
    renorm_stddev: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that the fused op can be used where it is asked for; refuses virtual batches."""
        if self.virtual_batch_size is not None:
            raise UnsupportedLayerError(
                f"layer {self.name} ({type(self).__name__}): option virtual_batch_size: expected None, got "
                f"{self.virtual_batch_size!r}; {_SHIFTED_AXES}"
            )
        if self.fused and self.synchronized:
            raise self.fail("option fused: expected False or None where synchronized is set, got True")
        if self.fused and not self._may_fuse():
            raise self.fail(
                "option fused: expected False or None, as the fused op takes one axis, 1 or the last, and floats "
                f"of at most 32 bits, and does not renorm; got True with axis {self.axis}, "
                f"{self.compute_dtype.name} and renorm={self.renorm}"
            )

    def _may_fuse(self) -> bool:
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        single = len(axes) == 1 and axes[0] in _FUSED_AXES
        return single and not self.renorm and self.compute_dtype.name in ("float16", "bfloat16", "float32")

    @property
    def param_dtype(self) -> DType:
        """The dtype of the weights: float32 if the layer computes in 16 bits."""
        dtype = self.policy.variable_dtype
        return dtypes.float32 if dtype.name in ("float16", "bfloat16") else dtype

    @override
    def build(self, inputs: Spec) -> None:
        """Makes weights of the size of the axis, or of the rank of the inputs for several axes; more for renorm."""
        rank = len(inputs.shape or ())
        may_fuse = self.fused is not False and not self.synchronized and self._may_fuse()
        self.axis = positive_axes(self.axis, rank)
        self.data_format = self._fused_format(rank) if may_fuse else None
        sizes = {axis: self.axis_dim(inputs, axis) for axis in self.axis}
        self._spec = InputSpec(ndim=rank, axes=sizes)
        spread = tuple(sizes.get(i, 1) for i in range(rank))
        self.param_shape = spread if len(sizes) > 1 else tuple(sizes.values())
        if self.scale:
            self._add("gamma")
        if self.center:
            self._add("beta")
        self._add("moving_mean", moving=True)
        self._add("moving_variance", moving=True)
        if self.renorm:
            deviation = SquareRoot(self.moving_variance_initializer)
            self._add("moving_stddev", moving=True, initializer=deviation)
            self._add("renorm_mean", moving=True, initializer=self.moving_mean_initializer)
            self._add("renorm_stddev", moving=True, initializer=deviation)

    def _add(self, name: str, moving: bool = False, initializer: Initializer | None = None) -> None:
        self.add_weight(
            name,
            self.param_shape,
            dtype=self.param_dtype,
            trainable=not moving,
            autocast=False,
            moving=moving,
            initializer=initializer,
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

    @override
    def get_config(self) -> dict[str, Any]:
        """The config; with the options of renorm only if it is on, as in Keras 2."""
        config = super().get_config()
        if self.renorm:
            options = ("renorm", "renorm_clipping", "renorm_momentum")
            config |= {key: getattr(self, key) for key in options}
        return config

    @override
    def input_spec(self) -> InputSpec:
        """The rank, and the sizes of the axes for which it was built."""
        return self._spec

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """The axes, the bounds of renorm, and the shape of the weights if there are several axes."""
        several = ("_param_shape",) if len(self.axis) > 1 else ()
        return ("axis", *(("renorm_clipping",) if self.renorm else ()), *several)

    @override
    def call(self, inputs: Value, training: bool = False, mask: Value | None = None) -> Value:
        """The outputs; training also updates the running averages."""
        training = training and self.trainable
        if self.data_format is not None:
            return self._fused(inputs, training)
        x = ops.cast(inputs, "float32") if inputs.dtype.name in ("float16", "bfloat16") else inputs
        reduced = [i for i in range(x.rank) if i not in self.axis]
        scale: Value | None = read(x, self.gamma) if self.scale else None
        offset: Value | None = read(x, self.beta) if self.center else None
        if training:
            mean, variance = self._moments(ops.cast(x, self.param_dtype), reduced, mask)
            if self.renorm:
                scale, offset = self._renorm(mean, variance, scale, offset)
            else:
                self._move(self.moving_mean, mean)
                self._move(self.moving_variance, variance)
        else:
            mean, variance = read(x, self.moving_mean), read(x, self.moving_variance)
        outputs = normalize(
            x,
            self._spread(mean, x, reduced),
            self._spread(variance, x, reduced),
            None if offset is None else self._spread(offset, x, reduced),
            None if scale is None else self._spread(scale, x, reduced),
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

    def _renorm(
        self, mean: Value, variance: Value, scale: Value | None, offset: Value | None
    ) -> tuple[Value, Value]:
        """Scale and offset that include the correction of renorm; moves all running statistics.

        Source: tf_keras/src/layers/normalization/batch_normalization.py, _renorm_correction_and_moments.
        """
        deviation = ops.sqrt(variance + self.epsilon)
        smallest = np.sqrt(np.float32(self.epsilon)).astype(self.param_dtype.numpy)
        running = ops.maximum(read(mean, self.renorm_stddev), smallest)
        ratio = deviation / running
        shift = (mean - read(mean, self.renorm_mean)) / running
        least, most, bound = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if least is not None:
            ratio = ops.maximum(ratio, least)
        if most is not None:
            ratio = ops.minimum(ratio, most)
        if bound is not None:
            shift = ops.minimum(ops.maximum(shift, -bound), bound)
        # Keras's function has these Identities too, and its outputs are numbered after them.
        mean, deviation = ops.identity(mean), ops.identity(deviation)
        self._move(self.renorm_mean, ops.identity(mean), self.renorm_momentum)
        self._move(self.renorm_stddev, ops.identity(deviation), self.renorm_momentum)
        mean, variance = ops.identity(mean), ops.identity(variance)
        self._move(self.moving_mean, mean)
        self._move(self.moving_stddev, ops.sqrt(variance + self.epsilon))
        moved = read(mean, self.moving_stddev)
        ops.assign(self.moving_variance, ops.relu(moved * moved - self.epsilon))
        ratio, shift = ops.stop_gradient(ratio), ops.stop_gradient(shift)
        if scale is not None:
            ratio, shift = ratio * scale, shift * scale
        return ratio, shift if offset is None else shift + offset

    def _move(self, average: Weight, value: Value, momentum: float | None = None) -> None:
        """Moves a running average towards `value` by the share (1 - momentum), rounded to float32."""
        kept = self.momentum if momentum is None else momentum
        decay = np.float32(1.0 - kept).astype(average.dtype.numpy)
        ops.assign_sub(average, (read(value, average) - ops.cast(value, average.dtype)) * decay)

    def _spread(self, vector: Value, x: Value, reduced: list[int]) -> Value:
        """A vector along the axis, in the dtype of `x` and in a shape that broadcasts to that of `x`."""
        vector = ops.cast(vector, x.dtype)
        if vector.rank == x.rank or reduced == list(range(x.rank - 1)):
            return vector
        return ops.reshape(vector, [x.dims[i] if i == self.axis[0] else 1 for i in range(x.rank)])


class SyncBatchNormalization(BatchNormalization):
    """A BatchNormalization whose replicas share the statistics of the batch.

    Source: tf_keras/src/layers/normalization/batch_normalization.py, SyncBatchNormalization.
    """

    facts = replace(BatchNormalization.facts, absent_in=3, module="keras.layers.experimental")
    synchronized: bool = fields.boolean(default=True, stored=False)
