"""Tensors read at coordinates that lie between their elements, and images that are moved a little everywhere.

Source: keras/src/backend/tensorflow/image.py, map_coordinates and elastic_transform (3.x).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.nn.shapes import dims_of, packed

_LEAST_WIDTH = 1e-4
"""The least width of a bell curve: narrower ones have one element, and their width is nowhere seen."""


def _inside(places: Value, size: int | Value, mode: str) -> tuple[Value, Value | None]:
    """Places inside an axis, and which of them were so already; None where all count."""
    zero = np.int32(0)
    if mode in ("constant", "nearest"):
        within = ops.logical_and(ops.greater_equal(places, zero), ops.less(places, size))
        most = ops.subtract(size, np.int32(1)) if isinstance(size, Value) else size - 1
        found = ops.maximum(ops.minimum(places, most), zero)
        return found, within if mode == "constant" else None
    if mode == "wrap":
        return ops.floor_mod(places, size), None
    both = ops.multiply(size, np.int32(2)) if isinstance(size, Value) else 2 * size
    rest = ops.floor_mod(ops.abs(places), both)
    under = ops.less(rest, size)
    back = ops.subtract(both, rest)
    return ops.where(under, rest, ops.subtract(back, np.int32(1)) if mode == "reflect" else back), None


def _neighbours(at: Value, order: int) -> list[tuple[Value, Value]]:
    """The places beside a coordinate, and their weights."""
    one = at.graph.constant(np.ones((), at.dtype.numpy))
    if order == 0:
        return [(ops.cast(ops.round(at), dtypes.int32), one)]
    lower = ops.floor(at)
    upper = ops.subtract(at, lower)
    place = ops.cast(lower, dtypes.int32)
    return [(place, ops.subtract(one, upper)), (ops.add(place, np.int32(1)), upper)]


def read_at(
    x: Value,
    coordinates: Sequence[Value],
    order: int,
    fill_mode: str,
    fill_value: float,
    before: Sequence[Value] = (),
) -> Value:
    """The elements of a tensor at coordinates.

    Args:
      x: (*leading, *axes, *rest).
      coordinates: a float tensor for each of the axes, all of one shape (...).
      order: 0 for the nearest element, 1 for a mean of those beside.
      fill_mode: what stands for places outside: "constant", "nearest", "wrap", "mirror" or "reflect".
      fill_value: the value of places outside, for the fill mode "constant".
      before: int32 (...): an index for each of the leading axes.

    Returns:
      (..., *rest), in the dtype of `x`.
    """
    start, rest = len(before), x.rank - len(before) - len(coordinates)
    axes = [
        [(*_inside(place, size, fill_mode), weight) for place, weight in _neighbours(at, order)]
        for at, size in zip(coordinates, dims_of(x)[start:], strict=False)
    ]
    kind, total = coordinates[0].dtype, None
    for items in itertools.product(*axes):
        places, within, weights = zip(*items, strict=True)
        found = ops.cast(ops.gather_nd(x, ops.pack([*before, *places], axis=-1)), kind)
        if within[0] is not None:
            known = within[0]
            for one in within[1:]:
                known = ops.logical_and(known, one)
            filling = x.graph.constant(np.asarray(fill_value, kind.numpy))
            found = ops.where(_wide(known, rest), found, filling)
        weight = weights[0]
        for one in weights[1:]:
            weight = ops.multiply(weight, one)
        part = ops.multiply(_wide(weight, rest), found)
        total = part if total is None else ops.add(total, part)
    assert total is not None
    return ops.cast(ops.round(total) if x.dtype.is_integer else total, x.dtype)


def _wide(x: Value, rest: int) -> Value:
    """A tensor with more axes of one element at its end; a scalar as it is."""
    for _ in range(rest if x.rank else 0):
        x = ops.expand_dims(x, -1)
    return x


def blurred(x: Value, width: Value) -> Value:
    """Planes (batch, height, width) blurred with a bell curve of a width, in a window of 6 widths and 1."""
    reach = ops.cast(ops.cast(width, dtypes.int32) * 3, x.dtype)
    last = ops.cast(width, dtypes.int32) * 6 + 1
    steps = ops.cast(ops.range_(0, last), x.dtype) - reach
    shares = steps / ops.maximum(width, _LEAST_WIDTH)
    curve = ops.exp(ops.square(shares) * -0.5)
    curve = curve / ops.reduce_sum(curve, [0])
    kernel = ops.expand_dims(curve, 1) * ops.expand_dims(curve, 0)
    kernel = ops.expand_dims(ops.expand_dims(kernel, -1), -1)
    return ops.squeeze(ops.depthwise_conv2d(ops.expand_dims(x, -1), kernel, padding="SAME"), [-1])


def elastic(
    x: Value, noise: Value, alpha: Value, sigma: Value, order: int, fill_mode: str, fill_value: float
) -> Value:
    """Images whose points are moved along the diagonal, by random numbers that vary little from point to point.

    Keras draws the numbers for both directions with one seed: they are the same.

    Args:
      x: float (batch, height, width, channels).
      noise: normal random numbers (batch, height, width).
      alpha: how far points move, a scalar.
      sigma: how far the random numbers are blurred, a scalar.
      order, fill_mode, fill_value: as of `read_at`.
    """
    moves = blurred(noise * sigma, sigma) * alpha
    batch, height, width = dims_of(x)[:3]
    shape = packed([batch, height, width], x)
    kind = x.dtype

    def steps(size: int | Value, axis: int) -> Value:
        line = ops.range_(x.graph.constant(np.int32(0)), size)
        for other in range(3):
            line = line if other == axis else ops.expand_dims(line, other)
        return line

    rows, columns = (ops.cast(steps(size, axis), kind) + moves for axis, size in ((1, height), (2, width)))
    images = ops.broadcast_to(steps(batch, 0), shape)
    return read_at(x, [rows, columns], order, fill_mode, fill_value, [images])
