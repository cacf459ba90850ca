"""Keras's initializers: the distribution of a weight before training, drawn in NumPy.

The distributions are the same as in Keras. The numbers differ, because they come from another generator. Fans of a
weight shape:

    ()              fan_in = fan_out = 1
    (n,)            fan_in = fan_out = n
    (in, out)       a matrix
    (*field, in, out)   fan_in = in * product(field), fan_out = out * product(field)

Source: keras/src/initializers/initializers.py (2.15).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config, to_config as to_config
from kerasfmt.ir.initializer import (
    REGISTRY,
    Array as Array,
    FunctionInitializer as FunctionInitializer,
    Initializer as Initializer,
    Rng as Rng,
)
from kerasfmt.typing import override

FanMode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg"]
Distribution: TypeAlias = Literal["uniform", "truncated_normal", "untruncated_normal"]

_TRUNCATED_STDDEV = 0.87962566103423978
"""Standard deviation of the standard normal distribution cut off at -2 and 2."""

custom = REGISTRY.custom
knows = REGISTRY.knows


@REGISTRY.register("zeros", "zero", "ZerosV2")
class Zeros(Initializer):
    """Zeros.

    Source: keras/src/initializers/initializers.py, Zeros
    """

    floating_only = False

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return np.zeros(shape, dtype.numpy)


@REGISTRY.register("ones", "one", "OnesV2")
class Ones(Initializer):
    """Ones.

    Source: keras/src/initializers/initializers.py, Ones
    """

    floating_only = False

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return np.ones(shape, dtype.numpy)


def _as_lists(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


@REGISTRY.register("constant", "ConstantV2")
class Constant(Initializer):
    """One value everywhere, or (nested) lists of values in the order of the weight's elements.

    Source: keras/src/initializers/initializers.py, Constant
    """

    floating_only = False

    value: object = fields.option(default=0, convert=_as_lists)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        try:
            values: Array = np.asarray(self.value).astype(dtype.numpy)
        except (TypeError, ValueError) as error:
            raise self._misfit(f"values that convert to the dtype ({error})", shape, dtype) from error
        if values.size == 1:
            return np.full(shape, values.reshape(()), dtype.numpy)
        if values.size != math.prod(shape):
            raise self._misfit(f"a shape of {values.size} elements", shape, dtype)
        return values.reshape(shape)


@REGISTRY.register("random_normal", "normal", "RandomNormalV2")
class RandomNormal(Initializer):
    """A normal distribution.

    Source: keras/src/initializers/initializers.py, RandomNormal
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return _cast(self.mean + self.stddev * rng.standard_normal(shape), dtype)


@REGISTRY.register("random_uniform", "uniform", "RandomUniformV2")
class RandomUniform(Initializer):
    """A uniform distribution over `minval .. maxval`; integers below `maxval` for an integer dtype.

    Source: keras/src/initializers/initializers.py, RandomUniform
    """

    floating_only = False

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        low, high = self.minval, self.maxval
        if dtype.is_integer and isinstance(low, int) and isinstance(high, int) and low < high:
            return _cast(rng.integers(low, high, shape), dtype)
        if not dtype.is_floating:
            raise self._misfit(
                "a floating dtype (an integer one needs integers minval < maxval)", shape, dtype
            )
        return _cast(low + (high - low) * rng.random(shape), dtype)


