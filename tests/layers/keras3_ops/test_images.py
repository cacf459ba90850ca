from __future__ import annotations

import colorsys

import numpy as np

from tests.layers.keras3_ops.operation_tests import IMAGES, Array, OperationTests, S, call, floats
from tests.nn.windowed import depthwise, patches

GRAY = np.float32([0.2989, 0.587, 0.114])
DEEP = floats(2, 4, 4, 8)
SEEN = patches(IMAGES, [2, 3], [2, 3], "SAME")
DOWN = np.outer([-1, 0, 1], [1, 2, 1])
PADDED = np.pad(IMAGES, ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")


def cells(x: Array, size: int) -> Array:
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // size, size, width // size, size, channels)


def each_pixel(function: object, x: Array) -> Array:
    return np.apply_along_axis(lambda pixel: function(*pixel), -1, x.astype(np.float64))  # type: ignore[operator]


def bell(width: float) -> Array:
    found = np.exp(-0.5 * (np.arange(-1, 2) / width) ** 2)
    return found / found.sum()


def filtered(x: Array, kernel: Array, padding: str) -> Array:
    """Each channel convolved with the same kernel (height, width, results)."""
    return depthwise(x, np.tile(kernel[:, :, None], (1, 1, x.shape[-1], 1)), (1, 1), padding)


class TestOperations(OperationTests):
    calls = [
        call(
            "Resize", IMAGES, size=[12, 16], interpolation="nearest", gives=IMAGES.repeat(2, 1).repeat(2, 2)
        ),
        call("Resize", IMAGES, size=[3, 4], gives=cells(IMAGES, 2).mean((2, 4))),
        call(
            "Resize",
            0 * IMAGES + 2,
            size=[4, 4],
            interpolation="lanczos3",
            antialias=True,
            gives=np.full((2, 4, 4, 3), 2),
        ),
        call(
            "SpaceToDepth",
            IMAGES,
            block_size=2,
            gives=cells(IMAGES, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 3, 4, 12),
        ),
        call(
            "DepthToSpace",
            DEEP,
            block_size=2,
            gives=DEEP.reshape(2, 4, 4, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 8, 8, 2),
        ),
        call("RGBToGrayscale", IMAGES, gives=(IMAGES * GRAY).sum(-1, keepdims=True)),
        call("RGBToHSV", IMAGES, gives=each_pixel(colorsys.rgb_to_hsv, IMAGES), rtol=1e-5),
        call("RGBToHSV", 0 * IMAGES + 0.5, gives=each_pixel(colorsys.rgb_to_hsv, 0 * IMAGES + 0.5)),
        call("HSVToRGB", IMAGES, gives=each_pixel(colorsys.hsv_to_rgb, IMAGES), rtol=1e-5),
        call(
            "PadImages",
            IMAGES,
            top_padding=1,
            left_padding=2,
            target_height=9,
            target_width=12,
            gives=np.pad(IMAGES, ((0, 0), (1, 2), (2, 2), (0, 0))),
        ),
        call(
            "PadImages",
            IMAGES,
            bottom_padding=1,
            right_padding=2,
            gives=np.pad(IMAGES, ((0, 0), (0, 1), (0, 2), (0, 0))),
        ),
        call(
            "CropImages",
            IMAGES,
            bottom_cropping=2,
            left_cropping=1,
            target_height=3,
            target_width=5,
            gives=IMAGES[:, 1:4, 1:6],
        ),
        call(
            "ExtractPatches",
            IMAGES,
            size=[2, 3],
            padding="same",
            gives=np.moveaxis(SEEN, 3, 5).reshape(*SEEN.shape[:3], -1),
        ),
        call(
            "GaussianBlur",
            IMAGES,
            kernel_size=[3, 3],
            sigma=[1.0, 0.5],
            gives=filtered(IMAGES, np.outer(bell(0.5), bell(1.0))[:, :, None], "SAME"),
        ),
        call(
            "SobelEdges",
            IMAGES,
            gives=filtered(PADDED, np.stack([DOWN, DOWN.T], -1), "VALID").reshape(2, 6, 8, 3, 2),
        ),
    ]
    refused = [
        (call("Resize", IMAGES, size=[3, 4], crop_to_aspect_ratio=True), "aspect ratios are not supported"),
        (
            call("Resize", IMAGES, size=[3, 4], data_format="channels_first"),
            "channels_first is not supported",
        ),
        (
            call("SpaceToDepth", IMAGES, block_size=2, data_format="channels_first"),
            "channels_first is not supported",
        ),
        (call("SpaceToDepth", IMAGES, block_size=4), "blocks of 4 do not divide"),
        (call("ExtractPatches", S, size=2), "size 2 of images of 3 dimensions is not supported"),
        (call("GaussianBlur", S), "expected images, got 3 dimensions"),
        (call("GaussianBlur", IMAGES, kernel_size=[3, 5]), "expected a square"),
    ]
