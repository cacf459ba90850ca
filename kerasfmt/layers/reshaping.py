"""Layers that pad, crop, repeat and rearrange.

Inputs with spatial axes are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.

Source: tf_keras/src/layers/reshaping/.
"""

from __future__ import annotations

from typing import Any, ClassVar

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.typing import override


class _Margins(Layer, register=False):
    """Base of layers that pad or crop spatial axes."""

    rank: ClassVar[int]

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=self.rank + 2)

    def _per_axis(self, margins: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
        """The margins of every axis; (0, 0) for batch and channels."""
        if getattr(self, "data_format", "channels_last") == "channels_first":
            return [(0, 0), (0, 0), *margins]
        return [(0, 0), *margins, (0, 0)]


class ZeroPadding(_Margins, register=False):
    """Base of the layers that add zeros around the spatial axes."""

    padding: Any = fields.option()

    @override
    def call(self, inputs: Value) -> Value:
        return ops.pad(inputs, [list(pair) for pair in self._per_axis(self.padding)])


class ZeroPadding1D(ZeroPadding):
    """Zeros around sequences.

    Args:
      padding: (before, after), or one integer for both.

    Input: (batch, steps, channels). Output: the same, with sizes increased by the padding.
    Source: tf_keras/src/layers/reshaping/zero_padding1d.py.
    """

    facts = KerasFacts(implied_by_keras2={"data_format": (None, "channels_last")})
    rank = 1
    padding: fields.Sizes = fields.dims(2, default=1, minimum=0)

    @override
    def _per_axis(self, margins: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
        return super()._per_axis((self.padding,))


class ZeroPadding2D(ZeroPadding):
    """Zeros around images.

    Args:
      padding: ((top, bottom), (left, right)), or (height, width) for both sides, or one integer for all.
      data_format: "channels_last" or "channels_first".

    Input: (batch, height, width, channels). Output: the same, with sizes increased by the padding.
    Source: tf_keras/src/layers/reshaping/zero_padding2d.py.
    """

    rank = 2
    padding: fields.Margins = fields.margins(2, default=1)
    data_format: fields.DataFormat = fields.data_format()


class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes.

    Args:
      padding: three pairs (before, after), or three integers for both sides, or one integer for all.
      data_format: "channels_last" or "channels_first".

    Input: (batch, depth, height, width, channels). Output: the same, with sizes increased by the padding.
    Source: tf_keras/src/layers/reshaping/zero_padding3d.py.
    """

    rank = 3
    padding: fields.Margins = fields.margins(3, default=1)
    data_format: fields.DataFormat = fields.data_format()


class Cropping(_Margins, register=False):
    """Base of the layers that cut off the ends of the spatial axes."""

    cropping: Any = fields.option()

    @override
    def call(self, inputs: Value) -> Value:
        index = []
        for axis, (before, after) in enumerate(self._per_axis(self.cropping)):
            size = inputs.dims[axis]
            if before + after and size is not None and before + after >= size:
                raise ValueError(
                    f"option cropping: expected less than the {size} elements of axis {axis}, "
                    f"got {self.cropping}"
                )
            cropped = axis in self._spatial_axes
            index.append(slice(before if cropped else None, -after if after else None))
        return ops.getitem(inputs, tuple(index))

    @property
    def _spatial_axes(self) -> range:
        start = 2 if getattr(self, "data_format", "channels_last") == "channels_first" else 1
        return range(start, start + self.rank)


class Cropping1D(Cropping):
    """Sequences without their ends.

    Args:
      cropping: (before, after), or one integer for both.

    Input: (batch, steps, channels). Output: the same, with sizes reduced by the cropping.
    Source: tf_keras/src/layers/reshaping/cropping1d.py.
    """

    rank = 1
    cropping: fields.Sizes = fields.dims(2, default=1, minimum=0)

    @override
    def _per_axis(self, margins: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
        return super()._per_axis((self.cropping,))


class Cropping2D(Cropping):
    """Images without their borders.

    Args:
      cropping: ((top, bottom), (left, right)), or (height, width) for both sides, or one integer for all.
      data_format: "channels_last" or "channels_first".

    Input: (batch, height, width, channels). Output: the same, with sizes reduced by the cropping.
    Source: tf_keras/src/layers/reshaping/cropping2d.py.
    """

    rank = 2
    cropping: fields.Margins = fields.margins(2, default=0)
    data_format: fields.DataFormat = fields.data_format()


class Cropping3D(Cropping):
    """Volumes without their borders.

    Args:
      cropping: three pairs (before, after), or three integers for both sides, or one integer for all.
      data_format: "channels_last" or "channels_first".

    Input: (batch, depth, height, width, channels). Output: the same, with sizes reduced by the cropping.
    Source: tf_keras/src/layers/reshaping/cropping3d.py.
    """

    rank = 3
    cropping: fields.Margins = fields.margins(3, default=1)
    data_format: fields.DataFormat = fields.data_format()


class Permute(Layer):
    """The inputs with their axes in another order.

    Args:
      dims: the axes after the batch, counted from 1, in their new order.

    Source: tf_keras/src/layers/reshaping/permute.py.
    """

    dims: fields.Integers = fields.integers(minimum=1)

    @override
    def validate(self) -> None:
        """Checks that `dims` names each axis once."""
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise self.fail(f"option dims: expected each of 1 to {len(self.dims)} once, got {self.dims}")

    @override
    def build(self, inputs: Spec) -> None:
        """Makes no weights; checks that `dims` names all axes."""
        if inputs.shape is not None and len(inputs.shape) != len(self.dims) + 1:
            axes = len(inputs.shape) - 1
            raise self.fail(f"option dims: expected {axes} axes for shape {inputs.shape}, got {self.dims}")

    @override
    def input_spec(self) -> InputSpec:
        """The batch, and as many axes as `dims` names."""
        return InputSpec(ndim=len(self.dims) + 1)

    @override
    def call(self, inputs: Value) -> Value:
        return ops.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """A vector repeated `n` times along a new axis.

    Input: (batch, features). Output: (batch, n, features).
    Source: tf_keras/src/layers/reshaping/repeat_vector.py.
    """

    n: int = fields.positive_integer()

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=2)

    @override
    def call(self, inputs: Value) -> Value:
        return ops.tile(ops.expand_dims(inputs, 1), [1, self.n, 1])
