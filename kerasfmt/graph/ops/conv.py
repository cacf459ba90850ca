"""Convolutions.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for NCHW and NCDHW. Filters are
(*window, in_channels / groups, out_channels); a depthwise convolution takes filters
(height, width, in_channels, multiplier).

Source: tensorflow/core/framework/common_shape_fns.cc, tensorflow/core/kernels/conv_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops import window
from kerasfmt.graph.ops.declare import Array, Attrs, kernel, with_rank
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.ops.window import Window
from kerasfmt.graph.spec import Shape, merge_dims, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

_SLAB = 64 * 1024 * 1024
"""How many bytes of windows a convolution copies at once."""


def _infer(attrs: Attrs, x: Value, kernel_value: Value) -> list[Shape]:
    rank = len(attrs["strides"]) - 2
    layout = attrs["data_format"]
    dims, filters = with_rank(x, rank + 2), with_rank(kernel_value, rank + 2)
    depth = window.channels(dims, layout)
    inner = filters[-2]
    if depth is not None and inner is not None and (inner == 0 or depth % inner):
        raise ValueError(f"{depth} input channels for a filter of {inner}")
    if depth is not None and inner is not None and filters[-1] is not None and filters[-1] % (depth // inner):
        raise ValueError(f"{depth // inner} groups do not divide {filters[-1]} output channels")
    sizes = _out_sizes(attrs, dims, filters)
    return [window.assemble(dims[0], sizes, filters[-1], layout)]


def _out_sizes(
    attrs: Attrs, dims: tuple[int | None, ...], filters: tuple[int | None, ...]
) -> list[int | None]:
    layout, rank = attrs["data_format"], len(dims) - 2
    strides, dilations = window.spatial(attrs["strides"], layout), window.spatial(attrs["dilations"], layout)
    pads = window.explicit_pads(attrs, rank)
    per_axis = zip(window.spatial(dims, layout), filters, strides, dilations, pads, strict=False)
    return [window.out_size(n, k, s, d, attrs["padding"], p) for n, k, s, d, p in per_axis]


def conv_windows(attrs: Attrs, sizes: Sequence[int], kernel_sizes: Sequence[int]) -> list[Window]:
    """The windows of a convolution along each spatial axis of an array of `sizes`."""
    layout, rank = attrs["data_format"], len(sizes)
    strides, dilations = window.spatial(attrs["strides"], layout), window.spatial(attrs["dilations"], layout)
    return window.windows(
        sizes, kernel_sizes, strides, dilations, attrs["padding"], window.explicit_pads(attrs, rank)
    )


def _multiply(columns: Array, filters: Array) -> Array:
    """(rows, window, in_channels) by (window, in_channels / groups, out_channels): (rows, out_channels)."""
    rows, size, depth = columns.shape
    inner, out = filters.shape[1:]
    groups = depth // inner if inner else 1
    if groups <= 1:
        return np.asarray(columns.reshape(rows, size * depth) @ filters.reshape(size * inner, out))
    split = (
        columns.reshape(rows, size, groups, inner).transpose(2, 0, 1, 3).reshape(groups, rows, size * inner)
    )
    weights = filters.reshape(size * inner, groups, out // groups).transpose(1, 0, 2)
    return np.asarray((split @ weights).transpose(1, 0, 2).reshape(rows, out))


def convolve(x: Array, filters: Array, along: Sequence[Window]) -> Array:
    """The convolution of a channels-last array, computed in slabs along the first spatial axis to save memory."""
    rank = len(along)
    window_size = int(np.prod(filters.shape[:rank], dtype=int))
    weights = filters.reshape(window_size, *filters.shape[rank:])
    outs = [w.out for w in along]
    result = np.empty((x.shape[0], *outs, filters.shape[-1]), x.dtype)
    if not result.size:
        return result
    x = window.pad_spatial(x, along)
    row_bytes = int(np.prod(outs[1:], dtype=int)) * window_size * x.shape[-1] * x.itemsize
    total = row_bytes * outs[0] * x.shape[0]
    images = x.shape[0] if total <= _SLAB else max(1, _SLAB // max(1, row_bytes * outs[0]))
    rows = outs[0] if images > 1 or total <= _SLAB else max(1, min(outs[0], _SLAB // max(1, row_bytes)))
    patches = _patches(x, along)
    for b in range(0, x.shape[0], images):
        for r in range(0, outs[0], rows):
            slab = patches[b : b + images, r : r + rows]
            columns = slab.reshape(-1, window_size, x.shape[-1])
            target = result[b : b + images, r : r + rows]
            target[...] = _multiply(columns, weights).reshape(target.shape)
    return result


def _patches(x: Array, along: Sequence[Window]) -> Array:
    """A view of the padded array: (batch, *windows, *window, channels)."""
    steps = x.strides[1:-1]
    shape = (x.shape[0], *(w.out for w in along), *(w.size for w in along), x.shape[-1])
    strides = (
        x.strides[0],
        *(s * w.stride for s, w in zip(steps, along, strict=True)),
        *(s * w.dilation for s, w in zip(steps, along, strict=True)),
        x.strides[-1],
    )
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


@register("Conv2D", "Conv3D")
class Conv(Op):
    """A convolution, grouped where the filters have fewer input channels than the input."""

    infer = staticmethod(_infer)

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, filters: Array) -> Array:
        x = window.to_channels_last(x, attrs["data_format"])
        along = conv_windows(attrs, x.shape[1:-1], filters.shape[:-2])
        return window.from_channels_last(convolve(x, filters, along), attrs["data_format"])


def _per_axis(values: Sequence[int], data_format: str) -> list[int]:
    inner = list(values)
    return [1, 1, *inner] if data_format.startswith("NC") else [1, *inner, 1]


def _explicit(pads: Sequence[tuple[int, int]], data_format: str) -> list[int]:
    if not pads:
        return []
    flat = [n for pair in pads for n in pair]
    return [0, 0, 0, 0, *flat] if data_format.startswith("NC") else [0, 0, *flat, 0, 0]


def conv2d(
    x: Value,
    filters: Operand,
    strides: Sequence[int] = (1, 1),
    padding: str = "VALID",
    dilations: Sequence[int] = (1, 1),
    data_format: str = "NHWC",
    explicit_paddings: Sequence[tuple[int, int]] = (),
) -> Value:
    """The convolution of images.

    Args:
      x: (batch, height, width, channels), or (batch, channels, height, width) for NCHW.
      filters: (height, width, channels / groups, out_channels).
      strides: along height and width.
      padding: "SAME", "VALID" or "EXPLICIT".
      dilations: along height and width.
      data_format: "NHWC" or "NCHW".
      explicit_paddings: for "EXPLICIT": (before, after) along height and width.

    Source: tf.nn.conv2d.
    """
    return emit_one(
        "Conv2D",
        x,
        filters,
        strides=_per_axis(strides, data_format),
        padding=padding,
        dilations=_per_axis(dilations, data_format),
        data_format=data_format,
        explicit_paddings=_explicit(explicit_paddings, data_format),
    )


def conv3d(
    x: Value,
    filters: Operand,
    strides: Sequence[int] = (1, 1, 1),
    padding: str = "VALID",
    dilations: Sequence[int] = (1, 1, 1),
    data_format: str = "NDHWC",
) -> Value:
    """The convolution of volumes; strides, padding and dilations as for `conv2d`, along three axes.

    Args:
      x: (batch, depth, height, width, channels), or (batch, channels, depth, height, width) for NCDHW.
      filters: (depth, height, width, channels, out_channels).
      strides: along depth, height and width.
      padding: "SAME" or "VALID".
      dilations: along depth, height and width.
      data_format: "NDHWC" or "NCDHW".

    Source: tf.nn.conv3d.
    """
    return emit_one(
        "Conv3D",
        x,
        filters,
        strides=_per_axis(strides, data_format),
        padding=padding,
        dilations=_per_axis(dilations, data_format),
        data_format=data_format,
    )


@register("DepthwiseConv2dNative")
class DepthwiseConv2dNative(Op):
    """A convolution of each channel with filters of its own."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, filters: Value) -> list[Shape]:
        layout = attrs["data_format"]
        dims, sizes = with_rank(x, 4), with_rank(filters, 4)
        depth = merge_dims(window.channels(dims, layout), sizes[2])
        out = None if depth is None or sizes[3] is None else depth * sizes[3]
        return [window.assemble(dims[0], _out_sizes(attrs, dims, sizes), out, layout)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, filters: Array) -> Array:
        x = window.to_channels_last(x, attrs["data_format"])
        along = conv_windows(attrs, x.shape[1:-1], filters.shape[:2])
        multiplier = filters.shape[3]
        out = np.zeros((x.shape[0], *(w.out for w in along), x.shape[-1], multiplier), x.dtype)
        for position, tap in window.taps(window.pad_spatial(x, along), along):
            for m in range(multiplier):
                out[..., m] += tap * filters[position][:, m]
        return window.from_channels_last(out.reshape(*out.shape[:3], -1), attrs["data_format"])


