"""Transposed convolutions, windows put together again, correlations and grids.

Source: keras/src/ops/nn.py, numpy.py; keras/src/backend/tensorflow/nn.py, numpy.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.layers.keras3_ops.composed import composed, known_size, promoted
from kerasfmt.layers.keras3_ops.operation import OPERATIONS, Operation, Row, Translated
from kerasfmt.nn import convolution as convolve
from kerasfmt.nn.shapes import dims_of, packed, reshape_to
from kerasfmt.nn.tf.table import FUNCTIONS


def _each(sizes: Any, rank: int) -> list[int]:
    return list(sizes) if isinstance(sizes, list | tuple) else [sizes] * rank


@composed("ConvTranspose", "nn")
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Value:
    """The transposed convolution of sequences, images or volumes."""
    x, filters = promoted(inputs, kernel)
    rank = x.rank - 2
    if rank not in (1, 2, 3):
        raise ValueError(f"expected 1 to 3 spatial axes, got {rank}")
    first = data_format == "channels_first"
    if first:
        x = ops.transpose(x, [0, *range(2, rank + 2), 1])
    batch, *sizes, _ = dims_of(x)
    steps, apart = _each(strides, rank), _each(dilation_rate, rank)
    more = [None] * rank if output_padding is None else _each(output_padding, rank)
    window = [known_size(filters, i) for i in range(rank)]
    new = [
        convolve.transposed_length(n, k, padding, p, s, d)
        for n, k, p, s, d in zip(sizes, window, more, steps, apart, strict=True)
    ]
    out = _transposed(x, filters, [batch, *new, known_size(filters, rank)], steps, padding.upper(), apart)
    return ops.transpose(out, [0, rank + 1, *range(1, rank + 1)]) if first else out


def _transposed(
    x: Value, filters: Value, dims: list[Any], steps: list[int], padding: str, apart: list[int]
) -> Value:
    if len(steps) == 3:
        return ops.conv3d_backprop_input(packed(dims, x), filters, x, steps, padding, apart)
    if len(steps) == 2:
        return ops.conv2d_backprop_input(packed(dims, x), filters, x, steps, padding, apart)
    batch, *rest = dims
    images = ops.conv2d_backprop_input(
        packed([batch, 1, *rest], x),
        ops.expand_dims(filters, 0),
        ops.expand_dims(x, 1),
        [1, *steps],
        padding,
        [1, *apart],
    )
    return ops.squeeze(images, [1])


@composed("Fold", "nn")
def fold(
    x: Value,
    output_size: Any = (),
    kernel_size: Any = (),
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Value:
    """Images (batch, channels, height, width), of which x (batch, channels * window, places) are the windows."""
    (high, wide), (rows, columns) = _each(output_size, 2), _each(kernel_size, 2)
    (down, right), (top, left) = _each(dilation, 2), _each(padding, 2)
    across = _each(stride, 2)
    high, wide = high + 2 * top, wide + 2 * left
    tall = (high - down * (rows - 1) - 1) // across[0] + 1
    broad = (wide - right * (columns - 1) - 1) // across[1] + 1
    channels, batch = known_size(x, 1) // (rows * columns), dims_of(x)[0]
    i, j, p, q = np.ix_(np.arange(rows), np.arange(columns), np.arange(tall), np.arange(broad))
    places = (i * down + p * across[0]) * wide + j * right + q * across[1]
    parts = ops.transpose(reshape_to(x, [batch, channels, places.size]), [2, 0, 1])
    total = ops.scatter_nd(
        places.reshape(-1, 1).astype(np.int32), parts, packed([high * wide, batch, channels], x)
    )
    found = reshape_to(ops.transpose(total, [1, 2, 0]), [batch, channels, high, wide])
    if not top and not left:
        return found
    return ops.getitem(found, (slice(None), slice(None), slice(top, high - top), slice(left, wide - left)))


@composed("Correlate")
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Value:
    """The correlation of two vectors."""
    a, b = promoted(x1, x2)
    kind = dtypes.float64 if a.dtype in (dtypes.int64, dtypes.float64) else dtypes.float32
    kind = a.dtype if a.dtype in (dtypes.float16, dtypes.bfloat16) else kind
    a, b = ops.cast(a, kind), ops.cast(b, kind)
    if (a.rank, b.rank) != (1, 1):
        raise ValueError(f"expected two vectors, got {a.rank} and {b.rank} dimensions")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"expected mode 'full', 'same' or 'valid', got {mode!r}")
    size = known_size(b, 0)
    if mode != "valid":
        a = ops.pad(a, [[size - 1, size - 1]])
    found = ops.conv2d(ops.reshape(a, [1, 1, -1, 1]), ops.reshape(b, [1, -1, 1, 1]), (1, 1), "VALID")
    found = ops.reshape(found, [-1])
    if mode != "same":
        return found
    length = known_size(a, 0) - 2 * (size - 1)
    least = max(length, size)
    start = (length + size - 1 - least) // 2
    return ops.getitem(found, (slice(start, start + least),))


def meshgrid(x: Any, indexing: str = "xy") -> tuple[Value, ...]:
    """Each of some vectors along an axis of its own, repeated along the others."""
    parts = [ops.reshape(v, [-1]) if isinstance(v, Value) else v for v in x]
    beside = next(v for v in parts if isinstance(v, Value))
    vectors = [
        v if isinstance(v, Value) else beside.graph.constant(np.ravel(np.asarray(v, np.float32)))
        for v in parts
    ]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = 1, 0
    sizes = [dims_of(vectors[i])[0] for i in order]
    shape = packed(sizes, beside)
    rank = len(vectors)
    return tuple(
        ops.broadcast_to(ops.reshape(v, [-1 if axis == order.index(i) else 1 for axis in range(rank)]), shape)
        for i, v in enumerate(vectors)
    )


def _meshgrid(op: Operation, *x: Any, indexing: str = "xy") -> Translated:
    return "keras.ops.Meshgrid", list(x), {"indexing": indexing}


FUNCTIONS.enter("keras.ops.Meshgrid", meshgrid)
OPERATIONS.enter("Meshgrid", Row(_meshgrid, "numpy"))
