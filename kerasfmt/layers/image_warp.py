"""Layers that move the pixels of images at random while training.

Source: tf_keras/src/layers/preprocessing/image_preprocessing.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasfmt.graph import Value, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.layers.image_random import Factor, RandomImageLayer, batch_size, bounds, factor, sides
from kerasfmt.typing import override


class WarpLayer(RandomImageLayer, register=False):
    """Base of layers that read images at transformed coordinates.

    Args:
      fill_mode: what stands for points outside the image: "reflect", "wrap", "constant" or "nearest".
      interpolation: "bilinear" or "nearest".
      fill_value: the value of points outside, for the fill mode "constant".
    """

    if TYPE_CHECKING:
        fill_mode: str
        interpolation: str
        fill_value: float

    def warp(self, x: Value, columns: Sequence[Value], fill_mode: str | None = None) -> Value:
        """Images transformed by coefficients, each float32 (batch, 1 or more); `fill_mode` in place of the option."""
        dims = x.dims[1:3]
        size: Any = ops.getitem(ops.shape(x), slice(1, 3)) if None in dims else int32(dims)
        return ops.image_projective_transform(
            x,
            ops.concat(list(columns), 1),
            size,
            self.fill_value,
            interpolation=self.interpolation.upper(),
            fill_mode=(fill_mode or self.fill_mode).upper(),
        )


def _fill_mode() -> Any:
    return fields.choice("reflect", "wrap", "constant", "nearest", default="reflect")


def _interpolation() -> Any:
    return fields.choice("bilinear", "nearest", default="bilinear")


def _filled(rows: Value, columns: int, value: float) -> Value:
    """A float32 matrix with one value everywhere."""
    return ops.fill(ops.pack([rows, columns]), np.float32(value))


def _column(x: Value, index: int) -> Value:
    return ops.getitem(x, (slice(None), index, None))


class RandomTranslation(WarpLayer):
    """Images moved at random.

    Args:
      height_factor: how far down, as a share of the height.
      width_factor: how far right, as a share of the width.
      fill_mode, interpolation, fill_value: as of `WarpLayer`.
      seed: makes the choice repeatable.
    """

    config_order = ("height_factor", "width_factor", "fill_mode", "fill_value", "interpolation", "seed")
    height_factor: Factor = factor(-1.0, 1.0)
    width_factor: Factor = factor(-1.0, 1.0)
    fill_mode: str = _fill_mode()
    interpolation: str = _interpolation()
    seed: int | None = None
    fill_value: float = 0.0

    @override
    def vary(self, x: Value) -> Value:
        batch = batch_size(x)
        height, width = sides(x)
        down = self.uniform([batch, 1], bounds(self.height_factor)) * height
        right = self.uniform([batch, 1], bounds(self.width_factor)) * width
        moves = ops.concat([right, down], 1)
        count = batch_size(moves)
        one, zero = _filled(count, 1, 1.0), _filled(count, 1, 0.0)
        dx, dy = -_column(moves, 0), -_column(moves, 1)
        return self.warp(x, [one, zero, dx, zero, one, dy, _filled(count, 2, 0.0)])


class RandomRotation(WarpLayer):
    """Images rotated at random.

    Args:
      factor: how far counter-clockwise, as a share of a full turn.
      fill_mode, interpolation, fill_value: as of `WarpLayer`.
      seed: makes the choice repeatable.
    """

    facts = KerasFacts(
        implied_by_keras2={"value_range": ANY_VALUE}
    )  # Keras 3.0 to 3.5 state it, and do not use it
    config_order = ("factor", "fill_mode", "fill_value", "interpolation", "seed")
    factor: Factor = factor(-math.inf, math.inf)
    fill_mode: str = _fill_mode()
    interpolation: str = _interpolation()
    seed: int | None = None
    fill_value: float = 0.0

    @override
    def vary(self, x: Value) -> Value:
        """Rotates each image about its middle."""
        lower, upper = (bound * 2.0 * np.pi for bound in bounds(self.factor))
        height, width = sides(x)
        angles = self.uniform([batch_size(x)], (lower, upper))
        right, down = width - 1, height - 1
        cos, sin = ops.cos(angles), ops.sin(angles)
        dx = (right - (cos * right - sin * down)) / 2.0
        dy = (down - (sin * right + cos * down)) / 2.0
        rest = _filled(batch_size(angles), 2, 0.0)
        terms = [ops.getitem(v, (slice(None), None)) for v in (cos, -sin, dx, sin, cos, dy)]
        return self.warp(x, [*terms, rest])


class RandomZoom(WarpLayer):
    """Images enlarged or shrunk at random.

    Args:
      height_factor: the share by which they shrink vertically; negative if they grow.
      width_factor: the same horizontally; by default as vertically, which keeps the aspect ratio.
      fill_mode, interpolation, fill_value: as of `WarpLayer`.
      seed: makes the choice repeatable.
    """

    config_order = ("height_factor", "width_factor", "fill_mode", "fill_value", "interpolation", "seed")
    height_factor: Factor = factor(-1.0, 1.0)
    width_factor: Field[Any, float | Sequence[float] | None] = factor(
        -1.0, math.inf, default=None, optional=True
    )
    fill_mode: str = _fill_mode()
    interpolation: str = _interpolation()
    seed: int | None = None
    fill_value: float = 0.0

    @override
    def vary(self, x: Value) -> Value:
        """Zooms each image about its middle."""
        batch = batch_size(x)
        height, width = sides(x)
        vertical = self._zoom(batch, self.height_factor)
        horizontal = vertical if self.width_factor is None else self._zoom(batch, self.width_factor)
        zooms = ops.concat([horizontal, vertical], 1)
        count = batch_size(zooms)
        zx, zy, zero = _column(zooms, 0), _column(zooms, 1), _filled(count, 1, 0.0)
        dx = (width - 1.0) / 2.0 * (1.0 - zx)
        dy = (height - 1.0) / 2.0 * (1.0 - zy)
        return self.warp(x, [zx, zero, dx, zero, zy, dy, _filled(count, 2, 0.0)])

    def _zoom(self, batch: Value, value: Any) -> Value:
        lower, upper = bounds(value)
        return self.uniform([batch, 1], (1.0 + lower, 1.0 + upper))
