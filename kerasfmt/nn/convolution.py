"""Compositions of graph ops that the convolution layers share.

A layer's `data_format` is Keras's (`channels_last`, `channels_first`); a rank is the number of spatial axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.graph import Value, Variable, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to

Array: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]


def layout(data_format: str, rank: int) -> str:
    """TensorFlow's name of a data format; that of images for a rank of 1."""
    first = data_format == "channels_first"
    if rank == 3:
        return "NCDHW" if first else "NDHWC"
    return "NCHW" if first else "NHWC"


def channel_axis(data_format: str, rank: int) -> int:
    """The channel axis, counted from the back."""
    return -1 - rank if data_format == "channels_first" else -1


def read(x: Value, variable: Variable, reader: str) -> Value:
    """The value of `variable` beside `x`, in the dtype of `x` where the variable follows the compute dtype.

    Args:
      x: a value of the function that reads.
      variable: the variable.
      reader: name of the op that wants it.
    """
    value = x.graph.read(variable, reader)
    return ops.cast(value, x.dtype) if variable.autocast and x.dtype.is_floating else value


def out_length(length: int | None, size: int, padding: str, stride: int, dilation: int = 1) -> int | None:
    """Number of windows of `size` elements along an axis. Source: keras/src/utils/conv_utils.py."""
    if length is None:
        return None
    if padding == "valid":
        length -= (size - 1) * dilation
    return -(-length // stride)


def check_window(option: str, window: Sequence[int], dilations: Sequence[int], x: Value, first: bool) -> None:
    """Raises ValueError where a window is greater than a spatial axis of `x`, which is not padded.

    Args:
      option: the layer's name for `window`.
      window: number of elements along each spatial axis.
      dilations: distances between them.
      x: the input, (..., *spatial, channels), or (..., channels, *spatial) for `first`.
      first: see `x`.
    """
    start = x.rank - len(window) - (0 if first else 1)
    for axis, (size, dilation) in enumerate(zip(window, dilations, strict=True), start):
        length = x.dims[axis]
        extent = (size - 1) * dilation + 1
        if length is not None and extent > length:
            apart = f", dilated to {extent}" if dilation > 1 else ""
            raise ValueError(
                f"option {option}: expected at most {length}, the size of axis {axis}, got {size}{apart}"
            )


def transposed_length(
    length: int | Value, size: int, padding: str, output_padding: int | None, stride: int, dilation: int = 1
) -> int | Value:
    """Size of an axis behind a transposed convolution. Source: keras/src/utils/conv_utils.py."""
    extent = (size - 1) * dilation + 1
    if output_padding is None:
        rest = max(extent - stride, 0) if padding == "valid" else 0
    else:
        rest = extent - stride + output_padding - (2 * (extent // 2) if padding == "same" else 0)
    return length * stride + rest


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
        rest = to_multiple(size + total, dilation)
        paddings.append([before, rest + after])
        crops.append([0, rest])
    block = np.array([1] * lead + list(dilations), np.int32)
    y = function(emit_one("SpaceToBatchND", x, block, pairs(paddings)))
    return emit_one("BatchToSpaceND", y, block, pairs(crops))


def to_multiple(size: int | Value, step: int) -> int | Value:
    """How many elements `size` is short of a multiple of `step`."""
    if isinstance(size, int):
        return -size % step
    return ops.floor_mod(step - ops.floor_mod(size, step), step)


def pairs(rows: list[list[int | Value]]) -> Value | Array:
    """Paddings (before, after), of which only `after` may be a Value, as an int32 operand (axes, 2)."""
    if any(isinstance(after, Value) for _, after in rows):
        return ops.pack([ops.pack(r) if isinstance(r[1], Value) else np.array(r, np.int32) for r in rows])
    return np.array(rows, np.int32)


def shape_vector(dims: Sequence[int | Value]) -> Value | Array:
    """A shape as an int32 operand (rank,)."""
    return ops.pack(list(dims)) if any(isinstance(d, Value) for d in dims) else np.array(dims, np.int32)


def add_bias(x: Value, bias: Variable, data_format: str) -> Value:
    """`x` plus `bias` (channels,) along its channel axis."""
    return ops.bias_add(x, bias, "NCHW" if data_format == "channels_first" else "NHWC")
