"""Layers that pad, crop, enlarge and rearrange.

Source: tf_keras/src/layers/reshaping/.
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import InputSpec, Layer


class ZeroPadding(Layer, register=False):
    """Zeros around the spatial axes; the base of those below."""

    rank: ClassVar[int]
    padding: tuple[tuple[int, ...], ...] = fields.option(convert=tuple)

    def input_spec(self) -> InputSpec:
        """One batch axis."""
        return InputSpec(ndim=self.rank + 2)


class ZeroPadding2D(ZeroPadding):
    """Zeros around images.

    Args:
      padding: ((top, bottom), (left, right)), or (height, width) for both sides, or one integer for all.
      data_format: "channels_last" or "channels_first".

    Input: (batch, height, width, channels). Output: the same, greater by the padding.
    Source: tf_keras/src/layers/reshaping/zero_padding2d.py.
    """

    rank = 2
    padding: tuple[tuple[int, ...], ...] = fields.margins(2, default=1)
    data_format: str = fields.data_format()

    def call(self, inputs: Value) -> Value:
        """The outputs."""
        spatial = [list(pair) for pair in self.padding]
        first = self.data_format == "channels_first"
        return ops.pad(inputs, [[0, 0], [0, 0], *spatial] if first else [[0, 0], *spatial, [0, 0]])
