"""Layers that regularize training with noise, dropout or penalties; also Masking and Identity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.ir import fields
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import ANY_VALUE, ComparedMask, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.regularizers import L1L2
from kerasfmt.ir.structure import Structure, map_structure
from kerasfmt.nn.shapes import dropout, seeds
from kerasfmt.typing import override

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


class SpatialDropout(Layer, register=False):
    """Base of dropouts that drop whole feature maps.

    Args:
      rate: share of feature maps that are dropped.
      data_format: "channels_last" or "channels_first"; not part of the config.
      noise_shape: ignored, as in Keras.
      seed: makes the mask repeatable.

    Source: tf_keras/src/layers/regularization/spatial_dropout1d.py, and so on.
    """

    facts = KerasFacts(implied_by_keras3={"noise_shape": (None,), "trainable": ANY_VALUE})
    supports_masking = True
    config_order = ("rate", "noise_shape", "seed")
    rank: ClassVar[int]
    rate: float = fields.fraction()
    data_format: fields.DataFormat = fields.data_format(stored=False)
    noise_shape: Sequence[int | None] | None = fields.noise_shape()
    seed: int | None = None

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=self.rank + 2)

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def call(self, inputs: Value, training: bool = False) -> Value:
        if not training or self.rate == 0:
            return ops.identity(inputs)
        ones = [1] * self.rank
        shape = [None, None, *ones] if self.data_format == "channels_first" else [None, *ones, None]
        return dropout(inputs, self.rate, shape, self.seed)


class SpatialDropout1D(SpatialDropout):
    """Sets features of sequences to zero at random, at all steps.

    Input: float (batch, steps, features).
    Source: tf_keras/src/layers/regularization/spatial_dropout1d.py.
    """

    rank = 1

    @override
    def validate(self) -> None:
        """Checks that the channels are last."""
        if self.data_format != "channels_last":
            raise self.fail(f"option data_format: expected channels_last, got {self.data_format}")


class SpatialDropout2D(SpatialDropout):
    """Sets channels of images to zero at random.

    Input: float (batch, height, width, channels), or channels first.
    Source: tf_keras/src/layers/regularization/spatial_dropout2d.py.
    """

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """Sets channels of volumes to zero at random.

    Input: float (batch, depth, height, width, channels), or channels first.
    Source: tf_keras/src/layers/regularization/spatial_dropout3d.py.
    """

    rank = 3


class GaussianNoise(Layer):
    """Adds normally distributed noise while training.

    Args:
      stddev: standard deviation of the noise.
      seed: makes the noise repeatable.

    Source: tf_keras/src/layers/regularization/gaussian_noise.py.
    """

    supports_masking = True
    stddev: float
    seed: int | None = None

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def call(self, inputs: Value, training: bool = False) -> Value:
        return inputs + _normal(inputs, 0.0, self.stddev, self.seed) if training else inputs


class GaussianDropout(Layer):
    """Multiplies the inputs by normally distributed noise with mean 1 while training.

    Args:
      rate: as for Dropout; the noise has the standard deviation sqrt(rate / (1 - rate)).
      seed: makes the noise repeatable.

    Source: tf_keras/src/layers/regularization/gaussian_dropout.py.
    """

    supports_masking = True
    rate: float
    seed: int | None = None

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def call(self, inputs: Value, training: bool = False) -> Value:
        if not training or not 0 < self.rate < 1:
            return inputs
        return inputs * _normal(inputs, 1.0, math.sqrt(self.rate / (1.0 - self.rate)), self.seed)


def _normal(x: Value, mean: float, stddev: float, seed: int | None) -> Value:
    """Normally distributed noise in the shape of `x`."""
    return ops.random_normal(ops.shape(x), x.dtype, mean=mean, stddev=stddev, **seeds(seed))


class AlphaDropout(Layer):
    """Sets inputs to the lower limit of selu at random while training; preserves mean and variance.

    Args:
      rate: share of inputs that are dropped.
      noise_shape: shape of the mask; not part of the config.
      seed: makes the mask repeatable.

    Source: tf_keras/src/layers/regularization/alpha_dropout.py.
    """

    supports_masking = True
    rate: float
    noise_shape: Sequence[int | None] | None = fields.noise_shape(stored=False)
    seed: int | None = None

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return ("noise_shape",) if isinstance(self.noise_shape, list) else ()

    @override
    def call(self, inputs: Value, training: bool = False) -> Value:
        if not training or not 0 < self.rate < 1:
            return inputs
        graph = inputs.graph
        shape = graph.constant(int32(self.noise_shape)) if self.noise_shape else ops.shape(inputs)
        limit = -_SELU_ALPHA * _SELU_SCALE
        noise = ops.random_uniform(shape, dtypes.float32, **seeds(self.seed))
        keep = ops.cast(ops.greater_equal(noise, self.rate), inputs.dtype)
        scale = float(((1 - self.rate) * (1 + self.rate * limit**2)) ** -0.5)
        return scale * (inputs * keep + limit * (1 - keep)) - scale * limit * self.rate


class ActivityRegularization(Layer):
    """The inputs; adds a penalty on them to the losses.

    Args:
      l1: factor of the sum of the absolute values.
      l2: factor of the sum of the squares.

    Source: tf_keras/src/layers/regularization/activity_regularization.py.
    """

    supports_masking = True
    l1: float = 0.0
    l2: float = 0.0

    @property
    @override
    def activity_penalty(self) -> L1L2:
        return L1L2(self.l1, self.l2)

    # Keras's class inherits `call(inputs, *args, **kwargs)`, and Keras passes it `training`.
    @override
    def call(self, inputs: Value, *args: Any, training: bool = False, **kwargs: Any) -> Value:
        return inputs


class Identity(Layer):
    """The inputs.

    Source: tf_keras/src/layers/core/identity.py.
    """

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; keeps the dtype as it was given."""
        self._dtype = given.get("dtype")
        return super().complete(given)

    @override
    def get_config(self) -> dict[str, Any]:
        """The config, with the dtype as it was given: Keras's class has no `get_config`."""
        return super().get_config() | ({"dtype": self._dtype} if isinstance(self._dtype, str) else {})

    @override
    def call(self, inputs: Structure) -> Structure:
        return map_structure(ops.identity, inputs)


def _mask_value(value: Any) -> float:
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, int | float):
        raise ValueError(f"expected a number, got {value!r}")
    return value


class Masking(Layer):
    """Masks steps whose features all equal `mask_value`, and sets them to zero; later layers skip them.

    Args:
      mask_value: marks a step to skip.

    Input: float (batch, steps, features). Output: the same.
    Source: tf_keras/src/layers/core/masking.py.
    """

    facts = KerasFacts(compared_mask=ComparedMask(0.0, value_option="mask_value", reduced=True))
    supports_masking = True
    mask_value: float = fields.option(default=0.0, convert=_mask_value)

    @property
    @override
    def starts_mask(self) -> bool:
        return True

    @override
    def compute_mask(self, inputs: Value, mask: Value | None) -> Value:
        """True where a feature differs from `mask_value`."""
        return ops.reduce_any(ops.not_equal(inputs, self.mask_value), -1)

    @override
    def call(self, inputs: Value) -> Value:
        found = ops.reduce_any(ops.not_equal(inputs, self.mask_value), -1, keepdims=True)
        return inputs * ops.cast(found, inputs.dtype)
