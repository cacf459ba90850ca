"""Layers that sharpen, blur, erase or warp images while training, and leave them unchanged at inference.

Source: keras/src/layers/preprocessing/image_preprocessing (3.x), a module for each;
  keras/src/backend/tensorflow/image.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.augmentation_base import Augmentation, Bounds, Range, image_range, pair
from kerasfmt.layers.image_random import batch_size, sides
from kerasfmt.layers.image_warp import WarpLayer
from kerasfmt.nn.coordinates import elastic
from kerasfmt.typing import override


def each_channel(layer: Layer, x: Value, kernel: Value) -> Value:
    """Images of which each channel is convolved with the same kernel (height, width), zeros around it."""
    channels = layer.axis_dim(x.spec, -1)
    filters = ops.tile(ops.expand_dims(ops.expand_dims(kernel, -1), -1), [1, 1, channels, 1])
    return ops.depthwise_conv2d(x, filters, padding="SAME")


def _bell_curve(x: Value, size: int, width: Value) -> Value:
    """The values of a bell curve round the middle of a window, which add up to 1."""
    steps = x.graph.constant((np.arange(size) - (size - 1) / 2).astype(x.dtype.numpy))
    shares = steps / width
    curve = ops.exp(shares * shares * -0.5)
    return curve / ops.reduce_sum(curve, [0])


def _homography(before: Value, after: Value) -> Value:
    """The coefficients (batch, 8) of what moves four points (batch, 4, 2) back to where they were before."""

    def column(points: Value, axis: int) -> Value:
        return ops.getitem(points, (slice(None), slice(None), axis))

    x, y = column(after, 0), column(after, 1)
    one, zero = x * 0.0 + 1.0, x * 0.0
    rows = []
    for axis, terms in enumerate(((x, y, one, zero, zero, zero), (zero, zero, zero, x, y, one))):
        given = column(before, axis)
        rows.append(ops.pack([*terms, -given * x, -given * y], -1))
    matrix = ops.concat(rows, 1)
    wanted = ops.expand_dims(ops.concat([column(before, 0), column(before, 1)], 1), -1)
    return ops.squeeze(emit_one("MatrixSolve", matrix, wanted), [-1])


class RandomSharpness(Augmentation):
    """Images made sharper or softer.

    Args:
      factor: a number f, for [0, f], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(-1, 1)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        kernel = np.full((3, 3), 1 / 13)
        kernel[1, 1] = 5 / 13
        softened = each_channel(self, x, x.graph.constant(kernel.astype(x.dtype.numpy)))
        changed = x + (1.0 - self.share(x, self.factor) * 2.0) * (softened - x)
        return ops.clip_by_value(changed, *map(float, self.value_range))


class RandomGaussianBlur(Augmentation):
    """Images blurred at random.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      kernel_size: size of the window.
      sigma: width of the bell curve, a number s, for [0, s], or a pair of bounds.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    kernel_size: fields.Sizes = fields.dims(2, default=3)
    sigma: Bounds = pair(0, float("inf"), default=1.0)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def validate(self) -> None:
        """Checks that the window has a middle."""
        if not all(size % 2 for size in self.kernel_size):
            raise self.fail(f"option kernel_size: expected odd numbers, got {self.kernel_size}")

    @override
    def vary(self, x: Value) -> Value:
        two = x.graph.constant(np.array([2], np.int32))
        widths = ops.cast(ops.generator_uniform(self.state, two, *map(float, self.sigma)), x.dtype) + 1e-6
        curves = [
            _bell_curve(x, size, ops.getitem(widths, axis)) for axis, size in enumerate(self.kernel_size)
        ]
        # Keras lays the window out the other way round; that makes a difference for sides of two lengths.
        kernel = ops.reshape(ops.expand_dims(curves[1], 1) * ops.expand_dims(curves[0], 0), self.kernel_size)
        blurred = ops.where(self.chosen(x, self.factor), each_channel(self, x, kernel), x)
        return ops.clip_by_value(blurred, *map(float, self.value_range))


class RandomErasing(Augmentation):
    """Images with a rectangle erased.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: the share of the image that is erased, likewise.
      fill_value: of the rectangle; random values for None.
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    scale: Bounds = pair(0, 1, default=(0.02, 0.33))
    fill_value: Any = fields.raw(default=None)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def validate(self) -> None:
        """Checks what fills the rectangle."""
        value = self.fill_value
        numbers = list(value) if isinstance(value, list | tuple) else [0.0 if value is None else value]
        if len(numbers) not in (1, 3) or not all(isinstance(n, int | float) for n in numbers):
            raise self.fail(
                f"option fill_value: expected a number, or one for each of 3 channels, got {value!r}"
            )

    @override
    def vary(self, x: Value) -> Value:
        shares = ops.sqrt(self.uniform([batch_size(x), 2], self.scale))
        inside = self.rectangle(x, [ops.getitem(shares, (slice(None), place, None)) for place in range(2)])
        return ops.where(ops.logical_and(inside, self.chosen(x, self.factor)), self._filling(x), x)

    def _filling(self, x: Value) -> Value:
        """What stands in the rectangle, in the range of the images."""
        low, high = map(float, self.value_range)
        if self.fill_value is None:
            seed = ops.generator_seed(self.state, x)
            drawn = emit_one("StatelessRandomNormal", ops.shape(x), seed, dtype=x.dtype) * high
            return ops.clip_by_value(drawn, low, high)
        return x.graph.constant(np.clip(np.array(self.fill_value, x.dtype.numpy), low, high))


