"""Layers that bring images to a given size: Resizing, CenterCrop.

Source: tf_keras/src/layers/preprocessing/image_preprocessing.py; tf_keras/src/utils/image_utils.py, smart_resize.
"""

from __future__ import annotations

from dataclasses import InitVar
from typing import Any

from kerasfmt.dtypes import DType, float32 as f32
from kerasfmt.graph import Value, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.upsampling import METHODS, resize
from kerasfmt.typing import override


def _channels_last(value: Any) -> None:
    if value not in (None, "channels_last"):
        raise ValueError(f"expected channels_last, got {value!r}")


def _constant(value: Any) -> str:
    if value != "constant":
        raise ValueError(f"expected constant, got {value!r}")
    return "constant"


class ImageLayer(Layer, register=False):
    """Base of layers on images (batch, height, width, channels), or on one image without a batch.

    Args:
      data_format: only "channels_last"; not part of the config.
    """

    data_format: InitVar[str | None] = fields.option(default=None, convert=_channels_last, kw_only=True)

    def check_rank(self, x: Value) -> None:
        """Checks that the input is an image or a batch of images.

        Raises:
          ValueError: it is not.
        """
        if x.rank not in (3, 4):
            raise ValueError(f"expected (batch, height, width, channels), got {x.rank} dimensions")


def smart_resize(
    x: Value, height: int, width: int, method: str = "bilinear", antialias: bool = False
) -> Value:
    """The middle of the images at another size; it is cropped to the new aspect ratio first.

    Source: tf_keras/src/utils/image_utils.py, smart_resize.
    """
    shape = ops.shape(x)
    rows, columns = ops.getitem(shape, -3), ops.getitem(shape, -2)
    wanted_rows = _int32(ops.real_div(ops.cast(columns * height, f32), float(width)))
    wanted_columns = _int32(ops.real_div(ops.cast(rows * width, f32), float(height)))
    wanted_rows, wanted_columns = ops.minimum(rows, wanted_rows), ops.minimum(columns, wanted_columns)
    top = _int32(ops.real_div(ops.cast(rows - wanted_rows, f32), 2.0))
    left = _int32(ops.real_div(ops.cast(columns - wanted_columns, f32), 2.0))
    batch = x.rank == 4
    start = ops.pack([0, top, left, 0] if batch else [top, left, 0])
    size = ops.pack([-1, wanted_rows, wanted_columns, -1] if batch else [wanted_rows, wanted_columns, -1])
    return resize_images(ops.slice_(x, start, size), [height, width], method, antialias)


def padded(x: Value, height: int, width: int, fill_value: float) -> Value:
    """Images with as many rows, or columns, at both ends that they have the aspect ratio of another size.

    Source: keras/src/backend/tensorflow/image.py, resize (3.x).
    """
    shape = ops.shape(x)
    rows, columns = ops.getitem(shape, -3), ops.getitem(shape, -2)
    wanted_rows = _int32(ops.real_div(ops.cast(columns * height, f32), float(width)))
    wanted_columns = _int32(ops.real_div(ops.cast(rows * width, f32), float(height)))
    above = _int32(ops.real_div(ops.cast(ops.maximum(rows, wanted_rows) - rows, f32), 2.0))
    left = _int32(ops.real_div(ops.cast(ops.maximum(columns, wanted_columns) - columns, f32), 2.0))
    ends = [ops.pack([end, end]) for end in (above, left)]
    none = [int32([0, 0])]
    return ops.pad(x, ops.pack([*none * (x.rank - 3), *ends, *none]), value=fill_value)


def resize_images(x: Value, size: list[int], method: str, antialias: bool = False) -> Value:
    """Images, or one image, at the height and width `size`; unchanged if they have that size.

    Source: tensorflow/python/ops/image_ops_impl.py, _resize_images_common.
    """
    if x.rank == 3:
        return ops.squeeze(resize_images(ops.expand_dims(x, 0), size, method, antialias), [0])
    if list(x.dims[1:3]) == size:
        return x
    return resize(x, int32(size), method, antialias)


