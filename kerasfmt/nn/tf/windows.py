"""Poolings and convolutions of sequences, images and volumes.

Source: tensorflow/python/ops/nn_ops.py, nn_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt.graph import Value, ops
from kerasfmt.nn.tf.table import first_value, function, integers, operand, register, tensor


def _sizes(given: Any, count: int, name: str) -> list[int]:
    """One size per spatial axis, from one number, one per axis, or one per axis with batch and channels (last)."""
    listed = [given] if isinstance(given, int) else [int(s) for s in given]
    if len(listed) == count + 2:
        listed = listed[1:-1]
    if len(listed) == 1:
        listed = listed * count
    if len(listed) != count:
        raise ValueError(f"{name}: expected 1, {count} or {count + 2} numbers, got {given!r}")
    return listed


def _check(x: Value, count: int, data_format: str | None, padding: Any) -> str:
    if data_format is not None and data_format.startswith("NC"):
        raise ValueError(f"data_format {data_format!r} is not supported")
    if x.rank != count + 2:
        raise ValueError(f"expected {count + 2} dimensions, got shape {x.shape}")
    if not isinstance(padding, str):
        raise ValueError(f"padding: expected 'SAME' or 'VALID', got {padding!r}")
    return padding.upper()


_POOLS: dict[str, tuple[Callable[..., Value], Callable[..., Value]]] = {
    "max": (ops.max_pool, ops.max_pool3d),
    "avg": (ops.avg_pool, ops.avg_pool3d),
}


def _pool(kind: str, count: int | None) -> Callable[..., Value]:
    flat, deep = _POOLS[kind]

    def pool(input: Value, ksize: Any, strides: Any, padding: Any, data_format: str | None = None) -> Value:
        axes = input.rank - 2 if count is None else count
        mode = _check(input, axes, data_format, padding)
        window, steps = _sizes(ksize, axes, "ksize"), _sizes(strides, axes, "strides")
        if axes == 1:
            return ops.squeeze(flat(ops.expand_dims(input, 1), [1, *window], [1, *steps], mode), [1])
        return (flat if axes == 2 else deep)(input, window, steps, mode)

    return pool


for _kind in ("max", "avg"):
    register(_pool(_kind, None), f"nn.{_kind}_pool")
    register(_pool(_kind, 1), f"nn.{_kind}_pool1d")
    register(_pool(_kind, 3), f"nn.{_kind}_pool3d")


def _convolve(x: Value, kernel: Value, strides: list[int], mode: str, dilations: list[int]) -> Value:
    if len(strides) == 1:
        image, filters = ops.expand_dims(x, 1), ops.expand_dims(kernel, 0)
        return ops.squeeze(ops.conv2d(image, filters, [1, *strides], mode, [1, *dilations]), [1])
    convolution = ops.conv2d if len(strides) == 2 else ops.conv3d
    return convolution(x, kernel, strides, mode, dilations)


def _convolution(
    x: Any,
    kernel: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    count: int | None,
) -> Value:
    beside = first_value(x, kernel)
    values, filters = tensor(x, beside), tensor(kernel, beside)
    axes = values.rank - 2 if count is None else count
    mode = _check(values, axes, data_format, padding)
    steps = _sizes(1 if strides is None else strides, axes, "strides")
    return _convolve(
        values, filters, steps, mode, _sizes(1 if dilations is None else dilations, axes, "dilations")
    )


@function("nn.conv1d", "compat.v1.nn.conv1d")
def conv1d(
    input: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    value: Any = None,
    dilations: Any = None,
) -> Value:
    """The convolution of sequences."""
    return _convolution(
        value if input is None else input, filters, stride, padding, data_format, dilations, 1
    )


@function("nn.conv3d")
def conv3d(
    input: Any, filters: Any, strides: Any, padding: Any, data_format: str = "NDHWC", dilations: Any = None
) -> Value:
    """The convolution of volumes."""
    return _convolution(input, filters, strides, padding, data_format, dilations, 3)


@function("nn.convolution")
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
) -> Value:
    """The convolution of sequences, images or volumes."""
    return _convolution(input, filters, strides, padding, data_format, dilations, None)


@function("nn.conv2d_transpose")
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
) -> Value:
    """The transposed convolution of images."""
    beside = first_value(input, filters, output_shape)
    values = tensor(input, beside)
    mode = _check(values, 2, data_format, padding)
    steps = _sizes(strides, 2, "strides")
    spread = _sizes(1 if dilations is None else dilations, 2, "dilations")
    filled = operand(filters, values.dtype)
    return ops.conv2d_backprop_input(integers(output_shape), filled, values, steps, mode, spread)


@function("nn.separable_conv2d", "compat.v1.nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    rate: Any = None,
) -> Value:
    """The convolution of each channel of images, then a convolution of all channels with windows of one pixel."""
    beside = first_value(input, depthwise_filter, pointwise_filter)
    values = tensor(input, beside)
    mode = _check(values, 2, data_format, padding)
    spread = _sizes(dilations or rate or 1, 2, "dilations")
    deep = ops.depthwise_conv2d(
        values, operand(depthwise_filter, values.dtype), _sizes(strides, 2, "strides"), mode, spread
    )
    return ops.conv2d(deep, operand(pointwise_filter, values.dtype), [1, 1], "VALID")


@function("image.extract_patches")
def extract_patches(images: Value, sizes: Any, strides: Any, rates: Any, padding: str) -> Value:
    """The pixels of each window, in one axis: (batch, rows, columns, height * width * channels)."""
    mode = _check(images, 2, None, padding)
    window, channels = _sizes(sizes, 2, "sizes"), images.dims[-1]
    if channels is None or not images.dtype.is_floating:
        raise ValueError("expected floats with a known number of channels")
    depth = window[0] * window[1] * channels
    kernel = np.eye(depth, dtype=images.dtype.numpy).reshape(*window, channels, depth)
    return ops.conv2d(images, kernel, _sizes(strides, 2, "strides"), mode, _sizes(rates, 2, "rates"))


@function("space_to_batch_nd")
def space_to_batch(input: Value, block_shape: Any, paddings: Any) -> Value:
    """Blocks of the spatial axes moved into the batch."""
    return ops.space_to_batch(input, block_shape, paddings)


@function("batch_to_space", "compat.v1.batch_to_space_nd")
def batch_to_space(input: Value, block_shape: Any, crops: Any) -> Value:
    """Parts of the batch moved into blocks of the spatial axes, which are then cropped."""
    return ops.batch_to_space(input, block_shape, crops)
