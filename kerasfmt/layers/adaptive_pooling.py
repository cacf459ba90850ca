"""Poolings whose windows follow from the size of the output; Keras 2 has no such layers.

Element `i` of `n` pools the steps from `floor(i * size / n)` to `ceil((i + 1) * size / n)`: windows overlap if `n` does
not divide the size of the axis.

Source: keras/src/layers/pooling/base_adaptive_pooling.py; keras/src/backend/tensorflow/nn.py,
adaptive_average_pool and adaptive_max_pool (3.x).
"""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.typing import override

_MAX_OUTPUTS: Final = 1 << 22
"""The largest size of an axis of the output."""


class AdaptivePooling(Layer, register=False):
    """Base of the adaptive poolings: one number per element of the output and channel.

    Args:
      output_size: size of each spatial axis of the output; one number stands for all of them.
      data_format: "channels_last" or "channels_first".

    Input: (batch, *spatial, channels), with known spatial sizes. Output: (batch, *output_size, channels).
    """

    facts = KerasFacts(absent_in=2)
    rank: ClassVar[int]
    average: ClassVar[bool] = False
    output_size: fields.Sizes = fields.option(convert=tuple)
    data_format: fields.DataFormat = fields.data_format()

    @override
    def validate(self) -> None:
        """Refuses sizes that no model has: the function that is traced holds an index for each output."""
        if max(self.output_size) > _MAX_OUTPUTS:
            raise self.fail(f"option output_size: expected at most {_MAX_OUTPUTS:,}, got {self.output_size}")

    @override
    def build(self, inputs: Spec) -> None:
        """Checks that the sizes of the spatial axes are known."""
        first = 2 if self.data_format == "channels_first" else 1
        for axis in range(self.rank):
            self.axis_dim(inputs, first + axis)

    @override
    def call(self, inputs: Value) -> Value:
        """The outputs; one spatial axis after the other is pooled."""
        first = self.data_format == "channels_first"
        spatial = range(2, self.rank + 2)
        x = ops.transpose(inputs, [0, *spatial, 1]) if first else inputs
        for axis, size in enumerate(self.output_size):
            x = self._pool_axis(x, axis, size)
        return ops.transpose(x, [0, self.rank + 1, *range(1, self.rank + 1)]) if first else x

    def _pool_axis(self, x: Value, axis: int, count: int) -> Value:
        size = x.dims[axis + 1]
        assert size is not None
        starts = np.arange(count) * size // count
        widths = -(np.arange(1, count + 1) * -size // count) - starts
        pooled, places, offset = [], np.empty(count, np.int32), 0
        for width in sorted(set(widths.tolist())):
            pooled.append(self._windows(x, axis, width))
            own = widths == width
            places[own] = starts[own] + offset
            offset += size - width + 1
        together = pooled[0] if len(pooled) == 1 else ops.concat(pooled, axis + 1)
        return ops.gather(together, places, axis + 1)

    def _windows(self, x: Value, axis: int, width: int) -> Value:
        """Every window of the given width along an axis."""
        spatial = max(self.rank, 2)
        window = [1] * spatial
        window[axis] = width
        x = ops.expand_dims(x, 2) if self.rank == 1 else x
        if self.rank == 3:
            pool, layout = (ops.avg_pool3d if self.average else ops.max_pool3d), "NDHWC"
        else:
            pool, layout = (ops.avg_pool if self.average else ops.max_pool), "NHWC"
        found = pool(x, window, [1] * spatial, "VALID", layout)
        return ops.squeeze(found, 2) if self.rank == 1 else found


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The greatest element of each window of sequences; options as `AdaptivePooling`."""

    rank = 1
    output_size: fields.Sizes = fields.dims(1)


class AdaptiveMaxPooling2D(AdaptivePooling):
    """The greatest element of each window of images; options as `AdaptivePooling`."""

    rank = 2
    output_size: fields.Sizes = fields.dims(2)


class AdaptiveMaxPooling3D(AdaptivePooling):
    """The greatest element of each window of volumes; options as `AdaptivePooling`."""

    rank = 3
    output_size: fields.Sizes = fields.dims(3)


class AdaptiveAveragePooling1D(AdaptiveMaxPooling1D):
    """The mean of each window of sequences; options as `AdaptivePooling`."""

    average = True


class AdaptiveAveragePooling2D(AdaptiveMaxPooling2D):
    """The mean of each window of images; options as `AdaptivePooling`."""

    average = True


class AdaptiveAveragePooling3D(AdaptiveMaxPooling3D):
    """The mean of each window of volumes; options as `AdaptivePooling`."""

    average = True