def crop(x: Value, top: Value, left: Value, height: int, width: int) -> Value:
    """A window of images, or of one image.

    Source: tensorflow/python/ops/image_ops_impl.py, crop_to_bounding_box; without its assertions, which hold.
    """
    if x.rank == 3:
        return ops.squeeze(crop(ops.expand_dims(x, 0), top, left, height, width), [0])
    shape = ops.shape(x)
    size = ops.pack([ops.getitem(shape, 0), height, width, ops.getitem(shape, 3)])
    return ops.slice_(x, ops.pack([0, top, left, 0]), size)


def _int32(x: Value) -> Value:
    return ops.cast(x, "int32")


class Resizing(ImageLayer):
    """Images at another size.

    Args:
      height: height of the outputs.
      width: width of the outputs.
      interpolation: how new pixels are computed: "bilinear", "nearest", "bicubic", "area", "lanczos3",
        "lanczos5", "gaussian" or "mitchellcubic".
      crop_to_aspect_ratio: whether images are cropped to the new aspect ratio first, instead of distorted.
      pad_to_aspect_ratio: whether images are padded to the new aspect ratio first; Keras 3 only.
      fill_mode: only "constant"; Keras 3 only.
      fill_value: of the padding; Keras 3 only.
      antialias: whether smaller images are computed from all pixels; Keras 3 only.

    Input: (batch, height, width, channels) of any dtype. Output: of the compute dtype.
    """

    facts = KerasFacts(
        implied_by_keras2={
            "pad_to_aspect_ratio": (False,),
            "fill_mode": ("constant",),
            "fill_value": (0, 0.0),
            "antialias": (False,),
        }
    )
    config_order = ("height", "width", "interpolation", "crop_to_aspect_ratio")
    height: int = fields.positive_integer()
    width: int = fields.positive_integer()
    interpolation: str = fields.choice(*METHODS, default="bilinear")
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = fields.boolean(default=False, implied=True)
    fill_mode: str = fields.option(default="constant", convert=_constant, implied=True)
    fill_value: float = fields.number(default=0.0, implied=True)
    antialias: bool = fields.boolean(default=False, implied=True)

    @override
    def validate(self) -> None:
        """Refuses to crop and to pad at once."""
        if self.pad_to_aspect_ratio and self.crop_to_aspect_ratio:
            raise self.fail("option pad_to_aspect_ratio: expected False with crop_to_aspect_ratio, got True")

    @override
    def call(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        x = ops.cast(inputs, self.compute_dtype if self.interpolation == "nearest" else f32)
        if self.crop_to_aspect_ratio:
            x = smart_resize(x, self.height, self.width, self.interpolation, self.antialias)
        else:
            if self.pad_to_aspect_ratio:
                x = padded(x, self.height, self.width, self.fill_value)
            x = resize_images(x, [self.height, self.width], self.interpolation, self.antialias)
        return ops.cast(x, self.compute_dtype)


class CenterCrop(ImageLayer):
    """The middle of images; smaller images are enlarged.

    Args:
      height: height of the outputs.
      width: width of the outputs.

    Input: (batch, height, width, channels) of any dtype. Output: of the compute dtype.
    """

    autocast = False
    config_order = ("height", "width")
    height: int = fields.positive_integer()
    width: int = fields.positive_integer()

    @override
    def call(self, inputs: Value) -> Value:
        self.check_rank(inputs)
        x = ops.cast(inputs, self.compute_dtype)
        shape = ops.shape(x)
        spare = [ops.getitem(shape, -3) - self.height, ops.getitem(shape, -2) - self.width]
        enough = ops.reduce_all(ops.pack([ops.greater_equal(s, 0) for s in spare]))
        return ops.cond(enough, self._cut, self._enlarge, [x, *spare])

    def _cut(self, x: Value, rows: Value, columns: Value) -> Value:
        top, left = (_int32(ops.real_div(ops.cast(s, "float64"), 2.0)) for s in (rows, columns))
        return crop(x, top, left, self.height, self.width)

    def _enlarge(self, x: Value, rows: Value, columns: Value) -> Value:
        return enlarged(x, self.height, self.width, self.compute_dtype)


def enlarged(x: Value, height: int, width: int, dtype: DType) -> Value:
    """`smart_resize` with its result in a dtype."""
    return ops.cast(smart_resize(x, height, width), dtype)
