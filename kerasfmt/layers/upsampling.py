"""Layers that enlarge spatial axes: UpSampling1D, UpSampling2D, UpSampling3D.

Source: tf_keras/src/layers/reshaping/up_sampling1d.py, up_sampling2d.py, up_sampling3d.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph import Operand, Value, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.ir import fields
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.typing import override

METHODS = ("nearest", "bilinear", "area", "bicubic", "gaussian", "lanczos3", "lanczos5", "mitchellcubic")
"""Keras's interpolations; tf.image.ResizeMethod has the same names."""


MANY = 100_000
"""Keras splits an axis of known size into elements to repeat them; from this size on, one op repeats them."""


def repeat_elements(x: Value, times: int, axis: int) -> Value:
    """`x` with each element along `axis` repeated `times` times.

    Source: tf_keras/src/backend.py, repeat_elements.
    """
    if axis >= x.rank or x.dims[axis] == 0:
        raise ValueError(f"expected a size of at least 1 along axis {axis}")
    size = x.dims[axis]
    if size is not None and size * times <= MANY:
        parts = ops.split(x, size, axis)
        return ops.concat([part for part in parts for _ in range(times)], axis)
    ones = [1] * x.rank
    dims = ops.shape(x)
    tiles = [*ones[: axis + 1], times, *ones[axis + 1 :]]
    factors = [*ones[:axis], times, *ones[axis + 1 :]]
    repeated = ops.tile(ops.expand_dims(x, axis + 1), tiles)
    return ops.reshape(repeated, dims * int32(factors))


_KERNELS = {"bilinear": "triangle", "bicubic": "keyscubic"}
"""What ScaleAndTranslate calls an interpolation, where it has another name for it."""


def resize(x: Value, size: Operand, method: str, antialias: bool = False) -> Value:
    """The images `x` at the height and width `size`, an int32 vector.

    Source: tensorflow/python/ops/image_ops_impl.py, resize_images_v2.
    """
    if method == "nearest":
        return ops.resize_nearest(x, size)
    if method == "area":
        return ops.resize_area(x, size)
    if method == "bilinear" and not antialias:
        return ops.resize_bilinear(x, size)
    if method == "bicubic" and not antialias:
        return ops.resize_bicubic(x, size)
    new = ops.cast(size, "float32") if isinstance(size, Value) else np.asarray(size, np.float32)
    scale = ops.real_div(new, ops.cast(ops.getitem(ops.shape(x), slice(1, 3)), "float32"))
    kernel = _KERNELS.get(method, method)
    return ops.scale_and_translate(x, size, scale, np.zeros(2, np.float32), kernel, antialias=antialias)


class UpSampling1D(Layer):
    """Each step repeated `size` times.

    Input: (batch, steps, channels). Output: (batch, steps * size, channels).
    """

    size: int = fields.positive_integer(default=2)

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=3)

    @override
    def call(self, inputs: Value) -> Value:
        return repeat_elements(inputs, self.size, 1)


class UpSampling2D(Layer):
    """Images enlarged by whole factors.

    Args:
      size: factors of height and width.
      data_format: "channels_last" or "channels_first".
      interpolation: how new pixels are computed: "nearest", "bilinear", "area", "bicubic", "gaussian",
        "lanczos3", "lanczos5" or "mitchellcubic".

    Input: (batch, height, width, channels). Output: (batch, new_height, new_width, channels),
      float32, or of the dtype of the input for "nearest".
    """

    size: fields.Sizes = fields.dims(2, default=2)
    data_format: fields.DataFormat = fields.data_format()
    interpolation: str = fields.choice(*METHODS, default="nearest")

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(ndim=4)

    @override
    def call(self, inputs: Value) -> Value:
        """The outputs. Source: tf_keras/src/backend.py, resize_images."""
        first = self.data_format == "channels_first"
        rows = 2 if first else 1
        known = inputs.dims[rows : rows + 2]
        if None in known:
            size: Operand = ops.getitem(ops.shape(inputs), slice(rows, rows + 2)) * int32(self.size)
        else:
            size = int32([(old or 0) * new for old, new in zip(known, self.size, strict=True)], "option size")
        x = ops.transpose(inputs, [0, 2, 3, 1]) if first else inputs
        x = resize(x, size, self.interpolation)
        return ops.transpose(x, [0, 3, 1, 2]) if first else x


class UpSampling3D(Layer):
    """Volumes with their elements repeated along each spatial axis.

    Args:
      size: factors of depth, height and width.
      data_format: "channels_last" or "channels_first".

    Input: (batch, depth, height, width, channels). Output: (batch, new_depth, new_height, new_width, channels).
    """

    size: fields.Sizes = fields.dims(3, default=2)
    data_format: fields.DataFormat = fields.data_format()

    @override
    def call(self, inputs: Value) -> Value:
        """The outputs. There is no input spec, because the constructor in Keras 2 loses it."""
        start = 2 if self.data_format == "channels_first" else 1
        for axis, times in enumerate(self.size, start):
            inputs = repeat_elements(inputs, times, axis)
        return inputs
