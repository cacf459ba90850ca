"""Poolings over windows, and over all spatial axes.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.

Source: tf_keras/src/layers/pooling/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.nn.convolution import check_window, layout
from kerasfmt.typing import override

Strides: TypeAlias = Field[tuple[int, ...], int | Sequence[int] | None]
"""The type of an option of sizes; None stands for the sizes of the window."""


class Pooling(Layer, register=False):
    """Base of the poolings over windows: one number per window and channel.

    Args:
      pool_size: size of the window along each spatial axis.
      strides: step of the window; `pool_size` if None.
      padding: "valid" (none) or "same"; the padding does not count in the result.
      data_format: "channels_last" or "channels_first".
    """

    rank: ClassVar[int]
    average: ClassVar[bool] = False
    config_order = ("pool_size", "padding", "strides", "data_format")
    pool_size: fields.Sizes = fields.option(convert=tuple)
    strides: Strides = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()

    @override
    def validate(self) -> None:
        """Sets `strides` to `pool_size` unless they are given."""
        if self.strides is None:
            self.strides = self.pool_size

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=self.rank + 2)

    @override
    def call(self, inputs: Value) -> Value:
        self._check_fit(inputs)
        return self._pool(inputs, self.pool_size, self.strides, layout(self.data_format, self.rank))

    def _check_fit(self, inputs: Value) -> None:
        if self.padding == "valid":
            first = self.data_format == "channels_first"
            check_window("pool_size", self.pool_size, (1,) * self.rank, inputs, first)

    def _pool(self, x: Value, size: tuple[int, ...], strides: tuple[int, ...], data_format: str) -> Value:
        if self.rank == 3:
            pool = ops.avg_pool3d if self.average else ops.max_pool3d
        else:
            pool = ops.avg_pool if self.average else ops.max_pool
        return pool(x, size, strides, self.padding.upper(), data_format)


class Pooling1D(Pooling, register=False):
    """Base of poolings over sequences: (batch, steps, channels) to (batch, new_steps, channels)."""

    rank = 1
    config_order = ("strides", "pool_size", "padding", "data_format")
    pool_size: fields.Sizes = fields.dims(1, default=2)
    strides: Strides = fields.dims(1, default=None, optional=True)

    @override
    def call(self, inputs: Value) -> Value:
        """The outputs; Keras transposes channels_first to channels_last (backend.py, pool2d)."""
        self._check_fit(inputs)
        first = self.data_format == "channels_first"
        axis = 3 if first else 2
        x = ops.expand_dims(inputs, axis)
        if first:
            x = ops.transpose(x, [0, 2, 3, 1])
        x = self._pool(x, (*self.pool_size, 1), (*self.strides, 1), "NHWC")
        if first:
            x = ops.transpose(x, [0, 3, 1, 2])
        return ops.squeeze(x, axis)


class Pooling2D(Pooling, register=False):
    """Base of poolings over images: (batch, height, width, channels) to (batch, new_height, new_width, channels)."""

    rank = 2
    pool_size: fields.Sizes = fields.dims(2, default=2)
    strides: Strides = fields.dims(2, default=None, optional=True)


class Pooling3D(Pooling, register=False):
    """Base of poolings over volumes (batch, depth, height, width, channels)."""

    rank = 3
    pool_size: fields.Sizes = fields.dims(3, default=2)
    strides: Strides = fields.dims(3, default=None, optional=True)


class MaxPooling1D(Pooling1D):
    """The greatest element of each window of sequences; options as `Pooling`."""


class MaxPooling2D(Pooling2D):
    """The greatest element of each window of images; options as `Pooling`."""


class MaxPooling3D(Pooling3D):
    """The greatest element of each window of volumes; options as `Pooling`."""


class AveragePooling1D(Pooling1D):
    """The mean of each window of sequences; options as `Pooling`."""

    average = True


class AveragePooling2D(Pooling2D):
    """The mean of each window of images; options as `Pooling`."""

    average = True


class AveragePooling3D(Pooling3D):
    """The mean of each window of volumes; options as `Pooling`."""

    average = True


class GlobalPooling(Layer, register=False):
    """Base of the poolings over all spatial axes: one number per channel.

    Args:
      data_format: "channels_last" or "channels_first".
      keepdims: whether the spatial axes are kept, with size 1.

    Input: (batch, *spatial, channels). Output: (batch, channels), or (batch, 1.., channels).
    """

    rank: ClassVar[int]
    average: ClassVar[bool] = False
    data_format: fields.DataFormat = fields.data_format()
    keepdims: bool = False

    @property
    def axes(self) -> list[int]:
        """The spatial axes."""
        start = 2 if self.data_format == "channels_first" else 1
        return list(range(start, start + self.rank))

    @override
    def build(self, inputs: Spec) -> None:
        """Makes no weights; checks that there are elements to pool."""
        for axis in self.axes:
            if inputs.shape is not None and axis < len(inputs.shape) and inputs.shape[axis] == 0:
                raise self.fail(f"input: expected a size of at least 1 along axis {axis}, got {inputs.shape}")

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=self.rank + 2)

    @override
    def call(self, inputs: Value) -> Value:
        reduce = ops.reduce_mean if self.average else ops.reduce_max
        axes = self.axes
        return reduce(inputs, axes if self.rank > 1 else axes[0], self.keepdims)


class GlobalMaxPooling1D(GlobalPooling):
    """The greatest element of each channel of sequences; options as `GlobalPooling`."""

    rank = 1


class GlobalMaxPooling2D(GlobalPooling):
    """The greatest element of each channel of images; options as `GlobalPooling`."""

    rank = 2


class GlobalMaxPooling3D(GlobalPooling):
    """The greatest element of each channel of volumes; options as `GlobalPooling`."""

    rank = 3


class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel of sequences over the unmasked steps; options as `GlobalPooling`.

    Source: tf_keras/src/layers/pooling/global_average_pooling1d.py.
    """

    rank = 1
    average = True
    supports_masking = True

    @override
    def compute_mask(self, inputs: Value, mask: Any) -> None:
        """None: the outputs have no steps."""

    @override
    def call(self, inputs: Value, mask: Value | None = None) -> Value:
        if mask is None:
            return super().call(inputs)
        (steps,) = self.axes
        weights = ops.expand_dims(ops.cast(mask, inputs.dtype), 1 if steps == 2 else 2)
        total = ops.reduce_sum(inputs * weights, steps, self.keepdims)
        return total / ops.reduce_sum(weights, steps, self.keepdims)


class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel of images; options as `GlobalPooling`."""

    rank = 2
    average = True


class GlobalAveragePooling3D(GlobalPooling):
    """The mean of each channel of volumes; options as `GlobalPooling`."""

    rank = 3
    average = True


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
