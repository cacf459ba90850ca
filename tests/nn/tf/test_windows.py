from __future__ import annotations

import numpy as np

from tests.nn.tf.function_tests import IMAGES, FunctionTests, N, S, call, floats
from tests.nn.windowed import convolve, depthwise, max_pool, mean_pool, patches, transposed

VOLUMES = floats(2, 4, 5, 6, 2)
LINE, KERNEL, CUBE = floats(3, 5, 2), floats(2, 3, 3, 4), floats(2, 2, 3, 2, 3, low=-1, high=1)
DEEP, POINTS, BACK = floats(2, 3, 3, 2), floats(1, 1, 6, 5), floats(2, 3, 4, 3)
SEEN = patches(IMAGES, [2, 3], [1, 2], "SAME", [2, 1])


class TestFunctions(FunctionTests):
    calls = [
        call("nn.max_pool", S, 2, 2, "VALID", gives=max_pool(S, [2], [2])),
        call("nn.max_pool", IMAGES, 2, [2, 1], "SAME", gives=max_pool(IMAGES, [2, 2], [2, 1], "SAME")),
        call(
            "nn.avg_pool",
            VOLUMES,
            [2, 1, 3],
            2,
            "SAME",
            gives=mean_pool(VOLUMES, [2, 1, 3], [2, 2, 2], "SAME"),
        ),
        call("nn.max_pool1d", S, [3], [1], "same", gives=max_pool(S, [3], [1], "SAME")),
        call("nn.avg_pool1d", S, [1, 3, 1], 1, "SAME", gives=mean_pool(S, [3], [1], "SAME")),
        call(
            "nn.max_pool3d", VOLUMES, [1, 2, 2, 2, 1], 2, "VALID", gives=max_pool(VOLUMES, [2] * 3, [2] * 3)
        ),
        call("nn.avg_pool3d", VOLUMES, 2, 1, "VALID", gives=mean_pool(VOLUMES, [2] * 3, [1] * 3)),
        call("nn.conv1d", S, LINE, 2, "SAME", gives=convolve(S, LINE, [2], "SAME")),
        call(
            "nn.conv1d",
            value=S,
            filters=LINE.tolist(),
            stride=1,
            padding="VALID",
            gives=convolve(S, LINE, [1]),
        ),
        call(
            "nn.conv3d",
            VOLUMES,
            CUBE,
            [1, 1, 2, 1, 1],
            "SAME",
            gives=convolve(VOLUMES, CUBE, [1, 2, 1], "SAME"),
        ),
        call("nn.convolution", IMAGES, KERNEL, gives=convolve(IMAGES, KERNEL, [1, 1])),
        call("nn.convolution", IMAGES, KERNEL, 2, "SAME", gives=convolve(IMAGES, KERNEL, [2, 2], "SAME")),
        call(
            "nn.convolution",
            IMAGES,
            KERNEL,
            None,
            "VALID",
            dilations=[2, 3],
            gives=convolve(IMAGES, KERNEL, [1, 1], rates=[2, 3]),
        ),
        call("nn.convolution", S, LINE, padding="SAME", gives=convolve(S, LINE, [1], "SAME")),
        call(
            "nn.conv2d_transpose",
            IMAGES,
            BACK,
            [2, 12, 16, 4],
            2,
            gives=transposed(IMAGES, BACK, [2, 2], (2, 12, 16, 4), "SAME"),
        ),
        call(
            "nn.conv2d_transpose",
            IMAGES,
            BACK.tolist(),
            [2, 7, 17, 4],
            [1, 2],
            "VALID",
            gives=transposed(IMAGES, BACK, [1, 2], (2, 7, 17, 4)),
        ),
        call(
            "nn.separable_conv2d",
            IMAGES,
            DEEP,
            POINTS,
            1,
            "SAME",
            gives=convolve(depthwise(IMAGES, DEEP, [1, 1], "SAME"), POINTS, [1, 1]),
        ),
        call(
            "nn.separable_conv2d",
            IMAGES,
            DEEP.tolist(),
            POINTS,
            1,
            "VALID",
            rate=2,
            gives=convolve(depthwise(IMAGES, DEEP, [1, 1], rates=[2, 2]), POINTS, [1, 1]),
        ),
        call(
            "image.extract_patches",
            IMAGES,
            [1, 2, 3, 1],
            [1, 1, 2, 1],
            [1, 2, 1, 1],
            "SAME",
            gives=np.moveaxis(SEEN, 3, 5).reshape(*SEEN.shape[:3], -1),
        ),
        call(
            "space_to_batch_nd",
            IMAGES,
            [2, 2],
            [[0, 0], [0, 0]],
            gives=np.concatenate([IMAGES[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]),
        ),
        call(
            "batch_to_space",
            np.concatenate([IMAGES[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]),
            [2, 2],
            [[0, 1], [0, 0]],
            gives=IMAGES[:, :5],
        ),
    ]
    refused = [
        (
            call("nn.max_pool", IMAGES, 2, 2, "VALID", data_format="NCHW"),
            "data_format 'NCHW' is not supported",
        ),
        (call("nn.max_pool1d", IMAGES, 2, 2, "VALID"), "expected 3 dimensions"),
        (
            call("nn.max_pool", IMAGES, [2, 2, 2], 2, "VALID"),
            r"ksize: expected 1, 2 or 4 numbers, got \[2, 2, 2\]",
        ),
        (call("nn.conv1d", S, LINE, 1, [[0, 0], [1, 1], [0, 0]]), "padding: expected 'SAME' or 'VALID'"),
        (call("nn.convolution", S, LINE[:, :2]), "5 input channels for a filter of 2"),
        (
            call("image.extract_patches", IMAGES.astype(np.int32), [2, 2], [1, 1], [1, 1], "VALID"),
            "expected floats with a known number",
        ),
        (
            call("space_to_batch_nd", N[..., None], [2], [[0, 0]]),
            "blocks of 2 do not divide a padded axis of 3",
        ),
    ]
