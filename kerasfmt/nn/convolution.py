"""Functions that the convolution layers share.

A `data_format` is Keras's (`channels_last`, `channels_first`). A rank is the number of spatial axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.graph import Value, Variable, emit_one, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.nn.shapes import dims_of, reshape_to

Array: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]


def layout(data_format: str, rank: int) -> str:
    """TensorFlow's name of a data format; rank 1 uses the names for images."""
    first = data_format == "channels_first"
    if rank == 3:
        return "NCDHW" if first else "NDHWC"
    return "NCHW" if first else "NHWC"


def channel_axis(data_format: str, rank: int) -> int:
    """The channel axis, counted from the end: negative."""
    return -1 - rank if data_format == "channels_first" else -1


def read(x: Value, variable: Variable, reader: str) -> Value:
    """The value of `variable`, in the graph of `x`; in the dtype of `x` if the variable autocasts.

    Args:
      x: a value of the graph that reads.
      variable: the variable.
      reader: name of the op that uses the value.
    """
    value = x.graph.read(variable, reader)
    return ops.cast(value, x.dtype) if variable.autocast and x.dtype.is_floating else value


def out_length(length: int | None, size: int, padding: str, stride: int, dilation: int = 1) -> int | None:
    """The number of windows of `size` elements along an axis; None if `length` is None.

    Source: keras/src/utils/conv_utils.py, conv_output_length.
    """
    if length is None:
        return None
    if padding == "valid":
        length -= (size - 1) * dilation
    return -(-length // stride)


def check_window(option: str, window: Sequence[int], dilations: Sequence[int], x: Value, first: bool) -> None:
    """Raises ValueError if a window is larger than a spatial axis of `x`, which is not padded.

    Args:
      option: the layer's name for `window`.
      window: number of elements along each spatial axis.
      dilations: distance between them along each spatial axis.
      x: the input, (..., *spatial, channels), or (..., channels, *spatial) if `first`.
      first: whether the channels come first.
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
    """The size of an axis after a transposed convolution. Source: keras/src/utils/conv_utils.py."""
    extent = (size - 1) * dilation + 1
    if output_padding is None:
        rest = max(extent - stride, 0) if padding == "valid" else 0
    else:
        rest = extent - stride + output_padding - (2 * (extent // 2) if padding == "same" else 0)
    return length * stride + rest


def over_batches(x: Value, inner: int, function: Callable[[Value], Value]) -> Value:
    """`function(x)` for a function with one batch axis: the axes before the last `inner` ones are merged for it.

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
    """The convolution of `x` with `kernel`, along 1 to 3 spatial axes, with `filters` channels.

    Args:
      x: (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.
      kernel: (*window, channels / groups, filters).
      strides: along the spatial axes.
      padding: "same" or "valid".
      dilations: along the spatial axes.
      data_format: "channels_last" or "channels_first".

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
    """The convolution of each channel of images, with channels * multiplier channels.

    Args:
      x: (batch, height, width, channels), or (batch, channels, height, width) for channels_first.
      kernel: (height, width, channels, multiplier).
      strides: along height and width.
      padding: "same" or "valid".
      dilations: along height and width.
      data_format: "channels_last" or "channels_first".

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
    """A function of windows, applied to the dilated windows of `x`.

    Args:
      x: (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.
      window: number of elements along each spatial axis.
      padding: "same" or "valid".
      dilations: distance between them along each spatial axis.
      data_format: "channels_last" or "channels_first".
      function: computes the result for undilated windows; it must not pad.

    The elements of a dilated window become neighbours: those between them are moved to other batch entries.
    TensorFlow does the same, because its CPU kernels have no gradient of a dilated convolution.

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
    block = int32([1] * lead + list(dilations))
    y = function(emit_one("SpaceToBatchND", x, block, pairs(paddings)))
    return emit_one("BatchToSpaceND", y, block, pairs(crops))


def to_multiple(size: int | Value, step: int) -> int | Value:
    """The number of elements that `size` lacks to a multiple of `step`."""
    if isinstance(size, int):
        return -size % step
    return ops.floor_mod(step - ops.floor_mod(size, step), step)


def pairs(rows: list[list[int | Value]]) -> Value | Array:
    """Paddings (before, after) as an int32 operand (axes, 2); only `after` may be a Value."""
    if any(isinstance(after, Value) for _, after in rows):
        return ops.pack([ops.pack(r) if isinstance(r[1], Value) else int32(r) for r in rows])
    return int32(rows)


def shape_vector(dims: Sequence[int | Value]) -> Value | Array:
    """A shape as an int32 operand (rank,)."""
    return ops.pack(list(dims)) if any(isinstance(d, Value) for d in dims) else int32(dims)


def add_bias(x: Value, bias: Variable, data_format: str) -> Value:
    """`x` plus `bias` (channels,) along its channel axis."""
    return ops.bias_add(x, bias, "NCHW" if data_format == "channels_first" else "NHWC")
