"""Layers that vary the colours of images while training, and leave them unchanged at inference; Keras 3 alone has them.

Source: keras/src/layers/preprocessing/image_preprocessing (3.x), a module for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.layers.augmentation_base import (
    Augmentation,
    Bounds,
    Range,
    from_range,
    image_range,
    pair,
    to_range,
)
from kerasfmt.layers.image import ImageLayer
from kerasfmt.typing import override

Bits: TypeAlias = Field[tuple[int, int], int | Sequence[int]]
"""The type of an option that is a number of bits, held as a pair of bounds."""

_GRAY: Final = (0.2989, 0.587, 0.114)
"""The shares of red, green and blue in grey. Source: tensorflow/python/ops/image_ops_impl.py, rgb_to_grayscale."""


def _gray(x: Value) -> Value:
    """Images without colours, in one channel."""
    shares = np.array(_GRAY, x.dtype.numpy)
    return ops.reduce_sum(x * x.graph.constant(shares), -1, keepdims=True)


def contrasted(x: Value, times: Value, limits: Any) -> Value:
    """Images whose differences from their means are multiplied, channel by channel."""
    mean = ops.reduce_mean(ops.reduce_mean(x, [1], keepdims=True), [2], keepdims=True)
    return ops.clip_by_value((x - mean) * times + mean, *map(float, limits))


class RandomInvert(Augmentation):
    """Images as negatives, with a random probability.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        return ops.where(self.chosen(x, self.factor), float(self.value_range[1]) - x, x)


class RandomGrayscale(Augmentation):
    """Images without colours, with a probability.

    Args:
      factor: the probability.
      seed: makes the choice repeatable; not part of the config.
    """

    factor: float = fields.fraction(default=0.5)
    seed: int | None = fields.integer(default=None, optional=True, stored=False)

    @override
    def vary(self, x: Value) -> Value:
        chosen = ops.less(self.share(x), float(self.factor))
        return ops.where(chosen, _gray(x) + ops.zeros_like(x), x)


