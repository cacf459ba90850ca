"""Layers that vary images while training, and leave them unchanged at inference; Keras 2 has no such layers.

What some of them do in training is not written: they predict, and every format without traced functions holds them.

Source: keras/src/layers/preprocessing/image_preprocessing (3.x), a module for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.layers.image import ImageLayer
from kerasfmt.layers.image_random import RandomImageLayer, batch_size
from kerasfmt.typing import override

Bounds: TypeAlias = Field[tuple[float, float], float | Sequence[float]]
"""The type of an option that is held as a pair of bounds."""
Bits: TypeAlias = Field[tuple[int, int], int | Sequence[int]]
"""The type of an option that is a number of bits, held as a pair of bounds."""
Range: TypeAlias = Field[tuple[float, float], Sequence[float]]
"""The type of an option that is a pair of numbers."""

_GRAY: Final = (0.2989, 0.587, 0.114)
"""The shares of red, green and blue in grey. Source: tensorflow/python/ops/image_ops_impl.py, rgb_to_grayscale."""


def _pair(low: float, high: float, *, default: Any = fields.REQUIRED, mirrored: bool = False) -> Any:
    """An option that is held as a pair of bounds; a number f stands for [0, f], or for [-f, f] if `mirrored`."""

    def convert(value: Any) -> tuple[float, ...]:
        pair = isinstance(value, list | tuple)
        found = tuple(value) if pair else (-value if mirrored else 0, value)
        if len(found) != 2 or not all(isinstance(b, int | float) and low <= b <= high for b in found):
            raise ValueError(f"expected a number from {low} to {high}, or a pair of them, got {value!r}")
        return (min(found), max(found))

    def to_config(value: tuple[float, float]) -> Any:
        # RandomShear takes no pair with a negative bound, not even the pair that it stores itself.
        return value[1] if mirrored and value[0] == -value[1] else list(value)

    return fields.option(default=default, convert=convert, to_config=to_config)


def _range(*, default: Any = (0, 255)) -> Any:
    """An option: the least and the greatest value of the images."""

    def convert(value: Any) -> tuple[float, float]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(f"expected a pair of numbers, got {value!r}")
        low, high = value
        if not all(isinstance(b, int | float) and not isinstance(b, bool) for b in value) or not low < high:
            raise ValueError(f"expected a pair of numbers that grow, got {value!r}")
        return (low, high)

    return fields.option(default=default, convert=convert, to_config=list)


def _from_range(x: Value, limits: Any) -> Value:
    """Images of some range in [0, 255]."""
    low, high = limits
    return x if (low, high) == (0, 255) else (x - float(low)) / float(high - low) * 255.0


def _to_range(x: Value, limits: Any) -> Value:
    """Images of [0, 255] in another range."""
    low, high = limits
    return x if (low, high) == (0, 255) else x / 255.0 * float(high - low) + float(low)


def _gray(x: Value) -> Value:
    """Images without colours, in one channel."""
    shares = np.array(_GRAY, x.dtype.numpy)
    return ops.reduce_sum(x * x.graph.constant(shares), -1, keepdims=True)


class Augmentation(RandomImageLayer, register=False):
    """Base of the layers on images (batch, height, width, channels), or on one image without a batch.

    Args:
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(absent_in=2)

    @override
    def vary(self, x: Value) -> Value:
        raise UnsupportedLayerError(
            f"layer {self.name} ({type(self).__name__}): kerasfmt does not have what it does in training yet, which a "
            'SavedModel holds; save the model with save_format="keras", or without the layer'
        )

    def share(self, x: Value, limits: Any = (0.0, 1.0)) -> Value:
        """A random number for each image, as (batch, 1, 1, 1) in the dtype of the images."""
        low, high = limits
        drawn = self.uniform([batch_size(x), 1, 1, 1], (float(low), float(high)))
        return ops.cast(drawn, x.dtype)

    def chosen(self, x: Value, limits: Any) -> Value:
        """Whether an image is chosen, with a probability between limits: bool (batch, 1, 1, 1)."""
        probability = self.share(x, limits)
        return ops.less(self.share(x), probability)


