"""The gradients of poolings.

Source: tensorflow/core/ops/nn_ops.cc; tensorflow/core/kernels/maxpooling_op.cc, avgpooling_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops import window
from kerasfmt.graph.ops.declare import Array, Attrs, declare, kernel, with_rank
from kerasfmt.graph.ops.pool import pool_windows
from kerasfmt.graph.ops.reduce import lowest
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Value


def _infer_max(attrs: Attrs, x: Value, y: Value, grad: Value) -> list[Shape]:
    merge_shapes(y.shape, grad.shape)
    return [with_rank(x, len(attrs["ksize"]))]


@kernel
def _max(attrs: Attrs, x: Array, y: Array, grad: Array) -> Array:
    """The gradient for the first of the greatest elements of each window."""
    layout = attrs["data_format"]
    x, y, grad = (window.to_channels_last(a, layout) for a in (x, y, grad))
    along = pool_windows(attrs, x.shape[1:-1])
    padded = window.pad_spatial(x, along, lowest(x.dtype))
    out, given = np.zeros_like(padded), np.zeros(y.shape, bool)
    for (_, elements), (_, target) in zip(window.taps(padded, along), window.taps(out, along), strict=True):
        first = (elements == y) & ~given
        target += np.where(first, grad, 0)
        given |= first
    return window.from_channels_last(window.without_padding(out, along), layout)


def _infer_average(attrs: Attrs, sizes: Value, grad: Value) -> list[Shape]:
    known = partial_value(sizes)
    rank = len(attrs["ksize"])
    if known is not None and len(known) != rank:
        raise ValueError(f"expected {rank} sizes, got {len(known)}")
    return [(None,) * rank if known is None else tuple(known)]


@kernel
def _average_of(attrs: Attrs, grad: Array, sizes: Array) -> Array:
    """The gradient in equal parts for the elements of each window."""
    layout = attrs["data_format"]
    grad = window.to_channels_last(grad, layout)
    batch, extents = int(sizes[0]), window.spatial(sizes.tolist(), layout)
    along = pool_windows(attrs, extents)
    ones = window.pad_spatial(np.ones((1, *extents, 1), grad.dtype), along)
    parts = grad / reduce(np.add, (tap for _, tap in window.taps(ones, along)))
    out = np.zeros((batch, *ones.shape[1:-1], grad.shape[-1]), grad.dtype)
    for _, target in window.taps(out, along):
        target += parts
    return window.from_channels_last(window.without_padding(out, along), layout)


def _average(attrs: Attrs, sizes: Array, grad: Array) -> Sequence[Array]:
    return _average_of(attrs, grad, sizes)


for _op in ("MaxPoolGrad", "MaxPool3DGrad"):
    declare(_op, _infer_max, _max)
for _op in ("AvgPoolGrad", "AvgPool3DGrad"):
    declare(_op, _infer_average, _average)


def max_pool_gradient(
    x: Value, y: Value, grad: Value, ksize: Sequence[int], strides: Sequence[int], padding: str = "VALID"
) -> Value:
    """The gradient of the greatest element of each window of images: the shape of `x`.

    Args:
      x: (batch, height, width, channels), the images.
      y: the greatest elements.
      grad: their gradient, in the shape of `y`.
      ksize: height and width of the window.
      strides: along height and width.
      padding: "SAME" or "VALID".

    Source: TensorFlow op MaxPoolGrad.
    """
    return emit_one(
        "MaxPoolGrad", x, y, grad, ksize=[1, *ksize, 1], strides=[1, *strides, 1], padding=padding
    )
