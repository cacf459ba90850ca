"""The gradients of convolutions for their filters, and those of depthwise convolutions.

Source: tensorflow/core/ops/nn_ops.cc, tensorflow/core/kernels/conv_grad_shape_utils.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops import window
from kerasfmt.graph.ops.conv import conv_windows
from kerasfmt.graph.ops.declare import Array, Attrs, kernel, with_rank
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.ops.window import Window
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _stated(sizes: Value, rank: int) -> Shape:
    """The shape that an operand states."""
    known = partial_value(sizes)
    if known is not None and len(known) != rank:
        raise ValueError(f"expected {rank} sizes, got {len(known)}")
    return (None,) * rank if known is None else tuple(known)


def _check(grad: Array, along: Sequence[Window]) -> None:
    if [w.out for w in along] != list(grad.shape[1:-1]):
        raise ValueError(f"a gradient of shape {grad.shape} for {[w.out for w in along]} windows")


def _for_filters(attrs: Attrs, x: Array, sizes: Array, grad: Array, groups: int) -> Array:
    """The gradient for filters of the shape `sizes`, of which each sees the channels of one group."""
    layout = attrs["data_format"]
    x, grad = window.to_channels_last(x, layout), window.to_channels_last(grad, layout)
    *extents, inner, last = sizes.tolist()
    along = conv_windows(attrs, x.shape[1:-1], extents)
    _check(grad, along)
    out = np.zeros((*extents, inner, last), x.dtype)
    split = grad.reshape(-1, groups, grad.shape[-1] // groups)
    for position, tap in window.taps(window.pad_spatial(x, along), along):
        columns = tap.reshape(-1, groups, tap.shape[-1] // groups)
        out[position] = np.einsum("rgi,rgo->igo", columns, split, optimize=True).reshape(inner, last)
    return out


@register("Conv2DBackpropFilter", "Conv3DBackpropFilterV2")
class ConvBackpropFilter(Op):
    """The gradient of a convolution for its filters, of the shape `sizes`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, sizes: Value, grad: Value) -> list[Shape]:
        rank = len(attrs["strides"])
        with_rank(x, rank)
        with_rank(grad, rank)
        return [_stated(sizes, rank)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, sizes: Array, grad: Array) -> Array:
        depth = window.channels(x.shape, attrs["data_format"])
        return _for_filters(attrs, x, sizes, grad, depth // int(sizes[-2]))


@register("DepthwiseConv2dNativeBackpropFilter")
class DepthwiseBackpropFilter(Op):
    """The gradient of a depthwise convolution for its filters, of the shape `sizes`."""

    infer = staticmethod(ConvBackpropFilter.infer)

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, sizes: Array, grad: Array) -> Array:
        return _for_filters(attrs, x, sizes, grad, int(sizes[-2]))


@register("DepthwiseConv2dNativeBackpropInput")
class DepthwiseBackpropInput(Op):
    """The gradient of a depthwise convolution for its input, of the shape `sizes`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, sizes: Value, filters: Value, grad: Value) -> list[Shape]:
        with_rank(filters, 4)
        with_rank(grad, 4)
        return [_stated(sizes, 4)]

    @staticmethod
    @override
    def run(attrs: Attrs, sizes: Array, filters: Array, grad: Array) -> list[Array]:
        return list(_for_input(attrs, grad, filters, sizes))


@kernel
def _for_input(attrs: Attrs, grad: Array, filters: Array, sizes: Array) -> Array:
    layout = attrs["data_format"]
    grad = window.to_channels_last(grad, layout)
    extents, depth = window.spatial(sizes.tolist(), layout), window.channels(sizes.tolist(), layout)
    along = conv_windows(attrs, extents, filters.shape[:2])
    _check(grad, along)
    padded = [n + w.before + w.after for n, w in zip(extents, along, strict=True)]
    out = np.zeros((grad.shape[0], *padded, depth), grad.dtype)
    split = grad.reshape(*grad.shape[:-1], depth, -1)
    for position, tap in window.taps(out, along):
        tap += np.einsum("...cm,cm->...c", split, filters[position])
    return window.from_channels_last(window.without_padding(out, along), layout)


def conv2d_backprop_filter(
    x: Value, sizes: Operand, grad: Value, strides: Sequence[int], padding: str = "VALID"
) -> Value:
    """The gradient of a convolution of images for its filters.

    Args:
      x: (batch, height, width, channels), the images.
      sizes: int32 (4,), the shape of the filters.
      grad: (batch, height, width, out_channels), the gradient of the result.
      strides: along height and width.
      padding: "SAME" or "VALID".

    Source: TensorFlow op Conv2DBackpropFilter.
    """
    return emit_one("Conv2DBackpropFilter", x, sizes, grad, strides=[1, *strides, 1], padding=padding)