def depthwise_conv2d(
    x: Value,
    filters: Operand,
    strides: Sequence[int] = (1, 1),
    padding: str = "VALID",
    dilations: Sequence[int] = (1, 1),
    data_format: str = "NHWC",
) -> Value:
    """The convolution of each channel of images: (batch, height, width, channels * multiplier).

    Args:
      x: (batch, height, width, channels), or (batch, channels, height, width) for NCHW.
      filters: (height, width, channels, multiplier).
      strides: along height and width.
      padding: "SAME" or "VALID".
      dilations: along height and width.
      data_format: "NHWC" or "NCHW".

    Source: TensorFlow op DepthwiseConv2dNative; tf.nn.depthwise_conv2d passes the dilations another way.
    """
    return emit_one(
        "DepthwiseConv2dNative",
        x,
        filters,
        strides=_per_axis(strides, data_format),
        padding=padding,
        dilations=_per_axis(dilations, data_format),
        data_format=data_format,
    )


@register("Conv2DBackpropInput", "Conv3DBackpropInputV2")
class ConvBackpropInput(Op):
    """The transposed convolution: the gradient of a convolution for its input, of the shape `sizes`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, sizes: Value, filters: Value, grad: Value) -> list[Shape]:
        rank = len(attrs["strides"])
        found = partial_value(sizes)
        shape: tuple[int | None, ...] = (None,) * rank
        if found is not None and len(found) == rank:
            shape = tuple(found)
        elif found is not None and len(found) != rank - 2:
            raise ValueError(f"input_sizes has {len(found)} elements, expected {rank}")
        kernel_dims, grads = with_rank(filters, rank), with_rank(grad, rank)
        merge_dims(window.channels(grads, attrs["data_format"]), kernel_dims[-1])
        if rank == 4:  # TensorFlow takes the batch from the gradient here, from both in three dimensions
            return [(grads[0], *shape[1:])]
        return [merge_shapes(shape, (grads[0], *(None,) * (rank - 1)))]

    @staticmethod
    @override
    def run(attrs: Attrs, sizes: Array, filters: Array, grad: Array) -> list[Array]:
        return list(_transposed(attrs, grad, filters, sizes))


@kernel
def _transposed(attrs: Attrs, grad: Array, filters: Array, sizes: Array) -> Array:
    layout = attrs["data_format"]
    grad = window.to_channels_last(grad, layout)
    extents = window.spatial([int(s) for s in sizes], layout)
    depth = window.channels([int(s) for s in sizes], layout)
    along = conv_windows(attrs, extents, filters.shape[:-2])
    if [w.out for w in along] != list(grad.shape[1:-1]):
        raise ValueError(f"a gradient of shape {grad.shape} for an input of sizes {sizes.tolist()}")
    padded = [n + w.before + w.after for n, w in zip(extents, along, strict=True)]
    out = np.zeros((grad.shape[0], *padded, depth), grad.dtype)
    groups = depth // filters.shape[-2]
    split = grad.reshape(*grad.shape[:-1], groups, -1)
    for position, tap in window.taps(out, along):
        weights = filters[position].reshape(filters.shape[-2], groups, -1)
        tap += np.einsum("...gi,ogi->...go", split, weights, optimize=True).reshape(tap.shape)
    inside = (slice(None), *(slice(w.before, w.before + n) for n, w in zip(extents, along, strict=True)))
    return window.from_channels_last(out[inside], layout)


def conv2d_backprop_input(
    sizes: Operand,
    filters: Operand,
    grad: Value,
    strides: Sequence[int] = (1, 1),
    padding: str = "VALID",
    dilations: Sequence[int] = (1, 1),
    data_format: str = "NHWC",
    explicit_paddings: Sequence[tuple[int, int]] = (),
) -> Value:
    """The transposed convolution of images.

    Args:
      sizes: int32 (4,), the shape of the result.
      filters: (height, width, out_channels, in_channels).
      grad: (batch, height, width, in_channels), or channels first.
      strides: along height and width.
      padding: "SAME", "VALID" or "EXPLICIT".
      dilations: along height and width.
      data_format: "NHWC" or "NCHW".
      explicit_paddings: for "EXPLICIT": (before, after) along height and width.

    Source: tf.nn.conv2d_transpose.
    """
    return emit_one(
        "Conv2DBackpropInput",
        sizes,
        filters,
        grad,
        strides=_per_axis(strides, data_format),
        padding=padding,
        dilations=_per_axis(dilations, data_format),
        data_format=data_format,
        explicit_paddings=_explicit(explicit_paddings, data_format),
    )


def conv3d_backprop_input(
    sizes: Operand,
    filters: Operand,
    grad: Value,
    strides: Sequence[int] = (1, 1, 1),
    padding: str = "VALID",
    dilations: Sequence[int] = (1, 1, 1),
    data_format: str = "NDHWC",
) -> Value:
    """The transposed convolution of volumes.

    Args:
      sizes: int32 (5,), the shape of the result.
      filters: (depth, height, width, out_channels, in_channels).
      grad: (batch, depth, height, width, in_channels), or channels first.
      strides: along depth, height and width.
      padding: "SAME" or "VALID".
      dilations: along depth, height and width.
      data_format: "NDHWC" or "NCDHW".

    Source: tf.nn.conv3d_transpose.
    """
    return emit_one(
        "Conv3DBackpropInputV2",
        sizes,
        filters,
        grad,
        strides=_per_axis(strides, data_format),
        padding=padding,
        dilations=_per_axis(dilations, data_format),
        data_format=data_format,
    )