class RandomInvert(Augmentation):
    """Images as negatives, with a random probability.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    value_range: Range = _range()
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
    addition_factor: Bounds = _pair(0, 1, default=0.0)
    threshold_factor: Bounds = _pair(0, 1, default=0.0)
    value_range: Range = _range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        (low, high), (least, most) = self.addition_factor, self.threshold_factor
        added, threshold = self.share(x, (low, high * 255)), self.share(x, (least, most * 255))
        y = ops.clip_by_value(_from_range(x, self.value_range) + added, 0.0, 255.0)
        return _to_range(ops.where(ops.less(y, threshold), y, 255.0 - y), self.value_range)


class RandomColorDegeneration(Augmentation):
    """Images with some of their colours taken away, or added.

    Args:
      factor: the share that is taken away: a number f, for [-f, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(-1, 1, mirrored=True)
    value_range: Range = _range()
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
    value_range: Range = _range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        low, high = self.factor
        bits = ops.floor(self.share(x, (low, high))) if low != high else self.share(x) * 0.0 + float(low)
        step = emit_one("Pow", bits * 0.0 + 2.0, 8.0 - bits)
        whole = ops.floor(_from_range(x, self.value_range))
        return _to_range(ops.floor(whole / step) * step, self.value_range)


def _bits(value: Any) -> tuple[int, int]:
    found = tuple(value) if isinstance(value, list | tuple) else (1, value)
    if len(found) != 2 or not all(fields.is_integer(b) and 1 <= b <= 8 for b in found):
        raise ValueError(f"expected a whole number from 1 to 8, or a pair of them, got {value!r}")
    return (min(found), max(found))


class RandomSaturation(Augmentation):
    """Images of more or less intense colours.

    Args:
      factor: a number f, for [0.5 - f / 2, 0.5 + f / 2], or a pair of bounds: 0 is grey, 0.5 leaves images alone.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(-1, 1, mirrored=True)
    value_range: Range = _range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        drawn = self.share(x, self.factor)
        times = drawn / (1.0 - drawn + 1e-7)
        low, high = self.value_range
        hue, saturation, value = ops.split(emit_one("RGBToHSV", ops.cast(x, "float32")), 3, -1)
        changed = ops.clip_by_value(saturation * ops.cast(times, "float32"), float(low), float(high))
        return ops.cast(emit_one("HSVToRGB", ops.concat([hue, changed, value], -1)), x.dtype)


class RandomHue(Augmentation):
    """Images whose colours are moved round the colour wheel.

    Args:
      factor: how far, as a share of half of it: a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1)
    value_range: Range = _range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        sign = ops.where(ops.greater(self.share(x), 0.5), -1.0, self.share(x) * 0.0 + 1.0)
        turn = ops.cast(sign * self.share(x, self.factor) * 0.5, "float32")
        images = _from_range(ops.cast(x, "float32"), self.value_range) / 255.0
        hue, saturation, value = ops.split(emit_one("RGBToHSV", images), 3, -1)
        turned = ops.concat([ops.floor_mod(hue + turn, 1.0), saturation, value], -1)
        return ops.cast(_to_range(emit_one("HSVToRGB", turned) * 255.0, self.value_range), x.dtype)


