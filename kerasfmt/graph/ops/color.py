"""Colours of images (..., 3): from red, green, blue to hue, saturation, value and back, and their changes.

Source: tensorflow/core/kernels/image/colorspace_op.h, adjust_hue_op.cc, adjust_saturation_op.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, kernel, same_shape


def _to_hsv(rgb: Array) -> Array:
    red, green, blue = np.moveaxis(rgb, -1, 0)
    value = rgb.max(-1)
    spread = value - rgb.min(-1)
    saturation = np.where(value > 0, spread / np.where(value > 0, value, 1), 0)
    norm = 1 / (6 * np.where(spread > 0, spread, 1))
    hue = np.where(
        red == value,
        norm * (green - blue),
        np.where(green == value, norm * (blue - red) + 2 / 6, norm * (red - green) + 4 / 6),
    )
    hue = np.where(spread > 0, hue, 0)
    return np.asarray(np.stack([np.where(hue < 0, hue + 1, hue), saturation, value], -1), rgb.dtype)


def _to_rgb(hsv: Array) -> Array:
    hue, saturation, value = np.moveaxis(hsv, -1, 0)
    sixth = hue * 6
    red = np.clip(np.abs(sixth - 3) - 1, 0, 1)
    green = np.clip(2 - np.abs(sixth - 2), 0, 1)
    blue = np.clip(2 - np.abs(sixth - 4), 0, 1)
    parts = [((1 - saturation) + saturation * part) * value for part in (red, green, blue)]
    return np.asarray(np.stack(parts, -1), hsv.dtype)


def _checked(images: Array) -> None:
    if images.ndim < 1 or images.shape[-1] != 3:
        raise ValueError(f"expected three channels, got shape {images.shape}")


def _rgb_to_hsv(attrs: Attrs, images: Array) -> Array:
    _checked(images)
    return _to_hsv(images)


def _hsv_to_rgb(attrs: Attrs, images: Array) -> Array:
    _checked(images)
    return _to_rgb(images)


def _adjust_hue(attrs: Attrs, images: Array, delta: Array) -> Array:
    _checked(images)
    hsv = _to_hsv(images)
    hsv[..., 0] = np.mod(hsv[..., 0] + delta, 1)
    return _to_rgb(hsv)


def _adjust_saturation(attrs: Attrs, images: Array, scale: Array) -> Array:
    _checked(images)
    hsv = _to_hsv(images)
    hsv[..., 1] = np.clip(hsv[..., 1] * scale, 0, 1)
    return _to_rgb(hsv)


declare("RGBToHSV", same_shape, kernel(_rgb_to_hsv))
declare("HSVToRGB", same_shape, kernel(_hsv_to_rgb))
declare("AdjustHue", same_shape, kernel(_adjust_hue))
declare("AdjustSaturation", same_shape, kernel(_adjust_saturation))
