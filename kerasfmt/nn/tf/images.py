"""Functions of images (batch, height, width, channels), or of one image (height, width, channels).

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.nn.tf.table import dot_constant, function, integers

_SAMPLED = {"lanczos3", "lanczos5", "gaussian", "mitchellcubic"}


@function("image.resize")
def resize(
    images: Value,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Value:
    """The images at another size: float32, except for the method "nearest"."""
    if preserve_aspect_ratio:
        raise ValueError("preserve_aspect_ratio is not supported")
    if images.rank == 3:
        return ops.squeeze(resize(ops.expand_dims(images, 0), size, method, False, antialias), [0])
    if isinstance(size, list | tuple) and list(size) == list(images.dims[1:3]):
        return images
    wanted = integers(size)
    if method == "nearest":
        return ops.resize_nearest(images, wanted)
    if method == "area":
        return ops.resize_area(images, wanted)
    if method not in ("bilinear", "bicubic", *_SAMPLED):
        raise ValueError(f"method {method!r} is not supported")
    if antialias or method in _SAMPLED:
        return _sampled(
            images, wanted, {"bilinear": "triangle", "bicubic": "keyscubic"}.get(method, method), antialias
        )
    return (ops.resize_bilinear if method == "bilinear" else ops.resize_bicubic)(images, wanted)


def _sampled(images: Value, size: Any, kernel: str, antialias: bool) -> Value:
    given = ops.cast(ops.getitem(ops.shape(images), slice(1, 3)), dtypes.float32)
    new = ops.cast(size, dtypes.float32) if isinstance(size, Value) else size.astype(np.float32)
    floats = ops.cast(images, dtypes.float32)
    return ops.scale_and_translate(floats, size, new / given, np.zeros(2, np.float32), kernel, antialias)


@function("image.flip_left_right")
def flip_left_right(image: Value) -> Value:
    """The images with their columns reversed."""
    return ops.reverse(image, [image.rank - 2])


@function("image.flip_up_down")
def flip_up_down(image: Value) -> Value:
    """The images with their rows reversed."""
    return ops.reverse(image, [image.rank - 3])


@function("image.transpose")
def transpose(image: Value) -> Value:
    """The images with rows and columns exchanged."""
    return ops.transpose(image, [1, 0, 2] if image.rank == 3 else [0, 2, 1, 3])


@function("image.central_crop")
def central_crop(image: Value, central_fraction: float) -> Value:
    """The middle of the images: `central_fraction` of height and width."""
    if not 0 < central_fraction <= 1:
        raise ValueError(f"expected a fraction in (0, 1], got {central_fraction}")
    if central_fraction == 1:
        return image
    bounds = []
    for size in image.dims[-3:-1]:
        if size is None:
            raise ValueError("height and width must be known")
        start = int((size - size * central_fraction) / 2)
        bounds.append((start, size - 2 * start))
    return _cropped(image, *bounds)


def _cropped(image: Value, rows: tuple[int, int], columns: tuple[int, int]) -> Value:
    lead = [0] * (image.rank - 3)
    rest = [-1] * (image.rank - 3)
    return ops.slice_(image, [*lead, rows[0], columns[0], 0], [*rest, rows[1], columns[1], -1])


@function("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Value, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Value:
    """The part of the images that begins at the offsets."""
    return _cropped(image, (offset_height, target_height), (offset_width, target_width))


@function("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Value, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Value:
    """The images surrounded by zeros, with the first pixel at the offsets."""
    margins: list[list[Any]] = [[0, 0] for _ in image.dims]
    offsets, targets = (offset_height, offset_width), (target_height, target_width)
    for axis, (before, wanted) in enumerate(zip(offsets, targets, strict=True), image.rank - 3):
        size = image.dims[axis]
        if size is None:
            raise ValueError("height and width must be known")
        margins[axis] = [before, wanted - before - size]
    return ops.pad(image, margins)


@function("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Value) -> Value:
    """The brightness of each pixel, one channel."""
    if not images.dtype.is_floating:
        raise ValueError(f"expected floats, got {images.dtype.name}; cast them first")
    weights = np.array([[0.2989], [0.587], [0.114]], images.dtype.numpy)
    return dot_constant(images, weights)


@function("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Value) -> Value:
    """Gray images with their channel repeated three times."""
    return ops.tile(images, [*[1] * (images.rank - 1), 3])


@function("image.adjust_brightness")
def adjust_brightness(image: Value, delta: float) -> Value:
    """The images with `delta` added to every channel."""
    if not image.dtype.is_floating:
        raise ValueError(f"expected floats, got {image.dtype.name}; cast them first")
    return image + delta


@function("image.adjust_contrast")
def adjust_contrast(images: Value, contrast_factor: float) -> Value:
    """The images with the distance of every channel from its mean multiplied."""
    if not images.dtype.is_floating:
        raise ValueError(f"expected floats, got {images.dtype.name}; cast them first")
    mean = ops.reduce_mean(images, [-3, -2], True)
    return (images - mean) * contrast_factor + mean


@function("image.per_image_standardization")
def per_image_standardization(image: Value) -> Value:
    """Each image scaled to a mean of 0 and a standard deviation of 1."""
    floats = image if image.dtype.is_floating else ops.cast(image, dtypes.float32)
    sizes = floats.dims[-3:]
    axes = [-3, -2, -1]
    mean = ops.reduce_mean(floats, axes, True)
    deviation = ops.sqrt(ops.reduce_mean(ops.square(floats - mean), axes, True))
    if None in sizes:
        count = ops.cast(ops.reduce_prod(ops.getitem(ops.shape(floats), slice(-3, None))), floats.dtype)
        least: Any = ops.rsqrt(count)
    else:
        least = np.asarray(1 / np.sqrt(np.prod([int(s or 0) for s in sizes])), floats.dtype.numpy)
    return (floats - mean) / ops.maximum(deviation, least)


@function("image.adjust_gamma")
def adjust_gamma(image: Value, gamma: float = 1, gain: float = 1) -> Value:
    """gain * image ** gamma."""
    if not image.dtype.is_floating:
        raise ValueError(f"expected floats, got {image.dtype.name}; cast them first")
    if isinstance(gamma, Value) or gamma < 0:
        raise ValueError(f"gamma: expected a number that is not negative, got {gamma!r}")
    return ops.pow(image, gamma) * gain


@function("image.convert_image_dtype")
def convert_image_dtype(image: Value, dtype: Any, saturate: bool = False) -> Value:
    """`image` in another dtype; integers that become floats are scaled to [0, 1]."""
    wanted = dtypes.of(dtype)
    if wanted is image.dtype:
        return image
    if not wanted.is_floating:
        raise ValueError(f"to {wanted.name} is not supported; multiply and cast instead")
    floats = ops.cast(image, wanted)
    if image.dtype.is_floating:
        return floats
    return floats * np.asarray(1.0 / np.iinfo(image.dtype.numpy).max, wanted.numpy)


@function("image.rgb_to_yuv")
def rgb_to_yuv(images: Value) -> Value:
    """The images as brightness and two differences of colour, for channels red, green and blue."""
    matrix = [
        [0.299, -0.14714119, 0.61497538],
        [0.587, -0.28886916, -0.51496512],
        [0.114, 0.43601035, -0.10001026],
    ]
    return dot_constant(images, np.array(matrix, images.dtype.numpy))


@function("image.rot90")
def rot90(image: Value, k: int = 1) -> Value:
    """The images turned counter-clockwise by k times 90 degrees."""
    rows, columns = image.rank - 3, image.rank - 2
    if not isinstance(k, int):
        raise ValueError(f"k: expected a number, got {k!r}")
    turns = k % 4
    if turns == 2:
        return ops.reverse(image, [rows, columns])
    if turns == 0:
        return image
    turned = ops.reverse(image, [columns]) if turns == 1 else image
    turned = transpose(turned)
    return turned if turns == 1 else ops.reverse(turned, [columns])


@function("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(image: Value, target_height: int, target_width: int) -> Value:
    """The images cropped to their middle, or surrounded by zeros, along each of height and width."""
    lead = image.rank - 3
    bounds, margins = [], [[0, 0]] * lead
    for size, wanted in zip(image.dims[lead : lead + 2], (target_height, target_width), strict=True):
        if size is None:
            raise ValueError("height and width must be known")
        # Halves are rounded down for cropping and for padding, as Python's // rounds the difference.
        bounds.append((max((size - wanted) // 2, 0), min(size, wanted)))
        before = max((wanted - size) // 2, 0)
        margins.append([before, max(wanted - size, 0) - before])
    return ops.pad(_cropped(image, *bounds), [*margins, [0, 0]])


@function("image.resize_with_pad")
def resize_with_pad(
    image: Value, target_height: int, target_width: int, method: str = "bilinear", antialias: bool = False
) -> Value:
    """The images resized as large as fits in their proportions, and surrounded by zeros."""
    rows, columns = image.dims[-3:-1]
    if rows is None or columns is None:
        raise ValueError("height and width must be known")
    ratio = max(columns / target_width, rows / target_height)
    size = [int(np.floor(rows / ratio)), int(np.floor(columns / ratio))]
    before = [
        max(0, int(np.floor((wanted - given / ratio) / 2)))
        for wanted, given in ((target_height, rows), (target_width, columns))
    ]
    resized = resize(image, size, method, antialias=antialias)
    return pad_to_bounding_box(resized, before[0], before[1], target_height, target_width)
