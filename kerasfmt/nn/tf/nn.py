"""Activations, poolings and convolutions.

Source: tensorflow/python/ops/nn_ops.py, nn_impl.py, gen_nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.nn import activations, shapes as functions
from kerasfmt.nn.tf.table import (
    axes_of,
    dot_constant,
    first_value,
    function,
    operand,
    register,
    tensor,
)


def _plain(op: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def apply(features: Value) -> Value:
        return op(features)

    return apply


for _name, _op in {
    "relu": ops.relu,
    "relu6": ops.relu6,
    "elu": ops.elu,
    "selu": ops.selu,
    "softsign": ops.softsign,
    "l2_loss": ops.l2_loss,
}.items():
    register(_plain(_op), f"nn.{_name}")


def _along(op: Callable[[Value], Value], x: Value, axis: int | None) -> Value:
    """An op of the last axis, applied along another axis."""
    (at,) = axes_of(-1 if axis is None else axis, x.rank)
    last = x.rank - 1
    if at == last:
        return op(x)
    perm = [last if i == at else at if i == last else i for i in range(x.rank)]
    return ops.transpose(op(ops.transpose(x, perm)), perm)


@function("nn.softmax", "compat.v1.nn.softmax")
def softmax(logits: Value, axis: int | None = None, dim: int | None = None) -> Value:
    """exp(x) divided by its sum along an axis."""
    return _along(ops.softmax, logits, axis if axis is not None else dim)


@function("nn.log_softmax", "compat.v1.nn.log_softmax")
def log_softmax(logits: Value, axis: int | None = None, dim: int | None = None) -> Value:
    """log(softmax(x))."""
    return _along(ops.log_softmax, logits, axis if axis is not None else dim)


@function("nn.silu")
def silu(features: Value, beta: Any = 1.0) -> Value:
    """x * sigmoid(beta * x)."""
    return features * ops.sigmoid(features if beta == 1.0 else features * beta)


@function("nn.leaky_relu")
def leaky_relu(features: Value, alpha: float = 0.2) -> Value:
    """x, or alpha * x where negative."""
    return ops.leaky_relu(features, alpha)


@function("nn.gelu")
def gelu(features: Value, approximate: bool = False) -> Value:
    """x * P(X <= x) for a normally distributed X."""
    return activations.gelu(features, approximate)


@function("nn.crelu", "compat.v1.nn.crelu")
def crelu(features: Value, axis: int = -1) -> Value:
    """relu(x) and relu(-x), joined along an axis."""
    return ops.relu(ops.concat([features, ops.negative(features)], axis))


@function("nn.bias_add", "compat.v1.nn.bias_add")
def bias_add(value: Value, bias: Any, data_format: str | None = None) -> Value:
    """`value` plus `bias` (channels,) along the channel axis."""
    first = data_format is not None and data_format.startswith("NC")
    return ops.bias_add(value, operand(bias, value.dtype), "NCHW" if first else "NHWC")


@function("nn.dropout", "compat.v1.nn.dropout", "nn.experimental.general_dropout")
def dropout(
    x: Value, rate: Any = None, noise_shape: Any = None, seed: int | None = None, keep_prob: Any = None
) -> Value:
    """`x` with zeros at random and scaled up, in training and in inference."""
    share = rate if rate is not None else 1 - keep_prob
    if isinstance(share, Value) or not 0 <= share < 1:
        raise ValueError(f"expected a rate in [0, 1), got {share!r}")
    return functions.dropout(x, share, noise_shape, seed) if share else x


@function("nn.local_response_normalization")
def local_response_normalization(
    input: Value, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5
) -> Value:
    """`input` divided by a power of the sum of squares of neighbouring channels."""
    channels = input.dims[-1]
    if channels is None:
        raise ValueError("the number of channels must be known")
    near = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels))) <= depth_radius
    sums = dot_constant(ops.square(input), near.astype(input.dtype.numpy))
    return input / ops.pow(bias + alpha * sums, beta)


@function("nn.depth_to_space", "compat.v1.depth_to_space", "compat.v1.nn.depth_to_space")
def depth_to_space(input: Value, block_size: int, data_format: str = "NHWC") -> Value:
    """Channels moved into blocks of height and width."""
    return ops.depth_to_space(input, block_size, data_format)


@function("nn.space_to_depth", "compat.v1.space_to_depth", "compat.v1.nn.space_to_depth")
def space_to_depth(input: Value, block_size: int, data_format: str = "NHWC") -> Value:
    """Blocks of height and width moved into the channels."""
    return ops.space_to_depth(input, block_size, data_format)


def _pair(sizes: Any, data_format: str) -> list[int]:
    """Height and width from one number, two numbers, or four with batch and channels."""
    listed = [sizes] if isinstance(sizes, int) else [int(s) for s in sizes]
    if len(listed) == 4:
        listed = listed[2:] if data_format.startswith("NC") else listed[1:3]
    return listed * 2 if len(listed) == 1 else listed


def _padding(padding: Any, data_format: str) -> tuple[str, Sequence[tuple[int, int]]]:
    if isinstance(padding, str):
        return padding.upper(), ()
    spatial = padding[2:] if data_format.startswith("NC") else padding[1:3]
    return "EXPLICIT", [(int(a), int(b)) for a, b in spatial]


@function("nn.max_pool2d", "compat.v1.nn.max_pool")
def max_pool2d(input: Value, ksize: Any, strides: Any, padding: Any, data_format: str | None = None) -> Value:
    """The greatest element of each window."""
    layout = data_format or "NHWC"
    mode, explicit = _padding(padding, layout)
    if explicit:
        raise ValueError("explicit padding is not supported")
    return ops.max_pool(input, _pair(ksize, layout), _pair(strides, layout), mode, layout)


@function("nn.avg_pool2d", "compat.v1.nn.avg_pool")
def avg_pool2d(input: Value, ksize: Any, strides: Any, padding: str, data_format: str | None = None) -> Value:
    """The mean of each window."""
    layout = data_format or "NHWC"
    return ops.avg_pool(input, _pair(ksize, layout), _pair(strides, layout), padding.upper(), layout)


@function("nn.conv2d", "compat.v1.nn.conv2d")
def conv2d(
    input: Any,
    filters: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str | None = None,
    dilations: Any = None,
    filter: Any = None,
    use_cudnn_on_gpu: bool = True,
) -> Value:
    """The convolution of images."""
    layout = data_format or "NHWC"
    mode, explicit = _padding(padding, layout)
    kernel = filters if filters is not None else filter
    beside = first_value(input, kernel)
    return ops.conv2d(
        tensor(input, beside),
        tensor(kernel, beside),
        _pair(strides, layout),
        mode,
        _pair(1 if dilations is None else dilations, layout),
        layout,
        explicit,
    )


@function("nn.depthwise_conv2d", "compat.v1.nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Value,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    rate: Any = None,
) -> Value:
    """The convolution of each channel of images."""
    layout = data_format or "NHWC"
    return ops.depthwise_conv2d(
        input,
        operand(filter, input.dtype),
        _pair(strides, layout),
        padding.upper(),
        _pair(dilations or rate or 1, layout),
        layout,
    )


@function("compat.v1.nn.sigmoid_cross_entropy_with_logits", "nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Value:
    """-labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits))."""
    beside = first_value(labels, logits)
    z, x = tensor(labels, beside), tensor(logits, beside)
    positive = ops.greater_equal(x, np.zeros((), x.dtype.numpy))
    zeros = ops.zeros_like(x)
    relu, minus_abs = ops.where(positive, x, zeros), ops.where(positive, ops.negative(x), x)
    return relu - x * z + ops.log1p(ops.exp(minus_abs))


@function("nn.softmax_cross_entropy_with_logits", "compat.v1.nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int | None = -1, dim: Any = None
) -> Value:
    """-sum(labels * log(softmax(logits))) along an axis, which is dropped."""
    beside = first_value(logits, labels)
    x = tensor(logits, beside)
    at = -1 if axis is None else axis
    return ops.negative(ops.reduce_sum(tensor(labels, x) * _along(ops.log_softmax, x, at), at))


@function(
    "nn.sparse_softmax_cross_entropy_with_logits", "compat.v1.nn.sparse_softmax_cross_entropy_with_logits"
)
def sparse_softmax_cross_entropy_with_logits(labels: Any = None, logits: Any = None) -> Value:
    """-log(softmax(logits)) at the index `labels` along the last axis."""
    beside = first_value(logits, labels)
    x = tensor(logits, beside)
    classes = x.dims[-1]
    if classes is None:
        raise ValueError("the number of classes must be known")
    chosen = ops.one_hot(tensor(labels, x, dtypes.int32), classes, -1, x.dtype)
    return ops.negative(ops.reduce_sum(chosen * ops.log_softmax(x), -1))


@function("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(value: Value) -> Value:
    """The share of zeros in `value`, a float32 scalar."""
    zeros = ops.equal(value, np.zeros((), value.dtype.numpy))
    return ops.reduce_mean(ops.cast(zeros, dtypes.float32))