class Solarization(Augmentation):
    """Images whose bright parts become dark.

    Args:
      addition_factor: what is added first, as a share of 255: a number f, for [0, f], or a pair of bounds.
      threshold_factor: the brightness from which on pixels are inverted, likewise.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    config_order = ("value_range", "addition_factor", "threshold_factor", "seed")
    addition_factor: Bounds = pair(0, 1, default=0.0)
    threshold_factor: Bounds = pair(0, 1, default=0.0)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        (low, high), (least, most) = self.addition_factor, self.threshold_factor
        added, threshold = self.share(x, (low, high * 255)), self.share(x, (least, most * 255))
        y = ops.clip_by_value(from_range(x, self.value_range) + added, 0.0, 255.0)
        return to_range(ops.where(ops.less(y, threshold), y, 255.0 - y), self.value_range)


class RandomColorDegeneration(Augmentation):
    """Images with some of their colours taken away, or added.

    Args:
      factor: the share that is taken away: a number f, for [-f, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(-1, 1, mirrored=True)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        low, high = self.value_range
        return ops.clip_by_value(x + self.share(x, self.factor) * (_gray(x) - x), float(low), float(high))


class RandomPosterization(Augmentation):
    """Images of fewer bits.

    Args:
      factor: the number of bits that stay: a number f, for [1, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bits = fields.option(convert=lambda value: _bits(value), to_config=list)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        low, high = self.factor
        bits = ops.floor(self.share(x, (low, high))) if low != high else self.share(x) * 0.0 + float(low)
        step = emit_one("Pow", bits * 0.0 + 2.0, 8.0 - bits)
        whole = ops.floor(from_range(x, self.value_range))
        return to_range(ops.floor(whole / step) * step, self.value_range)


def _bits(value: Any) -> tuple[int, int]:
    found = tuple(value) if isinstance(value, list | tuple) else (1, value)
    if len(found) != 2 or not all(fields.is_integer(b) and 1 <= b <= 8 for b in found):
        raise ValueError(f"expected a whole number from 1 to 8, or a pair of them, got {value!r}")
    return (min(found), max(found))


def _saturated(x: Value, drawn: Value, limits: Any) -> Value:
    """Images of which the saturation is multiplied by d / (1 - d), for numbers d."""
    times = drawn / (1.0 - drawn + 1e-7)
    hue, saturation, value = ops.split(emit_one("RGBToHSV", ops.cast(x, "float32")), 3, -1)
    changed = ops.clip_by_value(saturation * ops.cast(times, "float32"), *map(float, limits))
    return ops.cast(emit_one("HSVToRGB", ops.concat([hue, changed, value], -1)), x.dtype)


class RandomSaturation(Augmentation):
    """Images of more or less intense colours.

    Args:
      factor: a number f, for [0.5 - f / 2, 0.5 + f / 2], or a pair of bounds: 0 is grey, 0.5 leaves images alone.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(-1, 1, mirrored=True)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        return _saturated(x, self.share(x, self.factor), self.value_range)


def _turned(x: Value, turn: Value, limits: Any) -> Value:
    """Images whose colours are moved round the colour wheel, by shares of it."""
    images = from_range(ops.cast(x, "float32"), limits) / 255.0
    hue, saturation, value = ops.split(emit_one("RGBToHSV", images), 3, -1)
    moved = ops.floor_mod(hue + ops.cast(turn, "float32"), 1.0)
    found = emit_one("HSVToRGB", ops.concat([moved, saturation, value], -1)) * 255.0
    return ops.cast(to_range(found, limits), x.dtype)


class RandomHue(Augmentation):
    """Images whose colours are moved round the colour wheel.

    Args:
      factor: how far, as a share of half of it: a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        return _turned(x, self.turn(x, self.factor), self.value_range)


def _factor(limits: Field[Any, Any]) -> Any:
    """An option that is kept as given, and has to be what another layer takes as its factor; None changes nothing."""

    def convert(value: Any) -> Any:
        if value is not None:
            limits.convert(value)
        return value

    return fields.option(default=None, convert=convert, to_config=fields.raw().to_config)


_BRIGHTNESS: Final[Field[Any, Any]] = pair(-1, 1, mirrored=True)
_CONTRAST: Final[Field[Any, Any]] = pair(0, 1)
_SATURATION: Final = RandomSaturation.fields["factor"]
_HUE: Final = RandomHue.fields["factor"]


class RandomColorJitter(Augmentation):
    """Images with brightness, contrast, saturation and hue changed, one after the other.

    Args:
      value_range: least and greatest value of the images.
      brightness_factor: how much brighter, as a share of the range: a number f, for [-f, f], or a pair of bounds.
      contrast_factor: how much the contrast grows: a number f, for [0, f], or a pair of bounds; the first one is
        subtracted.
      saturation_factor: as the factor of `RandomSaturation`.
      hue_factor: as the factor of `RandomHue`.
      seed: makes the choice repeatable.
    """

    value_range: Range = image_range()
    brightness_factor: Any = _factor(_BRIGHTNESS)
    contrast_factor: Any = _factor(_CONTRAST)
    saturation_factor: Any = _factor(_SATURATION)
    hue_factor: Any = _factor(_HUE)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        low, high = map(float, self.value_range)
        if self.brightness_factor is not None:
            share = self.share(x, _BRIGHTNESS.convert(self.brightness_factor))
            x = ops.clip_by_value(x + share * (high - low), low, high)
        if self.contrast_factor is not None:
            less, more = _CONTRAST.convert(self.contrast_factor)
            x = contrasted(x, self.share(x, (1.0 - less, 1.0 + more)), self.value_range)
        if self.saturation_factor is not None:
            x = _saturated(x, self.share(x, _SATURATION.convert(self.saturation_factor)), self.value_range)
        if self.hue_factor is not None:
            x = _turned(x, self.turn(x, _HUE.convert(self.hue_factor)), self.value_range)
        return x


class AutoContrast(ImageLayer):
    """Images whose channels are stretched to the whole range, in training and at inference.

    Args:
      value_range: least and greatest value of the images.
    """

    facts = KerasFacts(absent_in=2)
    value_range: Range = image_range()

    @override
    def call(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        given = ops.cast(inputs, self.compute_dtype)
        x = from_range(given, self.value_range)
        axes = [1, 2] if x.rank == 4 else [0, 1]
        low = -ops.reduce_max(-x, axes, keepdims=True)
        scale = 255.0 / (ops.reduce_max(x, axes, keepdims=True) - low)
        found = to_range(ops.clip_by_value(x * scale + -low * scale, 0.0, 255.0), self.value_range)
        return ops.where(ops.is_nan(found), given, found)


class Equalization(Augmentation):
    """Images of which each channel has all values about equally often, over the whole batch.

    Args:
      value_range: least and greatest value of the images.
      bins: number of values.
    """

    config_order = ("bins", "value_range")
    value_range: Range = image_range()
    bins: int = fields.positive_integer(default=256)
    seed: int | None = fields.integer(default=None, optional=True, stored=False)

    @override
    def vary(self, x: Value) -> Value:
        self.last_dim(x.spec)  # the channels are taken apart
        channels = ops.unpack(from_range(x, self.value_range), -1)
        found = to_range(ops.pack([self._equalized(channel) for channel in channels], -1), self.value_range)
        return ops.cast(found, x.dtype)

    def _equalized(self, channel: Value) -> Value:
        """A channel in [0, 255] by the share of the values that are not larger; one with a single value as it is."""
        last = float(self.bins - 1)
        values = ops.cast(channel, "float32")
        places = ops.clip_by_value(ops.cast(values * last / 255.0, "int32"), 0, self.bins - 1)
        nothing = channel.graph.constant(np.zeros(0, np.int32))
        counts = ops.dense_bincount(ops.reshape(places, [-1]), self.bins, nothing)
        below = ops.cast(ops.cumsum(counts), "float64")
        total = ops.cast(ops.reduce_sum(counts, [0]), "float64")
        first = -ops.reduce_max(-ops.where(ops.greater(below, 0.0), below, total), [0])
        rest = ops.where(ops.equal(total, first), 1.0, total - first)
        table = ops.clip_by_value(ops.round((below - first) * 255.0 / rest), 0.0, 255.0)
        scaled = ops.clip_by_value(channel / 255.0 * last, 0.0, last)
        found = ops.cast(ops.gather(table, ops.cast(scaled, "int32")), channel.dtype)
        kinds = ops.reduce_sum(ops.cast(ops.greater(counts, 0), "int32"), [0])
        return ops.where(ops.greater(kinds, 1), found, channel)


class MaxNumBoundingBoxes(ImageLayer):
    """Images unchanged; Keras limits the boxes beside them, which models of kerasfmt do not have.

    Args:
      max_number: the number of boxes.
    """

    facts = KerasFacts(absent_in=2)
    max_number: int = fields.positive_integer()

    @override
    def call(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        return ops.identity(ops.cast(inputs, self.compute_dtype))
