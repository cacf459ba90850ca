"""Windows over arrays in NumPy, by definition: what convolutions and poolings are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def patches(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str = "VALID",
    rates: Sequence[int] | None = None,
    fill: float = 0,
) -> Array:
    """The windows of `x` (batch, *spatial, channels): (batch, *out, channels, *size)."""
    rates = rates or [1] * len(size)
    extents = [(k - 1) * r + 1 for k, r in zip(size, rates, strict=True)]
    pads = [(0, 0)]
    for length, extent, step in zip(x.shape[1:-1], extents, strides, strict=True):
        total = max((-(-length // step) - 1) * step + extent - length, 0) if padding == "SAME" else 0
        pads.append((total // 2, total - total // 2))
    padded = np.pad(x, [*pads, (0, 0)], constant_values=fill)
    axes = tuple(range(1, 1 + len(size)))
    found = np.lib.stride_tricks.sliding_window_view(padded, extents, axes)
    outer = (slice(None), *(slice(None, None, s) for s in strides), slice(None))
    return found[(*outer, *(slice(None, None, r) for r in rates))]


def convolve(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    padding: str = "VALID",
    rates: Sequence[int] | None = None,
) -> Array:
    """The convolution of `x` (batch, *spatial, channels) and `kernel` (*size, channels, filters)."""
    count = x.ndim - 2
    seen = patches(x, kernel.shape[:count], strides, padding, rates)
    given = [count + 1, *range(count + 2, 2 * count + 2)]
    return np.tensordot(seen, kernel, (given, [count, *range(count)]))


def depthwise(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    padding: str = "VALID",
    rates: Sequence[int] | None = None,
) -> Array:
    """Each channel of images convolved with kernels of its own, (height, width, channels, multiplier)."""
    seen = patches(x, kernel.shape[:2], strides, padding, rates)
    found = np.einsum("bhwcij,ijcm->bhwcm", seen, kernel)
    return found.reshape(*found.shape[:3], -1)


def transposed(
    x: Array, kernel: Array, strides: Sequence[int], shape: Sequence[int], padding: str = "VALID"
) -> Array:
    """The transposed convolution of `x`: what each element of it adds to an output of `shape`.

    Args:
      x: (batch, *spatial, channels).
      kernel: (*size, filters, channels).
      strides: along the spatial axes of the output.
      shape: of the output (batch, *spatial, filters).
      padding: of the convolution from the output to the input.
    """
    count = x.ndim - 2
    out = np.zeros(shape, np.float64)
    places = patches(np.arange(out.size).reshape(shape), kernel.shape[:count], strides, padding, fill=-1)
    added = np.tensordot(x, kernel, ([-1], [-1]))  # (batch, *spatial, *size, filters)
    ordered = np.moveaxis(added, -1, count + 1)
    kept = places >= 0
    np.add.at(out.reshape(-1), places[kept], ordered[kept])
    return out


def max_pool(x: Array, size: Sequence[int], strides: Sequence[int], padding: str = "VALID") -> Array:
    """The greatest element of each window."""
    axes = tuple(range(-len(size), 0))
    return patches(x, size, strides, padding, fill=-np.inf).max(axes)


def mean_pool(x: Array, size: Sequence[int], strides: Sequence[int], padding: str = "VALID") -> Array:
    """The mean of each window, without what is padded."""
    axes = tuple(range(-len(size), 0))
    return np.nanmean(patches(x, size, strides, padding, fill=np.nan), axes)
