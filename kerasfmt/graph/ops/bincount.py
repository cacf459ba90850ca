"""Ops that count integers: as dense rows of bins, or as the counts that are not zero; and ops that make such integers.

Weights are of the shape of what is counted, or empty for 1 everywhere.

Source: tensorflow/core/ops/math_ops.cc, count_ops.cc; tensorflow/core/kernels/bincount_op.cc, count_ops.cc,
bucketize_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, with_rank
from kerasfmt.graph.ops.ragged import row_numbers
from kerasfmt.graph.ops.shape_values import constant_value, partial_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _bins(size: Value) -> int | None:
    count = constant_value(size)
    return None if count is None else int(count.item())


def _counted(attrs: Attrs, rows: Array, values: Array, shape: tuple[int, int], weights: Array) -> Array:
    """The bins of each row (rows, bins), from the row and the number of each element (n,)."""
    if values.size and values.min() < 0:
        raise ValueError("a value to count is negative")
    _check_weights(values, weights)
    out: Array = np.zeros(shape, weights.dtype)
    (kept,) = np.nonzero(values < shape[1])
    places = rows[kept], values[kept]
    if attrs.get("binary_output"):
        out[places] = 1
    elif weights.size:
        np.add.at(out, places, weights.ravel()[kept])
    else:
        flat = places[0].astype(np.int64) * shape[1] + places[1]
        counts = np.bincount(flat, minlength=out.size)
        out = counts.astype(out.dtype).reshape(shape)
    return out


def _check_weights(values: Array, weights: Array) -> None:
    if weights.size not in (0, values.size):
        raise ValueError(f"expected weights for {values.size} values or none, got {weights.size}")


@register("DenseBincount")
class DenseBincount(Op):
    """How often each of 0 ... size - 1 occurs in each row, or the sum of its weights."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, size: Value, weights: Value) -> list[Shape]:
        if x.shape is None:
            return [None]
        if len(x.shape) > 2:
            raise ValueError(f"expected at most two dimensions, got shape {x.shape}")
        return [(*x.shape[:-1], _bins(size))]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, size: Array, weights: Array) -> list[Array]:
        bins, length = int(size.item()), x.shape[-1] if x.ndim else 1
        count = x.size // length if length else int(np.prod(x.shape[:-1]))
        out = _counted(attrs, np.repeat(np.arange(count), length), x.ravel(), (count, bins), weights)
        return [out.reshape(*x.shape[:-1], bins)]


@register("Bincount")
class Bincount(Op):
    """How often each of 0 ... size - 1 occurs in an array, or the sum of its weights."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, size: Value, weights: Value) -> list[Shape]:
        return [(_bins(size),)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, size: Array, weights: Array) -> list[Array]:
        rows = np.zeros(x.size, np.int64)
        return [_counted(attrs, rows, x.ravel(), (1, int(size.item())), weights)[0]]


@register("RaggedBincount")
class RaggedBincount(Op):
    """How often each of 0 ... size - 1 occurs in each row of a ragged matrix, or the sum of its weights."""

    @staticmethod
    @override
    def infer(attrs: Attrs, splits: Value, values: Value, size: Value, weights: Value) -> list[Shape]:
        return [None]

    @staticmethod
    @override
    def run(attrs: Attrs, splits: Array, values: Array, size: Array, weights: Array) -> list[Array]:
        rows = row_numbers(splits, len(values))
        return [_counted(attrs, rows, values, (len(splits) - 1, int(size.item())), weights)]


@register("SparseBincount")
class SparseBincount(Op):
    """How often each of 0 ... size - 1 occurs in each row of a sparse matrix or vector, or the sum of its weights."""

    @staticmethod
    @override
    def infer(
        attrs: Attrs, indices: Value, values: Value, shape: Value, size: Value, weights: Value
    ) -> list[Shape]:
        found = partial_value(shape)
        return [None if found is None else (*found[:-1], _bins(size))]

    @staticmethod
    @override
    def run(
        attrs: Attrs, indices: Array, values: Array, shape: Array, size: Array, weights: Array
    ) -> list[Array]:
        bins, outer = int(size.item()), shape[:-1].tolist()
        counted = (outer[0] if outer else 1, bins)
        out = _counted(attrs, _sparse_rows(indices, shape), values, counted, weights)
        return [out.reshape(*outer, bins)]


def _sparse_rows(indices: Array, shape: Array) -> Array:
    """The row of each element of a sparse matrix, or of a sparse vector."""
    if len(shape) not in (1, 2):
        raise ValueError(f"expected a vector or a matrix, got {len(shape)} dimensions")
    return indices[:, 0] if len(shape) == 2 else np.zeros(len(indices), np.int64)


def dense_bincount(x: Value, size: int, weights: Operand, *, binary_output: bool = False) -> Value:
    """How often each of 0 ... size - 1 occurs in each row of `x`: x.shape[:-1] + (size,).

    Args:
      x: integers (n,) or (batch, n), not negative.
      size: the number of bins.
      weights: of the shape of `x`, or empty for 1 everywhere; the result has its dtype.
      binary_output: whether the result is 1 for a number that occurs and 0 for one that does not.

    Source: TensorFlow op DenseBincount.
    """
    return emit_one("DenseBincount", x, np.array(size, x.dtype.numpy), weights, binary_output=binary_output)


def ragged_bincount(
    splits: Value, values: Value, size: int, weights: Operand, *, binary_output: bool = False
) -> Value:
    """How often each of 0 ... size - 1 occurs in each row of a ragged matrix: (rows, size).

    Args:
      splits: int64 (rows + 1,), where each row begins and where the last one ends.
      values: integers (n,), not negative.
      size: the number of bins.
      weights: (n,), or empty for 1 everywhere; the result has its dtype.
      binary_output: whether the result is 1 for a number that occurs and 0 for one that does not.

    Source: TensorFlow op RaggedBincount.
    """
    count = np.array(size, values.dtype.numpy)
    rows = None if not splits.shape or splits.shape[0] is None else splits.shape[0] - 1
    return emit_one(
        *("RaggedBincount", splits, values, count, weights),
        binary_output=binary_output,
        shapes=[(rows, size)],
    )


def _sparse_counts(
    attrs: Attrs, rows: Array, values: Array, weights: Array, outer: Sequence[int]
) -> list[Array]:
    """The counts that are not zero, as a sparse tensor of shape (*outer, bins)."""
    if values.size and values.min() < 0:
        raise ValueError("a value to count is negative")
    _check_weights(values, weights)
    longest = attrs["maxlength"]
    kept = values < longest if longest >= 0 else np.ones(values.shape, bool)
    rows, values = rows[kept], values[kept].astype(np.int64)
    added = weights.ravel()[kept] if weights.size else np.ones(len(values), weights.dtype)
    order = np.lexsort((values, rows))
    rows, values = rows[order], values[order]
    first = np.ones(len(values), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])
    out = np.zeros(int(first.sum()), weights.dtype)
    np.add.at(out, np.cumsum(first) - 1, added[order])
    if attrs["binary_output"]:
        out[:] = 1
    greatest = int(values.max(initial=0))
    bins = longest if longest > 0 else max(greatest + 1, attrs["minlength"])
    columns = [rows[first]] * len(outer) + [values[first]]
    return [np.stack(columns, 1).astype(np.int64), out, np.array([*outer, bins], np.int64)]


def _infer_counts(rank: int | None) -> list[Shape]:
    return [(None, rank), (None,), (rank,)]


@register("DenseCountSparseOutput")
class DenseCountSparseOutput(Op):
    """How often each integer occurs in each row of a matrix, or in a vector, as a sparse tensor."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: Value, weights: Value) -> list[Shape]:
        return _infer_counts(None if values.shape is None else len(values.shape))

    @staticmethod
    @override
    def run(attrs: Attrs, values: Array, weights: Array) -> list[Array]:
        if values.ndim not in (1, 2):
            raise ValueError(f"expected a vector or a matrix, got shape {values.shape}")
        count, length = values.shape[:-1], values.shape[-1]
        rows = np.repeat(np.arange(count[0] if count else 1), length)
        return _sparse_counts(attrs, rows, values.ravel(), weights, count)


