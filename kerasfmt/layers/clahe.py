"""ContrastLimitedAdaptiveHistogramEqualization: each tile of an image has all values about equally often.

Source: keras/src/layers/preprocessing/image_preprocessing/clahe.py (3.x)
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.augmentation_base import Range, from_range, image_range, to_range
from kerasfmt.typing import override

_LEVELS: Final = 256
"""The number of values among which pixels are told apart."""


class ContrastLimitedAdaptiveHistogramEqualization(Layer):
    """Images whose tiles are equalized, in training and at inference; between tiles, tables of values are mixed.

    Args:
      value_range: least and greatest value of the images.
      clip_limit: how many times as often as the mean a value counts at most; 0 for no limit.
      tile_grid_size: number of tiles along height and width.
      data_format: "channels_last" or "channels_first".

    Input: (batch, height, width, channels) or one image, of known sizes; (..., channels, height, width) for
      channels_first. Output: the same shape and dtype.
    """

    facts = KerasFacts(absent_in=2)
    autocast = False
    value_range: Range = image_range()
    clip_limit: float = fields.number(default=4.0)
    tile_grid_size: fields.Sizes = fields.dims(2, default=(8, 8))
    data_format: fields.DataFormat = fields.data_format()

    @override
    def build(self, inputs: Spec) -> None:
        """Checks that the sizes are known, and that there are pixels for all tiles."""
        if inputs.shape is None or len(inputs.shape) not in (3, 4):
            raise self.fail(f"input: expected images or one image, got shape {inputs.shape}")
        first = self.data_format == "channels_first"
        for axis, count in zip((-2, -1) if first else (-3, -2), self.tile_grid_size, strict=True):
            size = self.axis_dim(inputs, axis)
            missing = -(-size // count) * count - size
            if missing > size:
                raise self.fail(
                    f"option tile_grid_size: expected at most {size} tiles of {size} pixels, got {count}"
                )
        self.axis_dim(inputs, -3 if first else -1)

    @override
    def call(self, inputs: Value) -> Value:
        first, one = self.data_format == "channels_first", inputs.rank == 3
        x = ops.expand_dims(inputs, 0) if one else inputs
        x = ops.transpose(x, [0, 2, 3, 1]) if first else x
        x = self._equalized(from_range(ops.cast(x, dtypes.float32), self.value_range))
        x = ops.cast(to_range(x, self.value_range), inputs.dtype)
        x = ops.transpose(x, [0, 3, 1, 2]) if first else x
        return ops.squeeze(x, [0]) if one else x

    def _equalized(self, x: Value) -> Value:
        """Images in [0, 255], float32."""
        sizes: Any = x.dims[1:]
        counts = self.tile_grid_size
        tiles = [-(-size // count) for size, count in zip(sizes, counts, strict=False)]
        ends = [t * n - s for t, n, s in zip(tiles, counts, sizes, strict=False)]
        padded = ops.pad(x, [[0, 0], [0, ends[0]], [0, ends[1]], [0, 0]], "SYMMETRIC") if any(ends) else x
        pixels = ops.cast(ops.clip_by_value(padded, 0.0, 255.0), dtypes.int32)
        parts = ops.reshape(pixels, [-1, counts[0], tiles[0], counts[1], tiles[1], sizes[2]])
        parts = ops.reshape(ops.transpose(parts, [0, 1, 3, 5, 2, 4]), [-1, tiles[0] * tiles[1]])
        tables = ops.reshape(self._curves(parts, tiles[0] * tiles[1]), [-1])
        found = self._between(tables, pixels, tiles)
        return ops.slice_axis(ops.slice_axis(found, 1, 0, sizes[0]), 2, 0, sizes[1]) if any(ends) else found

    def _curves(self, parts: Value, area: int) -> Value:
        """For the pixels of each tile and channel (n, area), what stands for each value: float32 (n, 256)."""
        nothing = parts.graph.constant(np.zeros(0, np.int32))
        counts = ops.cast(ops.dense_bincount(parts, _LEVELS, nothing), dtypes.float32)
        if self.clip_limit > 0:
            clipped = ops.minimum(counts, float(self.clip_limit) * area / _LEVELS)
            counts = clipped + ops.reduce_sum(counts - clipped, [1], keepdims=True) / float(_LEVELS)
        below = ops.cumsum(counts, 1)
        least = ops.reduce_min(below, [1], keepdims=True)
        rest = float(area) - least
        rest = ops.where(ops.equal(rest, 0.0), ops.ones_like(rest), rest)
        return ops.clip_by_value((below - least) * 255.0 / rest, 0.0, 255.0)

    def _between(self, tables: Value, pixels: Value, tiles: list[int]) -> Value:
        """The value of each pixel in the tables of the four tiles beside it, as a mean by distance."""
        (rows, columns), channels = self.tile_grid_size, pixels.dims[3]
        assert channels is not None
        steps = [rows * columns * channels, columns * channels, channels, 1]
        images = ops.range_(0, ops.getitem(ops.shape(pixels), 0)) * (steps[0] * _LEVELS)
        lines = np.arange(channels, dtype=np.int32) * _LEVELS
        base = ops.reshape(images, [-1, 1, 1, 1]) + lines + pixels
        vertical, horizontal = (
            self._beside(pixels, axis, tiles[axis], steps[axis + 1] * _LEVELS) for axis in range(2)
        )
        total = None
        for down, share in vertical:
            line = None
            for right, part in horizontal:
                value = ops.gather(tables, base + down + right) * part
                line = value if line is None else line + value
            assert line is not None
            total = line * share if total is None else total + line * share
        assert total is not None
        return total

    def _beside(self, pixels: Value, axis: int, tile: int, step: int) -> list[tuple[Value, Value]]:
        """Along an axis, where the tables of both tiles beside each pixel begin, and their shares."""
        count = self.tile_grid_size[axis]
        places = (np.arange(tile * count, dtype=np.float32) - np.float32(tile / 2)) / np.float32(tile) + 1
        lower = np.floor(places)
        upper_share = (places - lower).astype(np.float32)
        shape = (-1, 1, 1) if axis == 0 else (-1, 1)
        found = []
        for number, share in ((lower, 1 - upper_share), (lower + 1, upper_share)):
            start = (np.clip(number - 1, 0, count - 1) * step).astype(np.int32)
            constants = (pixels.graph.constant(v.reshape(shape)) for v in (start, share))
            found.append((next(constants), next(constants)))
        return found
