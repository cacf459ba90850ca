from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import IMAGES, Constant, OperationTests, S, X, call, floats
from tests.nn.windowed import convolve, depthwise, max_pool, mean_pool, patches

VOLUMES, KERNEL = floats(2, 4, 4, 6, 2), floats(2, 3, 3, 4)
DEEP, POINTS = floats(2, 3, 3, 2), floats(1, 1, 6, 5)
FIRST = np.moveaxis(IMAGES, -1, 1)
LINE = floats(3, 5, 2)


def unfolded(x: np.ndarray, size: list[int], stride: int, pad: int, dilation: int) -> np.ndarray:
    """Windows of images with the channels first, as columns: (batch, channels * height * width, windows)."""
    last = np.pad(np.moveaxis(x, 1, -1), ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    seen = patches(last, size, [stride] * 2, "VALID", [dilation] * 2)
    batch, rows, columns, channels = seen.shape[:4]
    return seen.reshape(batch, rows * columns, channels * size[0] * size[1]).swapaxes(1, 2)


class TestOperations(OperationTests):
    calls = [
        call("MaxPool", IMAGES, pool_size=2, gives=max_pool(IMAGES, [2, 2], [2, 2])),
        call(
            "MaxPool",
            IMAGES,
            pool_size=[3, 2],
            strides=[2, 1],
            padding="same",
            gives=max_pool(IMAGES, [3, 2], [2, 1], "SAME"),
        ),
        call(
            "MaxPool",
            FIRST,
            pool_size=2,
            data_format="channels_first",
            gives=np.moveaxis(max_pool(IMAGES, [2, 2], [2, 2]), -1, 1),
        ),
        call("AveragePool", S, pool_size=2, strides=1, padding="same", gives=mean_pool(S, [2], [1], "SAME")),
        call("AveragePool", VOLUMES, pool_size=2, gives=mean_pool(VOLUMES, [2] * 3, [2] * 3)),
        call("AdaptiveMaxPool", IMAGES, output_size=[3, 2], gives=max_pool(IMAGES, [2, 4], [2, 4])),
        call(
            "AdaptiveAveragePool",
            FIRST,
            output_size=2,
            data_format="channels_first",
            gives=np.moveaxis(mean_pool(IMAGES, [3, 4], [3, 4]), -1, 1),
        ),
        call(
            "Conv",
            IMAGES,
            Constant(KERNEL),
            strides=[2, 1],
            padding="same",
            gives=convolve(IMAGES, KERNEL, [2, 1], "SAME"),
            rtol=1e-5,
        ),
        call("Conv", S, Constant(LINE), gives=convolve(S, LINE, [1]), rtol=1e-5),
        call(
            "Conv",
            FIRST,
            Constant(KERNEL),
            dilation_rate=2,
            data_format="channels_first",
            gives=np.moveaxis(convolve(IMAGES, KERNEL, [1, 1], rates=[2, 2]), -1, 1),
            rtol=1e-5,
        ),
        call(
            "DepthwiseConv",
            IMAGES,
            Constant(DEEP),
            strides=2,
            padding="same",
            gives=depthwise(IMAGES, DEEP, [2, 2], "SAME"),
            rtol=1e-5,
        ),
        call(
            "SeparableConv",
            IMAGES,
            Constant(DEEP),
            Constant(POINTS),
            gives=convolve(depthwise(IMAGES, DEEP, [1, 1]), POINTS, [1, 1]),
            rtol=1e-5,
        ),
        call(
            "Unfold", FIRST, kernel_size=[2, 3], padding=1, stride=2, gives=unfolded(FIRST, [2, 3], 2, 1, 1)
        ),
        call("Unfold", FIRST, kernel_size=2, dilation=2, gives=unfolded(FIRST, [2, 2], 1, 0, 2)),
    ]
    refused = [
        (call("MaxPool", X, pool_size=2), "2 dimensions are not supported"),
        (call("AdaptiveMaxPool", IMAGES, output_size=4), r"output_size \[4, 4\] must divide \[6, 8\]"),
        (call("DepthwiseConv", S, Constant(LINE)), "expected images, got 3 dimensions"),
        (call("Conv", IMAGES, Constant(KERNEL[:, :, :2])), "3 input channels for a filter of 2"),
        (call("MaxPool", IMAGES, pool_size=9), "a window of 9 does not fit"),
    ]
