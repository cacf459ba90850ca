"""Images at another size, each pixel a weighted mean of the pixels around it.

Source: tensorflow/core/kernels/image/resize_area_op.cc, scale_and_translate_op.cc, sampling_kernels.h.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops.declare import Array, Attrs, declare, with_rank
from kerasfmt.graph.ops.image import check_resize
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value


def _infer(attrs: Attrs, images: Value, size: Value, *_: Value) -> list[Shape]:
    batch, _height, _width, depth = with_rank(images, 4)
    found = partial_value(size) or [None, None]
    if len(found) != 2:
        raise ValueError(f"size has {len(found)} elements, expected 2")
    return [(batch, *found, depth)]


def _apply(images: Array, rows: Array, columns: Array) -> list[Array]:
    """The images (batch, h, w, channels) weighted by (height, h) and (width, w): float32."""
    x = images.astype(np.float32)
    return [np.einsum("yh,bhwc,xw->byxc", rows, x, columns, optimize=True).astype(np.float32, copy=False)]


def _area_weights(size: int, out: int, align_corners: bool) -> Array:
    """The share of each element in the interval that an output element covers: float32 (out, size)."""
    scale = np.float32((size - 1) / (out - 1) if align_corners and out > 1 else size / out)
    start = np.arange(out, dtype=np.float32)[:, None] * scale
    end = np.arange(1, out + 1, dtype=np.float32)[:, None] * scale
    weights = np.zeros((out, size), np.float32)
    # The interval of the last element may end outside of the image; the border pixel stands for what is there.
    for i in range(math.ceil(float(end.max()))):
        weights[:, min(i, size - 1)] += np.clip(np.minimum(end, i + 1) - np.maximum(start, i), 0, None)[:, 0]
    return np.asarray(weights / scale)


def _resize_area(attrs: Attrs, images: Array, size: Array) -> list[Array]:
    check_resize(images, size)
    align = attrs["align_corners"]
    rows, columns = (_area_weights(images.shape[i + 1], int(size[i]), align) for i in (0, 1))
    return _apply(images, rows, columns)


def _lanczos(radius: float) -> Callable[[Array], Array]:
    def weight(x: Array) -> Array:
        safe = np.where(x <= 1e-3, 1, x)
        value = radius * np.sin(np.pi * safe) * np.sin(np.pi * safe / radius) / (np.pi * safe) ** 2
        return np.where(x > radius, 0, np.where(x <= 1e-3, 1, value))

    return weight


def _gaussian(x: Array) -> Array:
    return np.where(x >= 1.5, 0, np.exp(-(x**2) / (2 * 0.5**2)))


def _cubic(inner: tuple[float, ...], outer: tuple[float, ...]) -> Callable[[Array], Array]:
    """A piecewise cubic, by its coefficients (highest power first) below 1 and between 1 and 2."""
    return lambda x: np.where(x >= 2, 0, np.where(x >= 1, np.polyval(outer, x), np.polyval(inner, x)))


_KERNELS: dict[str, tuple[float, Callable[[Array], Array]]] = {
    "lanczos1": (1, _lanczos(1)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
    "box": (1, lambda x: np.where(x < 0.5, 1, np.where(x == 0.5, 0.5, 0))),
    "triangle": (1, lambda x: np.maximum(1 - x, 0)),
    "keyscubic": (2, _cubic((1.5, -2.5, 0, 1), (-0.5, 2.5, -4, 2))),
    "mitchellcubic": (2, _cubic((7 / 6, -2, 0, 8 / 9), (-7 / 18, 2, -10 / 3, 16 / 9))),
}
"""Radius and weights, by distance, of the sampling kernels."""


def _sample_weights(attrs: Attrs, size: int, out: int, scale: float, translation: float) -> Array:
    """The weight of each element in each output element: float32 (out, size)."""
    # In float32 throughout, as in TensorFlow: rounding decides what is on the edge of a kernel.
    radius, kernel = _KERNELS[attrs["kernel_type"]]
    inverse = np.float32(1) / np.float32(scale)
    spread = max(inverse, np.float32(1)) if attrs["antialias"] else np.float32(1)
    reach = np.float32(radius) * spread
    at = (np.arange(out, dtype=np.float32) + np.float32(0.5)) * inverse - inverse * np.float32(translation)
    elements = np.arange(size, dtype=np.float32)
    first = np.clip(np.ceil(at - reach - np.float32(0.5)), 0, size - 1)
    last = np.clip(np.floor(at + reach - np.float32(0.5)), 0, size - 1)
    distances = np.abs((elements + np.float32(0.5) - at[:, None]) * (np.float32(1) / spread))
    inside = (elements >= first[:, None]) & (elements <= last[:, None])
    weights = np.where(inside & ((at >= 0) & (at <= size))[:, None], kernel(distances), 0)
    total = weights.sum(1, keepdims=True)
    known = np.abs(total) >= 1000 * np.finfo(np.float32).tiny
    return np.asarray(np.where(known, weights / np.where(known, total, 1), 0), np.float32)


def _scale_and_translate(
    attrs: Attrs, images: Array, size: Array, scale: Array, translation: Array
) -> list[Array]:
    check_resize(images, size)
    rows, columns = (
        _sample_weights(attrs, images.shape[i + 1], int(size[i]), float(scale[i]), float(translation[i]))
        for i in (0, 1)
    )
    return _apply(images, rows, columns)


declare("ResizeArea", _infer, _resize_area)
declare("ScaleAndTranslate", _infer, _scale_and_translate)


def resize_area(images: Value, size: Operand) -> Value:
    """The images at another size, each pixel the mean of the area that it covers: float32.

    Args:
      images: (batch, height, width, channels).
      size: int32 (2,): the new height and width.

    Source: tf.image.resize.
    """
    return emit_one("ResizeArea", images, size)


def scale_and_translate(
    images: Value,
    size: Operand,
    scale: Operand,
    translation: Operand,
    kernel_type: str,
    antialias: bool = True,
) -> Value:
    """The images scaled, moved and cut to another size: float32.

    Args:
      images: (batch, height, width, channels).
      size: int32 (2,): the new height and width.
      scale: float32 (2,): the factors.
      translation: float32 (2,): by how many new pixels the images are moved.
      kernel_type: name of the sampling kernel, for instance "lanczos3".
      antialias: whether the kernel grows where the images shrink.

    Source: TensorFlow op ScaleAndTranslate.
    """
    return emit_one(
        "ScaleAndTranslate", images, size, scale, translation, kernel_type=kernel_type, antialias=antialias
    )
