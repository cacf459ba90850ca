"""Poolings; averages leave the padding out of the count.

Source: tensorflow/core/framework/common_shape_fns.cc, tensorflow/core/kernels/pooling_ops_common.h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops import window
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, kernel, with_rank
from kerasfmt.graph.ops.reduce import lowest
from kerasfmt.graph.ops.window import Window
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value


def _infer(attrs: Attrs, x: Value) -> list[Shape]:
    rank, layout = len(attrs["ksize"]) - 2, attrs["data_format"]
    dims = with_rank(x, rank + 2)
    sizes, strides = window.spatial(attrs["ksize"], layout), window.spatial(attrs["strides"], layout)
    pads = window.explicit_pads(attrs, rank)
    per_axis = zip(window.spatial(dims, layout), sizes, strides, pads, strict=True)
    out = [window.out_size(n, k, s, 1, attrs["padding"], p) for n, k, s, p in per_axis]
    return [window.assemble(dims[0], out, window.channels(dims, layout), layout)]


def _max(x: Array, along: Sequence[Window]) -> Array:
    padded = window.pad_spatial(x, along, lowest(x.dtype))
    return reduce(np.maximum, (tap for _, tap in window.taps(padded, along)))


def _average(x: Array, along: Sequence[Window]) -> Array:
    total = reduce(np.add, (tap for _, tap in window.taps(window.pad_spatial(x, along), along)))
    ones = window.pad_spatial(np.ones((1, *x.shape[1:-1], 1), x.dtype), along)
    return np.asarray(total / reduce(np.add, (tap for _, tap in window.taps(ones, along))))


def pool_windows(attrs: Attrs, sizes: Sequence[int]) -> list[Window]:
    """The windows of a pooling along each spatial axis of an array of `sizes`."""
    layout = attrs["data_format"]
    ksize, strides = window.spatial(attrs["ksize"], layout), window.spatial(attrs["strides"], layout)
    pads = window.explicit_pads({"explicit_paddings": [], **attrs}, len(ksize))
    return window.windows(sizes, ksize, strides, [1] * len(ksize), attrs["padding"], pads)


def _pooling(function: Callable[[Array, Sequence[Window]], Array]) -> Kernel:
    def run(attrs: Attrs, x: Array) -> Array:
        layout = attrs["data_format"]
        x = window.to_channels_last(x, layout)
        return window.from_channels_last(function(x, pool_windows(attrs, x.shape[1:-1])), layout)

    return kernel(run)


declare("MaxPool", _infer, _pooling(_max))
declare("MaxPool3D", _infer, _pooling(_max))
declare("AvgPool", _infer, _pooling(_average))
declare("AvgPool3D", _infer, _pooling(_average))


def _emit(
    op: str, x: Value, ksize: Sequence[int], strides: Sequence[int], padding: str, data_format: str
) -> Value:
    first = data_format.startswith("NC")
    sizes = [1, 1, *ksize] if first else [1, *ksize, 1]
    steps = [1, 1, *strides] if first else [1, *strides, 1]
    return emit_one(op, x, ksize=sizes, strides=steps, padding=padding, data_format=data_format)


def max_pool(
    x: Value, ksize: Sequence[int], strides: Sequence[int], padding: str = "VALID", data_format: str = "NHWC"
) -> Value:
    """The greatest element of each window of images.

    Args:
      x: (batch, height, width, channels), or (batch, channels, height, width) for NCHW.
      ksize: height and width of the window.
      strides: along height and width.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".

    Source: tf.nn.max_pool2d.
    """
    return _emit("MaxPool", x, ksize, strides, padding, data_format)


def avg_pool(
    x: Value, ksize: Sequence[int], strides: Sequence[int], padding: str = "VALID", data_format: str = "NHWC"
) -> Value:
    """The mean of each window of images without its padding; arguments as for `max_pool`.

    Source: tf.nn.avg_pool2d.
    """
    return _emit("AvgPool", x, ksize, strides, padding, data_format)


def max_pool3d(
    x: Value, ksize: Sequence[int], strides: Sequence[int], padding: str = "VALID", data_format: str = "NDHWC"
) -> Value:
    """The greatest element of each window of volumes; as `max_pool`, with depth before height and width.

    Source: tf.nn.max_pool3d.
    """
    return _emit("MaxPool3D", x, ksize, strides, padding, data_format)


def avg_pool3d(
    x: Value, ksize: Sequence[int], strides: Sequence[int], padding: str = "VALID", data_format: str = "NDHWC"
) -> Value:
    """The mean of each window of volumes without its padding; arguments as for `max_pool3d`.

    Source: tf.nn.avg_pool3d.
    """
    return _emit("AvgPool3D", x, ksize, strides, padding, data_format)