@REGISTRY.register("truncated_normal", "TruncatedNormalV2")
class TruncatedNormal(Initializer):
    """A normal distribution without its tails: draws beyond two `stddev` are drawn again.

    Source: keras/src/initializers/initializers.py, TruncatedNormal
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return _cast(self.mean + self.stddev * _truncated_normal(shape, rng), dtype)


@REGISTRY.register("orthogonal", "OrthogonalV2", "OrthogonalInitializer")
class Orthogonal(Initializer):
    """A matrix (all dimensions but the last flattened) of orthonormal rows or columns, times `gain`.

    Source: keras/src/initializers/initializers.py, Orthogonal
    """

    gain: float = 1.0
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        if len(shape) < 2:
            raise self._misfit("at least two dimensions", shape, dtype)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diagonal(r))
        if rows < columns:
            q = q.T
        return _cast(self.gain * q.reshape(shape), dtype)


@REGISTRY.register("identity", "IdentityV2", "IdentityInitializer")
class Identity(Initializer):
    """The identity matrix, times `gain`.

    Source: keras/src/initializers/initializers.py, Identity
    """

    gain: float = 1.0

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        if len(shape) != 2:
            raise self._misfit("two dimensions", shape, dtype)
        return _cast(self.gain * np.eye(*shape), dtype)


def _distribution(value: Any) -> Any:
    names = fields.choice("uniform", "truncated_normal", "untruncated_normal")
    return names.convert("truncated_normal" if str(value).lower() == "normal" else value)


@REGISTRY.register("variance_scaling", "VarianceScalingV2")
class VarianceScaling(Initializer):
    """A distribution around 0 of variance `scale / fan`.

    Source: keras/src/initializers/initializers.py, VarianceScaling
    """

    scale: float = fields.number(default=1.0, above=0)
    mode: FanMode = fields.choice("fan_in", "fan_out", "fan_avg", default="fan_in")
    distribution: Field[Distribution, Distribution | Literal["normal"]] = fields.option(
        default="truncated_normal", convert=_distribution
    )
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        variance = self.scale / _fan(shape, self.mode)
        if self.distribution == "truncated_normal":
            draws = math.sqrt(variance) / _TRUNCATED_STDDEV * _truncated_normal(shape, rng)
        elif self.distribution == "untruncated_normal":
            draws = math.sqrt(variance) * rng.standard_normal(shape)
        else:
            limit = math.sqrt(3.0 * variance)
            draws = limit * (2.0 * rng.random(shape) - 1.0)
        return _cast(draws, dtype)


class _FixedScaling(Initializer):
    """Variance scaling whose only option is the seed."""

    scaling: ClassVar[tuple[float, FanMode, Distribution]]

    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        return VarianceScaling(*self.scaling)(shape, dtype, rng)


@REGISTRY.register("glorot_uniform", "GlorotUniformV2", "glorot_uniformV2")
class GlorotUniform(_FixedScaling):
    """Uniform within `sqrt(6 / (fan_in + fan_out))` of 0; Keras's default for kernels.

    Source: keras/src/initializers/initializers.py, GlorotUniform
    """

    scaling = (1.0, "fan_avg", "uniform")


@REGISTRY.register("glorot_normal", "GlorotNormalV2", "glorot_normalV2")
class GlorotNormal(_FixedScaling):
    """Truncated normal of variance `2 / (fan_in + fan_out)`.

    Source: keras/src/initializers/initializers.py, GlorotNormal
    """

    scaling = (1.0, "fan_avg", "truncated_normal")


@REGISTRY.register("lecun_uniform", "LecunUniformV2", "lecun_uniformV2")
class LecunUniform(_FixedScaling):
    """Uniform within `sqrt(3 / fan_in)` of 0.

    Source: keras/src/initializers/initializers.py, LecunUniform
    """

    scaling = (1.0, "fan_in", "uniform")


@REGISTRY.register("lecun_normal", "LecunNormalV2", "lecun_normalV2")
class LecunNormal(_FixedScaling):
    """Truncated normal of variance `1 / fan_in`.

    Source: keras/src/initializers/initializers.py, LecunNormal
    """

    scaling = (1.0, "fan_in", "truncated_normal")


@REGISTRY.register("he_uniform", "HeUniformV2", "he_uniformV2")
class HeUniform(_FixedScaling):
    """Uniform within `sqrt(6 / fan_in)` of 0.

    Source: keras/src/initializers/initializers.py, HeUniform
    """

    scaling = (2.0, "fan_in", "uniform")


@REGISTRY.register("he_normal", "HeNormalV2", "he_normalV2")
class HeNormal(_FixedScaling):
    """Truncated normal of variance `2 / fan_in`.

    Source: keras/src/initializers/initializers.py, HeNormal
    """

    scaling = (2.0, "fan_in", "truncated_normal")


def get(identifier: object) -> Initializer | None:
    """The initializer that `identifier` names; None for None.

    Raises:
      UnsupportedLayerError: the class or one of its options is not known.

    Source: keras/src/initializers/__init__.py, get
    """
    return REGISTRY.get(identifier)


Option: TypeAlias = Field[Initializer, Initializer | type[Initializer] | Config]
"""The type of an option that is an initializer."""


def option(*, default: str) -> Any:
    """An option that is an initializer."""
    return Field(default, get, to_config, custom=custom)


def _fan(shape: tuple[int, ...], mode: FanMode) -> float:
    if len(shape) < 2:
        fan_in = fan_out = math.prod(shape)
    else:
        field = math.prod(shape[:-2])
        fan_in, fan_out = shape[-2] * field, shape[-1] * field
    return max(1.0, {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[mode])


def _truncated_normal(shape: tuple[int, ...], rng: Rng) -> Array:
    draws = rng.standard_normal(math.prod(shape))
    beyond = np.flatnonzero(np.abs(draws) > 2.0)
    while beyond.size:
        draws[beyond] = rng.standard_normal(beyond.size)
        beyond = beyond[np.abs(draws[beyond]) > 2.0]
    return draws.reshape(shape)


def _cast(draws: Array, dtype: DType) -> Array:
    weight: Array = np.asarray(draws).astype(dtype.numpy)
    return weight