class RandomShear(Augmentation, WarpLayer):
    """Images sheared at random.

    Args:
      x_factor: how far along the width: a number f, for [-f, f], or a pair of bounds.
      y_factor: how far along the height, likewise.
      interpolation: "nearest" or "bilinear".
      fill_mode: what stands for points outside the image.
      fill_value: the value of points outside, for the fill mode "constant".
      seed: makes the choice repeatable.
    """

    x_factor: Bounds = pair(-1, 1, default=0.0, mirrored=True)
    y_factor: Bounds = pair(-1, 1, default=0.0, mirrored=True)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_mode: str = fields.choice("reflect", "wrap", "constant", "nearest", default="reflect")
    fill_value: float = fields.number(default=0.0)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        batch = batch_size(x)
        one = ops.fill(ops.pack([batch, 1]), np.float32(1))
        sign = ops.where(ops.greater(self.uniform([batch, 1], (0.0, 1.0)), 0.5), -one, one)
        down = self.uniform([batch, 1], self.y_factor) * sign
        right = self.uniform([batch, 1], self.x_factor) * sign
        zero = one * 0.0
        return self.warp(x, [one, right, zero, down, one, zero, zero, zero])


class RandomPerspective(Augmentation, WarpLayer):
    """Images seen from a random place.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: how far the corners move.
      interpolation: "nearest" or "bilinear".
      fill_value: the value of points outside.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    scale: float = fields.number(default=1.0)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_value: float = fields.number(default=0.0)
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        height, width = sides(x)
        zero = height * 0.0
        corners = [(zero, zero), (width - 1.0, zero), (zero, height - 1.0), (width - 1.0, height - 1.0)]
        before = ops.expand_dims(ops.pack([ops.pack(list(corner)) for corner in corners]), 0)
        half = 0.5 * self.scale
        after = before + before * self.uniform([batch_size(x), 4, 2], (-half, half))
        warped = self.warp(x, [_homography(before + after * 0.0, after)], "constant")
        return ops.where(self.chosen(x, self.factor), warped, x)


class RandomElasticTransform(Augmentation):
    """Images with small random displacements.

    Args:
      factor: the probability, a number f, for [0, f], or a pair of bounds.
      scale: how far, likewise.
      interpolation: "nearest" or "bilinear".
      fill_mode: what stands for points outside the image.
      fill_value: the value of points outside, for the fill mode "constant".
      value_range: least and greatest value of the images.
      seed: makes the choice repeatable.
    """

    factor: Bounds = pair(0, 1, default=1.0)
    scale: Bounds = pair(0, 1, default=1.0)
    interpolation: str = fields.choice("nearest", "bilinear", default="bilinear")
    fill_mode: str = fields.choice("reflect", "wrap", "constant", "nearest", default="reflect")
    fill_value: float = fields.number(default=0.0)
    value_range: Range = image_range()
    seed: int | None = None

    @override
    def vary(self, x: Value) -> Value:
        if not self.scale[1] or not self.factor[1]:
            return x
        chosen = self.chosen(x, self.factor)
        scalar = x.graph.constant(np.zeros(0, np.int32))
        drawn = ops.cast(ops.generator_uniform(self.state, scalar, *map(float, self.scale)), x.dtype)
        height, width = (ops.cast(side, x.dtype) for side in sides(x))
        noise = emit_one(
            "StatelessRandomNormal",
            ops.getitem(ops.shape(x), slice(None, 3)),
            ops.generator_seed(self.state, x),
            dtype=x.dtype,
        )
        moved = elastic(
            x,
            noise,
            ops.maximum(height, width) * 0.1 * drawn,
            ops.minimum(height, width) * 0.05 * drawn,
            ("nearest", "bilinear").index(self.interpolation),
            self.fill_mode,
            self.fill_value,
        )
        return ops.clip_by_value(ops.where(chosen, moved, x), *map(float, self.value_range))
