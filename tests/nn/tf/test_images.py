from __future__ import annotations

import numpy as np

from tests.nn.tf.function_tests import IMAGES, FunctionTests, N, call, floats

SQUARE, ONE = floats(2, 4, 4, 3), IMAGES[0]
BYTES = np.arange(2 * 2 * 3 * 1, dtype=np.uint8).reshape(2, 2, 3, 1) * 20
GRAY = np.float32([0.2989, 0.587, 0.114])
YUV = np.float32(
    [[0.299, 0.587, 0.114], [-0.14714119, -0.28886916, 0.43601035], [0.61497538, -0.51496512, -0.10001026]]
)


def cells(x: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Images as (batch, new height, rows, new width, columns, channels)."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // rows, rows, width // columns, columns, channels)


def standardized(x: np.ndarray) -> np.ndarray:
    mean = x.mean((-3, -2, -1), keepdims=True)
    least = 1 / np.sqrt(np.prod(x.shape[-3:]))
    return (x - mean) / np.maximum(x.std((-3, -2, -1), keepdims=True), least)


class TestFunctions(FunctionTests):
    calls = [
        call("image.resize", IMAGES, [6, 8], gives=IMAGES),
        call("image.resize", IMAGES, [12, 16], "nearest", gives=IMAGES.repeat(2, 1).repeat(2, 2)),
        call("image.resize", IMAGES, [3, 4], "area", gives=cells(IMAGES, 2, 2).mean((2, 4))),
        call("image.resize", IMAGES, [3, 4], gives=cells(IMAGES, 2, 2).mean((2, 4))),
        call("image.resize", 0 * IMAGES + 2, [3, 11], "bicubic", gives=np.full((2, 3, 11, 3), 2, np.float32)),
        call(
            "image.resize",
            0 * IMAGES + 2,
            [3, 11],
            "lanczos3",
            antialias=True,
            gives=np.full((2, 3, 11, 3), 2),
        ),
        call("image.flip_left_right", IMAGES, gives=IMAGES[:, :, ::-1]),
        call("image.flip_up_down", IMAGES, gives=IMAGES[:, ::-1]),
        call("image.transpose", IMAGES, gives=IMAGES.swapaxes(1, 2)),
        call("image.central_crop", IMAGES, 0.5, gives=IMAGES[:, 1:5, 2:6]),
        call("image.central_crop", IMAGES, 1, gives=IMAGES),
        call("image.crop_to_bounding_box", IMAGES, 1, 2, 4, 5, gives=IMAGES[:, 1:5, 2:7]),
        call(
            "image.pad_to_bounding_box",
            IMAGES,
            1,
            2,
            9,
            13,
            gives=np.pad(IMAGES, ((0, 0), (1, 2), (2, 3), (0, 0))),
        ),
        call("image.rgb_to_grayscale", IMAGES, gives=(IMAGES * GRAY).sum(-1, keepdims=True)),
        call("image.grayscale_to_rgb", IMAGES[..., :1], gives=IMAGES[..., :1].repeat(3, -1)),
        call("image.adjust_brightness", IMAGES, 0.25, gives=IMAGES + 0.25),
        call("image.adjust_contrast", SQUARE, 2.0, gives=2 * SQUARE - SQUARE.mean((1, 2), keepdims=True)),
        call("image.per_image_standardization", SQUARE, gives=standardized(SQUARE)),
        call("image.per_image_standardization", BYTES, gives=standardized(BYTES.astype(np.float32))),
        call("image.per_image_standardization", 0 * SQUARE + 7, gives=0 * SQUARE),
        call("image.adjust_gamma", IMAGES, 2.0, 0.5, gives=0.5 * IMAGES**2),
        call("image.convert_image_dtype", BYTES, "float32", gives=BYTES / np.float32(255)),
        call("image.convert_image_dtype", IMAGES, "float32", gives=IMAGES),
        call("image.convert_image_dtype", IMAGES, "float16", gives=IMAGES.astype(np.float16)),
        call("image.rgb_to_yuv", IMAGES, gives=IMAGES @ YUV.T),
        *(call("image.rot90", IMAGES, k, gives=np.rot90(IMAGES, k, (1, 2))) for k in (-1, 0, 1, 2, 3)),
        call(
            "image.resize_with_crop_or_pad",
            IMAGES,
            4,
            11,
            gives=np.pad(IMAGES[:, 1:5], ((0, 0), (0, 0), (1, 2), (0, 0))),
        ),
        call(
            "image.resize_with_pad",
            IMAGES,
            3,
            8,
            "area",
            gives=np.pad(cells(IMAGES, 2, 2).mean((2, 4)), ((0, 0), (0, 0), (2, 2), (0, 0))),
        ),
        call("image.transpose", ONE, gives=ONE.swapaxes(0, 1)),
        call("image.resize", ONE, [3, 4], gives=cells(IMAGES, 2, 2).mean((2, 4))[0]),
        call("image.central_crop", ONE, 0.5, gives=ONE[1:5, 2:6], of_any_batch=False),
        call(
            "image.pad_to_bounding_box",
            ONE,
            1,
            2,
            9,
            13,
            gives=np.pad(ONE, ((1, 2), (2, 3), (0, 0))),
            of_any_batch=False,
        ),
        call("image.flip_up_down", ONE, gives=ONE[::-1]),
    ]
    refused = [
        (
            call("image.resize", IMAGES, [3, 4], preserve_aspect_ratio=True),
            "preserve_aspect_ratio is not supported",
        ),
        (call("image.resize", IMAGES, [3, 4], "cubic"), "method 'cubic' is not supported"),
        (call("image.central_crop", IMAGES, 1.5), r"expected a fraction in \(0, 1\], got 1.5"),
        (call("image.crop_to_bounding_box", IMAGES, 4, 0, 3, 8), "3 elements from 4 of an axis of 6"),
        (call("image.pad_to_bounding_box", IMAGES, 0, 0, 5, 8), "a padding is negative"),
        (call("image.rgb_to_grayscale", N), "expected floats, got int32; cast them first"),
        (call("image.adjust_brightness", N, 1), "expected floats, got int32; cast them first"),
        (call("image.adjust_contrast", N, 1), "expected floats, got int32; cast them first"),
        (call("image.adjust_gamma", N, 1), "expected floats, got int32; cast them first"),
        (call("image.adjust_gamma", IMAGES, -1), "gamma: expected a number that is not negative, got -1"),
        (call("image.convert_image_dtype", IMAGES, "uint8"), "to uint8 is not supported"),
        (call("image.rot90", IMAGES, 0.5), "k: expected a number, got 0.5"),
    ]
