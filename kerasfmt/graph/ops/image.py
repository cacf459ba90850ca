"""Resizing and warping of images (batch, height, width, channels).

Source: tensorflow/core/kernels/image/resize_bilinear_op.cc, resize_nearest_neighbor_op.cc,
resize_bicubic_op.cc, image_ops.h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, widen, with_rank
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

_Taps = tuple[Array, Array]
"""The sources of the elements of an output axis: indices (taps, out) and float32 weights (taps, out)."""


def _infer_resize(attrs: Attrs, images: Value, size: Value) -> list[Shape]:
    batch, _, _, depth = with_rank(images, 4)
    found = partial_value(size) or [None, None]
    if len(found) != 2:
        raise ValueError(f"size has {len(found)} elements, expected height and width")
    return [(batch, found[0], found[1], depth)]


def check_resize(images: Array, size: Array) -> None:
    """Raises ValueError if images (batch, height, width, channels), or images of the new size, have no pixel.

    Source: tensorflow/core/util/image_resizer_state.h, ValidateAndCalculateOutputSize.
    """
    if 0 in images.shape[1:3]:
        raise ValueError(f"expected images of at least one pixel, got shape {images.shape}")
    if min(size) < 1:
        raise ValueError(f"expected a new height and width of at least 1, got {size.tolist()}")


def _positions(attrs: Attrs, size: int, out: int, shift: float) -> Array:
    """The float32 coordinate of each output element in the input; `shift` applies to half-pixel centres."""
    aligned = attrs["align_corners"] and out > 1
    scale = (
        np.float32((size - 1) / np.float32(out - 1))
        if aligned
        else np.float32(size) / np.float32(max(out, 1))
    )
    at = np.arange(out, dtype=np.float32)
    if attrs["half_pixel_centers"]:
        return np.asarray((at + np.float32(0.5)) * scale - np.float32(shift))
    return np.asarray(at * scale)


def _nearest(attrs: Attrs, size: int, out: int) -> Array:
    at = _positions(attrs, size, out, 0)
    rounded = np.floor(at + np.float32(0.5)) if attrs["align_corners"] else np.floor(at)
    return np.clip(rounded.astype(np.int64), 0, size - 1)


def _linear(attrs: Attrs, size: int, out: int) -> _Taps:
    at = _positions(attrs, size, out, 0.5)
    floor = np.floor(at)
    low, high = np.maximum(floor, 0).astype(np.int64), np.minimum(np.ceil(at), size - 1).astype(np.int64)
    share = at - floor
    return np.stack([low, high]), np.stack([1 - share, share])


_CUBIC_STEPS = 1024


def _cubic(attrs: Attrs, size: int, out: int) -> _Taps:
    keys = attrs["half_pixel_centers"]
    a = np.float32(-0.5 if keys else -0.75)
    at = _positions(attrs, size, out, 0.5)
    floor = np.floor(at)
    step = np.rint((at - floor) * _CUBIC_STEPS).astype(np.float32) / np.float32(_CUBIC_STEPS)

    def inner(x: Array) -> Array:
        return np.asarray(((a + 2) * x - (a + 3)) * x * x + 1)

    def outer(x: Array) -> Array:
        x = x + 1
        return np.asarray(((a * x - 5 * a) * x + 8 * a) * x - 4 * a)

    weights = np.stack([outer(step), inner(step), inner(1 - step), outer(1 - step)])
    wanted = floor.astype(np.int64) + np.arange(-1, 3)[:, None]
    index = np.clip(wanted, 0, size - 1)
    if keys:
        weights = np.where(index == wanted, weights, np.float32(0))
        weights = weights / np.sum(weights, 0)
    return index, weights.astype(np.float32)


def _along(x: Array, axis: int, taps: _Taps) -> Array:
    shape = [1] * x.ndim
    shape[axis] = -1
    parts = (np.take(x, i, axis) * w.reshape(shape) for i, w in zip(*taps, strict=True))
    return np.asarray(sum(parts))


def _resizing(taps: Callable[[Attrs, int, int], _Taps]) -> Kernel:
    def run(attrs: Attrs, images: Array, size: Array) -> list[Array]:
        check_resize(images, size)
        x = images.astype(np.float32)
        height, width = (int(s) for s in size)
        x = _along(x, 2, taps(attrs, x.shape[2], width))
        return [_along(x, 1, taps(attrs, x.shape[1], height))]

    return run


def _resize_nearest(attrs: Attrs, images: Array, size: Array) -> list[Array]:
    check_resize(images, size)
    height, width = (int(s) for s in size)
    rows = np.take(images, _nearest(attrs, images.shape[1], height), 1)
    return [np.take(rows, _nearest(attrs, images.shape[2], width), 2)]


declare("ResizeBilinear", _infer_resize, _resizing(_linear))
declare("ResizeBicubic", _infer_resize, _resizing(_cubic))
declare("ResizeNearestNeighbor", _infer_resize, _resize_nearest)


def _resize(op: str, images: Value, size: Operand, align: bool, half: bool) -> Value:
    operand = int32(size) if isinstance(size, list | tuple) else size
    return emit_one(op, images, operand, align_corners=align, half_pixel_centers=half)


def resize_bilinear(
    images: Value, size: Operand, *, align_corners: bool = False, half_pixel_centers: bool = True
) -> Value:
    """The images at another size, interpolated bilinearly: float32 (batch, *size, channels).

    Args:
      images: (batch, height, width, channels).
      size: int32 (2,): the new height and width.
      align_corners: whether the centres of the corner pixels coincide.
      half_pixel_centers: whether pixels have their centres at 0.5, 1.5, ...; TF 2's convention.

    Source: tf.image.resize.
    """
    return _resize("ResizeBilinear", images, size, align_corners, half_pixel_centers)


def resize_bicubic(
    images: Value, size: Operand, *, align_corners: bool = False, half_pixel_centers: bool = True
) -> Value:
    """The images at another size, interpolated bicubically; arguments and result as for `resize_bilinear`."""
    return _resize("ResizeBicubic", images, size, align_corners, half_pixel_centers)


def resize_nearest(
    images: Value, size: Operand, *, align_corners: bool = False, half_pixel_centers: bool = True
) -> Value:
    """The images at another size, in their dtype, each pixel the nearest one; arguments as for `resize_bilinear`."""
    return _resize("ResizeNearestNeighbor", images, size, align_corners, half_pixel_centers)


def _reflect(at: Array, size: int) -> Array:
    period = np.float32(2 * size)
    below = period * np.trunc(-at / period) + at
    below = np.where(below < -size, below + period, -below - 1)
    above = at - period * np.trunc(at / period)
    above = np.where(above >= size, period - above - 1, above)
    return np.where(at < 0, below, np.where(at > size - 1, above, at))


def _wrap(at: Array, size: int) -> Array:
    period = np.float32(max(size - 1, 1))
    below = at + size * (np.trunc(-at / period) + 1)
    above = at - size * np.trunc(at / period)
    return np.where(at < 0, below, np.where(at > size - 1, above, at))


def _map(at: Array, size: int, mode: str) -> Array:
    """The coordinates inside the image to which the fill mode maps coordinates outside."""
    if mode == "CONSTANT":
        return at
    if size <= 1 and mode != "NEAREST":
        return np.zeros_like(at)
    inside = _reflect(at, size) if mode == "REFLECT" else _wrap(at, size) if mode == "WRAP" else at
    return np.clip(inside, 0, size - 1)


def _warp(image: Array, at: Sequence[Array], attrs: Attrs, fill: Any) -> Array:
    """The image (height, width, channels) read at coordinates y and x, both float32 (height, width)."""
    height, width = image.shape[:2]
    y, x = (_map(c, n, attrs["fill_mode"]) for c, n in zip(at, (height, width), strict=True))

    def read(row: Array, column: Array) -> Array:
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        i, j = (np.where(inside, c, 0).astype(np.int64) for c in (row, column))
        return np.where(inside[..., None], image[i, j], fill)

    if attrs["interpolation"] == "NEAREST":
        return read(*(np.trunc(c + np.copysign(np.float32(0.5), c)) for c in (y, x)))
    top, left = np.floor(y), np.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    upper = (1 - right) * read(top, left) + right * read(top, left + 1)
    lower = (1 - right) * read(top + 1, left) + right * read(top + 1, left + 1)
    return np.asarray((1 - down) * upper + down * lower)


@register("ImageProjectiveTransformV3")
class ImageProjectiveTransform(Op):
    """Images read at the points to which a projective transform maps the coordinates of the output."""

    @staticmethod
    @override
    def infer(attrs: Attrs, images: Value, transforms: Value, size: Value, fill: Value) -> list[Shape]:
        return _infer_resize(attrs, images, size)

    @staticmethod
    @override
    def run(attrs: Attrs, images: Array, transforms: Array, size: Array, fill: Array) -> list[Array]:
        wide = widen(images)
        height, width = (int(s) for s in size)
        y, x = np.meshgrid(
            np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32), indexing="ij"
        )
        out = np.empty((images.shape[0], height, width, images.shape[3]), images.dtype)
        for n, image in enumerate(wide):
            t = transforms[n if len(transforms) > 1 else 0]
            with np.errstate(all="ignore"):
                scale = t[6] * x + t[7] * y + np.float32(1)
                row, column = (t[3] * x + t[4] * y + t[5]) / scale, (t[0] * x + t[1] * y + t[2]) / scale
                valid = scale != 0
                at = [np.where(valid, c, np.float32(-9)) for c in (row, column)]
                read = _warp(image, at, attrs, fill.astype(wide.dtype))
            out[n] = np.where(valid[..., None], read, fill).astype(images.dtype)
        return [out]


def image_projective_transform(
    images: Value,
    transforms: Operand,
    size: Operand,
    fill_value: float = 0.0,
    *,
    interpolation: str = "BILINEAR",
    fill_mode: str = "REFLECT",
) -> Value:
    """Images read at transformed coordinates.

    Args:
      images: (batch, height, width, channels).
      transforms: float32 (batch or 1, 8): a0 ... b0 ... c0, c1 of
        x' = (a0 x + a1 y + a2) / k, y' = (b0 x + b1 y + b2) / k, k = c0 x + c1 y + 1,
        which map a point of the output to a point of the input.
      size: int32 (2,): height and width of the output.
      fill_value: the value of points outside the image, for the fill mode "CONSTANT".
      interpolation: "NEAREST" or "BILINEAR".
      fill_mode: "CONSTANT", "REFLECT", "WRAP" or "NEAREST".

    Source: tf.raw_ops.ImageProjectiveTransformV3.
    """
    return emit_one(
        "ImageProjectiveTransformV3",
        images,
        transforms,
        size,
        np.float32(fill_value),
        interpolation=interpolation,
        fill_mode=fill_mode,
    )


def _infer_contrast(attrs: Attrs, images: Value, factor: Value) -> list[Shape]:
    if images.shape is not None and len(images.shape) < 3:
        raise ValueError(f"expected at least 3 dimensions, got shape {images.shape}")
    return [images.shape]


def _adjust_contrast(attrs: Attrs, images: Array, factor: Array) -> list[Array]:
    x = widen(images)
    mean = np.mean(x, (-3, -2), keepdims=True, dtype=x.dtype)
    return [((x - mean) * factor.astype(x.dtype) + mean).astype(images.dtype)]


declare("AdjustContrastv2", _infer_contrast, _adjust_contrast)


def adjust_contrast(images: Value, factor: Operand) -> Value:
    """Images with their contrast multiplied: the distance from the mean of each channel.

    Args:
      images: (..., height, width, channels).
      factor: float32 ().

    Source: TensorFlow op AdjustContrastv2.
    """
    return emit_one("AdjustContrastv2", images, factor)
