"""Compositions of graph ops that the convolution layers share.

A layer's `data_format` is Keras's (`channels_last`, `channels_first`); a rank is the number of spatial axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kerasfmt.graph import Shape, Value, Variable, emit_one, merge_shapes, ops
from kerasfmt.layers.functions import dims_of, reshape_to


def layout(data_format: str, rank: int) -> str:
    """TensorFlow's name of a data format; that of images for a rank of 1."""
    first = data_format == "channels_first"
    if rank == 3:
        return "NCDHW" if first else "NDHWC"
    return "NCHW" if first else "NHWC"


def channel_axis(data_format: str, rank: int) -> int:
    """The channel axis, counted from the back."""
    return -1 - rank if data_format == "channels_first" else -1


def read(x: Value, variable: Variable) -> Value:
    """The value of `variable` beside `x`: in its dtype, where the variable follows the compute dtype."""
    value = x.graph.read(variable)
    return ops.cast(value, x.dtype) if variable.autocast and x.dtype.is_floating else value


def out_length(length: int | None, size: int, padding: str, stride: int, dilation: int = 1) -> int | None:
    """Number of windows of `size` elements along an axis. Source: keras/src/utils/conv_utils.py."""
    if length is None:
        return None
    if padding == "valid":
        length -= (size - 1) * dilation
    return -(-length // stride)


def with_shape(x: Value, shape: Shape) -> Value:
    """`x`, of which `shape` is known as well."""
    x.shape = merge_shapes(x.shape, shape)
    return x


def over_batches(x: Value, inner: int, function: Callable[[Value], Value]) -> Value:
    """`function` of `x` with all axes but the last `inner` as one, which it leaves alone.

    Source: keras/src/utils/conv_utils.py, squeeze_batch_dims.
    """
    if x.rank <= inner + 1:
        return function(x)
    dims = dims_of(x)
    y = function(reshape_to(x, [-1, *dims[-inner:]]))
    return reshape_to(y, [*dims[:-inner], *dims_of(y)[-inner:]])


def convolution(
    x: Value,
    kernel: Value,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int],
    data_format: str,
) -> Value:
    """The convolution of `x` with `kernel`, of rank 1 to 3.

    Args:
      x: (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.
      kernel: (*window, channels / groups, filters).
      strides: along the spatial axes.
      padding: "same" or "valid".
      dilations: along the spatial axes.
      data_format: Keras's.

    Source: tensorflow/python/ops/nn_ops.py, convolution_internal.
    """
    rank = len(strides)
    if any(d > 1 for d in dilations):
        ones = (1,) * rank
        return dilated(
            x,
            [int(k or 1) for k in kernel.dims[:rank]],
            padding,
            dilations,
            data_format,
            lambda y: convolution(y, kernel, strides, "valid", ones, data_format),
        )
    if rank == 3:
        return ops.conv3d(x, kernel, strides, padding.upper(), data_format=layout(data_format, 3))
    if rank == 2:
        return ops.conv2d(x, kernel, strides, padding.upper(), data_format=layout(data_format, 2))
    axis = -2 if data_format == "channels_first" else -3
    y = ops.conv2d(
        ops.expand_dims(x, axis),
        ops.expand_dims(kernel, 0),
        (strides[0], strides[0]),
        padding.upper(),
        data_format=layout(data_format, 1),
    )
    return ops.squeeze(y, axis)


def depthwise(
    x: Value,
    kernel: Value,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int],
    data_format: str,
) -> Value:
    """The convolution of each channel of images: kernel (height, width, channels, multiplier).

    Source: tensorflow/python/ops/nn_impl.py, depthwise_conv2d.
    """
    if any(d > 1 for d in dilations):
        return dilated(
            x,
            [int(k or 1) for k in kernel.dims[:2]],
            padding,
            dilations,
            data_format,
            lambda y: depthwise(y, kernel, strides, "valid", (1, 1), data_format),
        )
    return ops.depthwise_conv2d(x, kernel, strides, padding.upper(), data_format=layout(data_format, 2))


def dilated(
    x: Value,
    window: Sequence[int],
    padding: str,
    dilations: Sequence[int],
    data_format: str,
    function: Callable[[Value], Value],
) -> Value:
    """A windowed `function` over every dilations-th element of `x`; `function` itself pads nothing.

    The elements that a dilated window sees are moved side by side, into the batch. TensorFlow does the same,
    because its kernels for the CPU have no gradient of a dilated convolution.

    Source: tensorflow/python/ops/nn_ops.py, _WithSpaceToBatch, and array_ops.py,
    required_space_to_batch_paddings.
    """
    lead = 1 if data_format == "channels_first" else 0
    totals = [(k - 1) * d if padding == "same" else 0 for k, d in zip(window, dilations, strict=True)]
    paddings: list[list[int | Value]] = [[0, 0]] * lead
    crops: list[list[int | Value]] = [[0, 0]] * lead
    sizes = dims_of(x)[1 + lead : 1 + lead + len(window)]
    for size, total, dilation in zip(sizes, totals, dilations, strict=True):
        before, after = total // 2, total - total // 2
        rest: int | Value
        if isinstance(size, int):
            rest = -(size + total) % dilation
        else:
            rest = ops.floor_mod(dilation - ops.floor_mod(size + total, dilation), dilation)
        paddings.append([before, rest + after])
        crops.append([0, rest])
    block = np.array([1] * lead + list(dilations), np.int32)
    y = function(emit_one("SpaceToBatchND", x, block, _pairs(paddings)))
    return emit_one("BatchToSpaceND", y, block, _pairs(crops))


def _pairs(pairs: list[list[int | Value]]) -> Value | np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    if any(isinstance(n, Value) for pair in pairs for n in pair):
        return ops.pack([ops.pack(p) if isinstance(p[1], Value) else np.array(p, np.int32) for p in pairs])
    return np.array(pairs, np.int32)


def add_bias(x: Value, bias: Variable, data_format: str) -> Value:
    """`x` plus `bias` (channels,) along its channel axis."""
    return ops.bias_add(x, bias, "NCHW" if data_format == "channels_first" else "NHWC")