@register("RaggedCountSparseOutput")
class RaggedCountSparseOutput(Op):
    """How often each integer occurs in each row of a ragged matrix, as a sparse matrix."""

    @staticmethod
    @override
    def infer(attrs: Attrs, splits: Value, values: Value, weights: Value) -> list[Shape]:
        return _infer_counts(None if values.shape is None else 2)

    @staticmethod
    @override
    def run(attrs: Attrs, splits: Array, values: Array, weights: Array) -> list[Array]:
        rows = row_numbers(splits, len(values))
        return _sparse_counts(attrs, rows, values, weights, [len(splits) - 1])


@register("SparseCountSparseOutput")
class SparseCountSparseOutput(Op):
    """How often each integer occurs in each row of a sparse matrix, or in a sparse vector, as a sparse tensor."""

    @staticmethod
    @override
    def infer(attrs: Attrs, indices: Value, values: Value, shape: Value, weights: Value) -> list[Shape]:
        return _infer_counts(with_rank(indices, 2)[1])

    @staticmethod
    @override
    def run(attrs: Attrs, indices: Array, values: Array, shape: Array, weights: Array) -> list[Array]:
        rows = _sparse_rows(indices, shape)
        return _sparse_counts(attrs, rows, values, weights, shape[:-1].tolist())


def dense_count_sparse_output(
    values: Value, size: int, weights: Operand, *, binary_output: bool = False
) -> tuple[Value, ...]:
    """How often each of 0 ... size - 1 occurs in each row, as a sparse tensor.

    Args:
      values: integers (n,) or (batch, n), not negative.
      size: the number of bins.
      weights: of the shape of `values`, or empty for 1 everywhere; the result has its dtype.
      binary_output: whether the result is 1 for a number that occurs.

    Returns:
      Indices int64 (count, rank), values (count,) and shape int64 (rank,).

    Source: tf.sparse.bincount.
    """
    return emit(
        "DenseCountSparseOutput", values, weights, minlength=size, maxlength=size, binary_output=binary_output
    )


def _bucketize(attrs: Attrs, x: Array) -> list[Array]:
    boundaries = np.array(attrs["boundaries"], np.float32)
    if np.any(np.diff(boundaries) < 0):
        raise ValueError("expected boundaries in ascending order")
    numbers = x.astype(np.float32) if x.dtype.kind in "iu" else x
    return [np.searchsorted(boundaries, numbers, "right").astype(np.int32)]


declare("Bucketize", same_shape, _bucketize)


def bucketize(x: Value, boundaries: Sequence[float]) -> Value:
    """How many of the ascending `boundaries` are not greater, elementwise: int32. Source: TensorFlow op Bucketize."""
    return emit_one("Bucketize", x, boundaries=list(boundaries))
