from __future__ import annotations

import math

import numpy as np

from tests.graph.evaluation import evaluate
from tests.nn.tf.function_tests import IMAGES, Array, FunctionTests, N, P, S, X, Y, built, call, floats
from tests.nn.windowed import convolve, depthwise, max_pool, mean_pool

KERNEL, DEEP = floats(2, 3, 3, 4), floats(2, 3, 3, 2)
ONE_HOT = np.float32([[0, 0, 1], [1, 0, 0]])
erf = np.vectorize(math.erf)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array, axis: int = -1) -> Array:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def near(x: Array, radius: int) -> Array:
    """The sums of the squares of the channels at most so far away."""
    count = x.shape[-1]
    return np.stack([(x[..., max(i - radius, 0) : i + radius + 1] ** 2).sum(-1) for i in range(count)], -1)


def deep(x: Array, block: int) -> Array:
    """Blocks of height and width moved into the channels."""
    batch, height, width, channels = x.shape
    cut = x.reshape(batch, height // block, block, width // block, block, channels)
    return cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // block, width // block, -1)


class TestFunctions(FunctionTests):
    calls = [
        call("nn.relu", X, gives=np.maximum(X, 0)),
        call("nn.relu6", 4 * X, gives=np.clip(4 * X, 0, 6)),
        call("nn.elu", X, gives=np.where(X < 0, np.expm1(X), X)),
        call("nn.selu", X, gives=1.05070099 * np.where(X < 0, 1.67326324 * np.expm1(X), X)),
        call("nn.softsign", X, gives=X / (1 + np.abs(X))),
        call("nn.l2_loss", X, gives=np.float32((X**2).sum() / 2)),
        call("nn.softmax", X, gives=softmax(X)),
        call("nn.softmax", S, 1, gives=softmax(S, 1)),
        call("nn.log_softmax", S, dim=-2, gives=np.log(softmax(S, 1))),
        call("nn.silu", X, gives=X * sigmoid(X)),
        call("nn.silu", X, 1.5, gives=X * sigmoid(1.5 * X)),
        call("nn.leaky_relu", X, 0.1, gives=np.where(X < 0, 0.1 * X, X)),
        call("nn.gelu", X, gives=X * (1 + erf(X / math.sqrt(2))) / 2),
        call("nn.gelu", X, True, gives=X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))) / 2),
        call("nn.crelu", X, gives=np.maximum(np.concatenate([X, -X], -1), 0)),
        call("nn.bias_add", IMAGES, [1.0, 2.0, 3.0], gives=IMAGES + np.float32([1, 2, 3])),
        call("nn.bias_add", S, [1.0, 2.0, 3.0, 4.0], "NCW", gives=S + np.float32([[1], [2], [3], [4]])),
        call("nn.dropout", X, 0, gives=X),
        call("nn.dropout", X, keep_prob=1, gives=X),
        call(
            "nn.local_response_normalization",
            IMAGES,
            1,
            2,
            0.5,
            0.75,
            gives=IMAGES / (2 + 0.5 * near(IMAGES, 1)) ** 0.75,
        ),
        call("nn.space_to_depth", IMAGES, 2, gives=deep(IMAGES, 2)),
        call("nn.depth_to_space", deep(IMAGES, 2), 2, gives=IMAGES),
        call("nn.max_pool2d", IMAGES, 2, 2, "VALID", gives=max_pool(IMAGES, [2, 2], [2, 2])),
        call(
            "nn.max_pool2d",
            IMAGES,
            [1, 3, 2, 1],
            [1, 2, 3, 1],
            "SAME",
            gives=max_pool(IMAGES, [3, 2], [2, 3], "SAME"),
        ),
        call("nn.avg_pool2d", IMAGES, [3, 2], [2], "same", gives=mean_pool(IMAGES, [3, 2], [2, 2], "SAME")),
        call("nn.conv2d", IMAGES, KERNEL, 1, "SAME", gives=convolve(IMAGES, KERNEL, [1, 1], "SAME")),
        call(
            "nn.conv2d",
            IMAGES,
            KERNEL.tolist(),
            [1, 2, 3, 1],
            "VALID",
            gives=convolve(IMAGES, KERNEL, [2, 3]),
        ),
        call(
            "nn.conv2d",
            IMAGES,
            filter=KERNEL,
            strides=1,
            padding="VALID",
            dilations=[2, 1],
            gives=convolve(IMAGES, KERNEL, [1, 1], rates=[2, 1]),
        ),
        call(
            "nn.conv2d",
            IMAGES,
            KERNEL,
            1,
            [[0, 0], [1, 0], [0, 2], [0, 0]],
            gives=convolve(np.pad(IMAGES, ((0, 0), (1, 0), (0, 2), (0, 0))), KERNEL, [1, 1]),
        ),
        call(
            "nn.depthwise_conv2d",
            IMAGES,
            DEEP,
            [1, 2, 2, 1],
            "SAME",
            gives=depthwise(IMAGES, DEEP, [2, 2], "SAME"),
        ),
        call(
            "nn.depthwise_conv2d",
            IMAGES,
            DEEP.tolist(),
            1,
            "VALID",
            rate=[1, 2],
            gives=depthwise(IMAGES, DEEP, [1, 1], rates=[1, 2]),
        ),
        call(
            "nn.sigmoid_cross_entropy_with_logits",
            P,
            X,
            gives=-P * np.log(sigmoid(X)) - (1 - P) * np.log(sigmoid(-X)),
        ),
        call(
            "nn.sigmoid_cross_entropy_with_logits",
            [1.0, 1.0, 1.0],
            100 * X,
            gives=np.float32([[150, np.log(2), 0], [0, 50, 0]]),
        ),
        call("nn.softmax_cross_entropy_with_logits", ONE_HOT, X, gives=-np.log(softmax(X))[ONE_HOT > 0]),
        call(
            "nn.softmax_cross_entropy_with_logits",
            softmax(Y),
            X,
            0,
            gives=-(softmax(Y) * np.log(softmax(X, 0))).sum(0),
        ),
        call(
            "nn.sparse_softmax_cross_entropy_with_logits",
            np.array([2, 0], np.int32),
            X,
            gives=-np.log(softmax(X))[ONE_HOT > 0],
        ),
        call(
            "nn.sparse_softmax_cross_entropy_with_logits", [2, 0], X, gives=-np.log(softmax(X))[ONE_HOT > 0]
        ),
        call("math.zero_fraction", N, gives=np.float32(1 / 6)),
    ]
    refused = [
        (call("nn.softmax", X, 2), "axis 2 is out of range"),
        (call("nn.bias_add", X, [1.0, 2.0]), "dimensions 3 and 2"),
        (call("nn.dropout", X, 1), r"expected a rate in \[0, 1\), got 1"),
        (call("nn.dropout", X, P), r"expected a rate in \[0, 1\)"),
        (
            call("nn.max_pool2d", IMAGES, 2, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]),
            "explicit padding is not supported",
        ),
        (call("nn.conv2d", IMAGES, KERNEL[:, :, :2], 1, "VALID"), "3 input channels for a filter of 2"),
        (call("nn.space_to_depth", IMAGES, 4), "blocks of 4 do not divide"),
    ]


def test_a_share_of_the_elements_is_dropped_in_rows() -> None:
    x = np.ones((100, 50), np.float32)
    given = call("nn.dropout", x, 0.25, noise_shape=[None, 1], seed=7)
    found = evaluate(lambda v: built(given, [v]), x)
    assert set(np.unique(found)) == {0, np.float32(1 / 0.75)}
    assert (found == found[:, :1]).all()
    assert 10 < (found[:, 0] == 0).sum() < 40