class AutoContrast(ImageLayer):
    """Images whose channels are stretched to the whole range, in training and at inference.

    Args:
      value_range: least and greatest value of the images.
    """

    facts = KerasFacts(absent_in=2)
    value_range: Range = _range()

    @override
    def call(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        given = ops.cast(inputs, self.compute_dtype)
        x = _from_range(given, self.value_range)
        axes = [1, 2] if x.rank == 4 else [0, 1]
        low = -ops.reduce_max(-x, axes, keepdims=True)
        scale = 255.0 / (ops.reduce_max(x, axes, keepdims=True) - low)
        found = _to_range(ops.clip_by_value(x * scale + -low * scale, 0.0, 255.0), self.value_range)
        return ops.where(ops.is_nan(found), given, found)


class RandomSharpness(Augmentation):
    """Images made sharper or softer; its training is not written.

    Args:
      factor: a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(-1, 1)
    value_range: Range = _range()
    seed: int | None = None


class RandomColorJitter(Augmentation):
    """Images with brightness, contrast, saturation and hue changed; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      brightness_factor, contrast_factor, saturation_factor, hue_factor: how much, as a number or a pair of bounds.
      seed: makes the choice repeatable.
    """

    value_range: Range = _range()
    brightness_factor: Any = fields.raw(default=None)
    contrast_factor: Any = fields.raw(default=None)
    saturation_factor: Any = fields.raw(default=None)
    hue_factor: Any = fields.raw(default=None)
    seed: int | None = None


class RandomElasticTransform(Augmentation):
    """Images with small random displacements; its training is not written.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: how far, likewise.
      interpolation: "nearest" or "bilinear".
      fill_mode: what stands for points outside the image.
      fill_value: the value of points outside, for the fill mode "constant".
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    scale: Bounds = _pair(0, 1, default=1.0)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_mode: str = fields.choice("reflect", "wrap", "constant", "nearest", default="reflect")
    fill_value: float = fields.number(default=0.0)
    value_range: Range = _range()
    seed: int | None = None


class RandomErasing(Augmentation):
    """Images with a rectangle erased; its training is not written.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: the share of the image that is erased, likewise.
      fill_value: of the rectangle; random values for None.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    scale: Bounds = _pair(0, 1, default=(0.02, 0.33))
    fill_value: Any = fields.raw(default=None)
    value_range: Range = _range()
    seed: int | None = None


class RandomGaussianBlur(Augmentation):
    """Images blurred at random; its training is not written.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      kernel_size: size of the window.
      sigma: width of the bell curve, a number s, for [0, s], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    kernel_size: fields.Sizes = fields.dims(2, default=3)
    sigma: Bounds = _pair(0, float("inf"), default=1.0)
    value_range: Range = _range()
    seed: int | None = None


class RandomPerspective(Augmentation):
    """Images seen from a random place; its training is not written.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: how far the corners move.
      interpolation: "nearest" or "bilinear".
      fill_value: the value of points outside.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    scale: float = fields.number(default=1.0)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_value: float = fields.number(default=0.0)
    seed: int | None = None


class RandomShear(Augmentation):
    """Images sheared at random; its training is not written.

    Args:
      x_factor: how far along the width: a number f, for [-f, f], or a pair of bounds.
      y_factor: how far along the height, likewise.
      interpolation: "nearest" or "bilinear".
      fill_mode: what stands for points outside the image.
      fill_value: the value of points outside, for the fill mode "constant".
      seed: makes the choice repeatable.
    """

    x_factor: Bounds = _pair(-1, 1, default=0.0, mirrored=True)
    y_factor: Bounds = _pair(-1, 1, default=0.0, mirrored=True)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_mode: str = fields.choice("reflect", "wrap", "constant", "nearest", default="reflect")
    fill_value: float = fields.number(default=0.0)
    seed: int | None = None


class MixUp(Augmentation):
    """Images mixed with others of the batch; its training is not written.

    Args:
      alpha: parameter of the distribution of the shares.
      seed: makes the choice repeatable.
    """

    alpha: float = fields.number(default=0.2, above=0)
    seed: int | None = None


class CutMix(Augmentation):
    """Images with a rectangle of others of the batch; its training is not written.

    Args:
      factor: parameters of the distribution of the sizes, a number f, for [0, f], or a pair.
      seed: makes the choice repeatable.
    """

    factor: Bounds = _pair(0, 1, default=1.0)
    seed: int | None = None


class Equalization(Augmentation):
    """Images of which each channel has all values equally often; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      bins: number of values.
    """

    config_order = ("bins", "value_range")
    value_range: Range = _range()
    bins: int = fields.positive_integer(default=256)
    seed: int | None = fields.integer(default=None, optional=True, stored=False)


class RandAugment(Augmentation):
    """Some random changes, one after the other; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      num_ops: number of changes.
      factor: how strong they are, a number f, for [0, f], or a pair of bounds.
      interpolation: "nearest" or "bilinear".
      seed: makes the choice repeatable.
    """

    value_range: Range = _range()
    num_ops: int = fields.positive_integer(default=2)
    factor: Bounds = _pair(0, 1, default=0.5)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    seed: int | None = None


class AugMix(Augmentation):
    """Images mixed with chains of random changes of themselves; its training is not written.

    Args:
      value_range: least and greatest value of the images.
      num_chains: number of chains.
      chain_depth: number of changes in a chain.
      factor: how strong they are, a number f, for [0, f], or a pair of bounds.
      alpha: parameter of the distribution of the shares.
      all_ops: whether brightness, contrast and saturation are among the changes.
      interpolation: "nearest" or "bilinear".
      seed: makes the choice repeatable.
    """

    value_range: Range = _range()
    num_chains: int = fields.positive_integer(default=3)
    chain_depth: int = fields.positive_integer(default=3)
    factor: Bounds = _pair(0, 1, default=0.3)
    alpha: float = fields.number(default=1.0)
    all_ops: bool = True
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    seed: int | None = None


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
