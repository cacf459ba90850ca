"""Windows over spatial axes: the arithmetic that convolutions and poolings share.

Kernels work on channels-last arrays (batch, *spatial, channels). Channels-first arrays are transposed before and
after.

Source: tensorflow/core/framework/kernel_shape_util.cc, GetWindowedOutputSizeVerbose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeVar

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs
from kerasfmt.graph.spec import Shape
from kerasfmt.typing import record

_T = TypeVar("_T")


@record(frozen=True)
class Window:
    """The windows along one axis. Sizes are in elements; `before` and `after` are the padding."""

    size: int
    stride: int
    dilation: int
    out: int
    before: int
    after: int


def spatial(values: Sequence[_T], data_format: str) -> tuple[_T, ...]:
    """The entries of a per-axis attribute or shape that belong to the spatial axes."""
    return tuple(values[2:] if data_format.startswith("NC") else values[1:-1])


def channels(values: Sequence[_T], data_format: str) -> _T:
    """The entry of a per-axis attribute or shape that belongs to the channel axis."""
    return values[1] if data_format.startswith("NC") else values[-1]


def assemble(batch: int | None, dims: Sequence[int | None], depth: int | None, data_format: str) -> Shape:
    """A shape in the order of `data_format`."""
    return (batch, depth, *dims) if data_format.startswith("NC") else (batch, *dims, depth)


def to_channels_last(x: Array, data_format: str) -> Array:
    """The array with its channel axis last."""
    return np.moveaxis(x, 1, -1) if data_format.startswith("NC") else x


def from_channels_last(x: Array, data_format: str) -> Array:
    """The channels-last array with its channel axis where `data_format` has it."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if data_format.startswith("NC") else x


def explicit_pads(attrs: Attrs, rank: int) -> tuple[tuple[int, int], ...]:
    """The spatial entries of `explicit_paddings`; zeros where padding is not explicit."""
    if attrs["padding"] != "EXPLICIT":
        return ((0, 0),) * rank
    flat = attrs["explicit_paddings"]
    if len(flat) != 2 * (rank + 2):
        raise ValueError(f"explicit_paddings has {len(flat)} entries, expected {2 * (rank + 2)}")
    pairs = [(flat[2 * i], flat[2 * i + 1]) for i in range(rank + 2)]
    return spatial(pairs, attrs["data_format"])


def out_size(
    size: int | None,
    window: int | None,
    stride: int,
    dilation: int,
    padding: str,
    pads: tuple[int, int] = (0, 0),
) -> int | None:
    """The number of windows along an axis; None if a size is not known.

    Raises:
      ValueError: no window fits. TensorFlow raises this while it builds a graph. Its kernels, which may meet sizes
        that were not known before, give an empty result where the stride allows it.
    """
    if size is None or (window is None and padding != "SAME"):
        return None
    if padding == "SAME":
        return -(-size // stride)
    assert window is not None
    extent = (window - 1) * dilation + 1
    if size + sum(pads) < extent:
        raise ValueError(f"a window of {extent} does not fit into {size} elements")
    return (size + sum(pads) - extent) // stride + 1


def windows(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    padding: str,
    pads: Sequence[tuple[int, int]],
) -> list[Window]:
    """The windows along each spatial axis of an array."""
    found = []
    for size, k, s, d, pad in zip(sizes, kernel, strides, dilations, pads, strict=True):
        # TensorFlow divides the remaining size plus a stride by the stride, and rounds towards zero.
        short = padding != "SAME" and -2 * s < size + sum(pad) - (k - 1) * d - 1 < 0
        out = 0 if short else out_size(size, k, s, d, padding, pad) or 0
        if padding == "SAME":
            total = max((out - 1) * s + (k - 1) * d + 1 - size, 0)
            pad = (total // 2, total - total // 2)
        found.append(Window(k, s, d, out, *pad))
    return found


def pad_spatial(x: Array, along: Sequence[Window], value: float = 0) -> Array:
    """The channels-last array with the padding that the windows require."""
    if not any(w.before or w.after for w in along):
        return x
    pads = [(0, 0), *((w.before, w.after) for w in along), (0, 0)]
    return np.pad(x, pads, constant_values=value)


def without_padding(x: Array, along: Sequence[Window]) -> Array:
    """The part of a padded channels-last array that is not padding."""
    inside = (slice(w.before, size - w.after) for size, w in zip(x.shape[1:-1], along, strict=True))
    index = (slice(None), *inside)
    return x[index]


def taps(x: Array, along: Sequence[Window]) -> Iterator[tuple[tuple[int, ...], Array]]:
    """For each position in the window, the position and the elements of the padded array there."""
    for position in product(*(range(w.size) for w in along)):
        inside = (
            slice(p * w.dilation, p * w.dilation + (w.out - 1) * w.stride + 1 if w.out else 0, w.stride)
            for p, w in zip(position, along, strict=True)
        )
        index = (slice(None), *inside)
        yield position, x[index]
