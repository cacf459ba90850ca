"""What the layers of Keras 3 that vary images have in common: pairs of bounds, ranges, draws for each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.layers.image_random import RandomImageLayer, batch_size

Bounds: TypeAlias = Field[tuple[float, float], float | Sequence[float]]
"""The type of an option that is held as a pair of bounds."""
Range: TypeAlias = Field[tuple[float, float], Sequence[float]]
"""The type of an option that is a pair of numbers."""


def pair(low: float, high: float, *, default: Any = fields.REQUIRED, mirrored: bool = False) -> Any:
    """An option that is held as a pair of bounds; a number f stands for [0, f], or for [-f, f] if `mirrored`."""

    def convert(value: Any) -> tuple[float, ...]:
        both = isinstance(value, list | tuple)
        found = tuple(value) if both else (0 - value if mirrored else 0, value)
        if len(found) != 2 or not all(isinstance(b, int | float) and low <= b <= high for b in found):
            raise ValueError(f"expected a number from {low} to {high}, or a pair of them, got {value!r}")
        return (min(found), max(found))

    def to_config(value: tuple[float, float]) -> Any:
        # RandomShear takes no pair with a negative bound, not even the pair that it stores itself.
        return value[1] if mirrored and value[0] == -value[1] else list(value)

    return fields.option(default=default, convert=convert, to_config=to_config)


def image_range(*, default: Any = (0, 255)) -> Any:
    """An option: the least and the greatest value of the images."""

    def convert(value: Any) -> tuple[float, float]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(f"expected a pair of numbers, got {value!r}")
        low, high = value
        if not all(isinstance(b, int | float) and not isinstance(b, bool) for b in value) or not low < high:
            raise ValueError(f"expected a pair of numbers that grow, got {value!r}")
        return (low, high)

    return fields.option(default=default, convert=convert, to_config=list)


def from_range(x: Value, limits: Any) -> Value:
    """Images of some range in [0, 255]."""
    low, high = limits
    return x if (low, high) == (0, 255) else (x - float(low)) / float(high - low) * 255.0


def to_range(x: Value, limits: Any) -> Value:
    """Images of [0, 255] in another range."""
    low, high = limits
    return x if (low, high) == (0, 255) else x / 255.0 * float(high - low) + float(low)


class Augmentation(RandomImageLayer, register=False):
    """Base of the layers on images (batch, height, width, channels), or on one image without a batch.

    Args:
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(absent_in=2)

    def share(self, x: Value, limits: Any = (0.0, 1.0)) -> Value:
        """A random number for each image, as (batch, 1, 1, 1) in the dtype of the images."""
        low, high = limits
        drawn = self.uniform([batch_size(x), 1, 1, 1], (float(low), float(high)))
        return ops.cast(drawn, x.dtype)

    def gamma(self, alpha: Value) -> Value:
        """A number of the gamma distribution for each alpha, float32, above 0. Source: tf.random.stateless_gamma."""
        seed = ops.generator_seed(self.state, alpha)
        drawn = emit_one("StatelessRandomGammaV2", ops.shape(alpha), seed, alpha)
        return ops.maximum(drawn, np.finfo(np.float32).tiny)

    def beta(self, alpha: Value) -> Value:
        """A number of the beta distribution with both parameters alike for each alpha, float32."""
        first = self.gamma(alpha)
        return first / (first + self.gamma(alpha))

    def numbers(self, x: Value, count: int, below: int) -> list[Value]:
        """Random int32 scalars from 0 on."""
        shape = x.graph.constant(np.array([count], np.int32))
        drawn = ops.generator_integers(self.state, shape, 0, below)
        return [ops.getitem(drawn, place) for place in range(count)]

    def shuffled(self, x: Value) -> Value:
        """The images in random order."""
        batch = batch_size(x)
        drawn = self.uniform([batch], (0.0, 1.0))
        order = emit("TopKV2", drawn, batch)[1]
        return ops.gather(x, order)

    def rectangle(self, x: Value, shares: Sequence[Value]) -> Value:
        """A rectangle at a random place of each image, as bool (batch, height, width, 1).

        Args:
          x: the images.
          shares: its width and its height as shares of those of the images, float32 (batch, 1).
        """
        inside = None
        for share, axis in zip(shares, (2, 1), strict=True):
            side = ops.cast(ops.getitem(ops.shape(x), axis), "float32")
            size = share * side
            start = self.uniform([batch_size(x), 1], (0.0, 1.0)) * (side - size)
            steps = ops.expand_dims(ops.cast(ops.range_(0, ops.getitem(ops.shape(x), axis)), "float32"), 0)
            within = ops.logical_and(ops.greater_equal(steps, start), ops.less(steps, start + size))
            within = ops.expand_dims(ops.expand_dims(within, axis % 2 + 1), 3)
            inside = within if inside is None else ops.logical_and(inside, within)
        assert inside is not None
        return inside

    def turn(self, x: Value, limits: Any) -> Value:
        """A random share of the colour wheel for each image, in either direction, up to half of it."""
        sign = ops.where(ops.greater(self.share(x), 0.5), -1.0, self.share(x) * 0.0 + 1.0)
        return sign * self.share(x, limits) * 0.5

    def chosen(self, x: Value, limits: Any) -> Value:
        """Whether an image is chosen, with a probability between limits: bool (batch, 1, 1, 1)."""
        probability = self.share(x, limits)
        return ops.less(self.share(x), probability)
