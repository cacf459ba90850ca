"""Matrices: diagonals, cross products, transposes.

Source: tensorflow/python/ops/linalg/linalg_impl.py, array_ops.py, linalg_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to
from kerasfmt.nn.tf.reductions import norm
from kerasfmt.nn.tf.table import first_value, function, tensor


@function("linalg.adjoint")
def adjoint(matrix: Value) -> Value:
    """Real matrices with their last two axes exchanged."""
    if matrix.dtype.kind == "complex":
        raise ValueError("complex numbers are not supported")
    rank = matrix.rank
    return ops.transpose(matrix, [*range(rank - 2), rank - 1, rank - 2])


@function("linalg.cross")
def cross(a: Any, b: Any) -> Value:
    """The cross products of vectors along the last axis, which has size 3."""
    beside = first_value(a, b)
    x, y = tensor(a, beside), tensor(b, beside)
    if x.dims[-1] != 3 or y.dims[-1] != 3:
        raise ValueError(f"expected vectors of 3, got shapes {x.shape} and {y.shape}")
    turned = [
        ops.gather(v, np.array(order, np.int32), v.rank - 1)
        for v in (x, y)
        for order in ([1, 2, 0], [2, 0, 1])
    ]
    return turned[0] * turned[3] - turned[1] * turned[2]


def _square(matrix: Value) -> tuple[int, int]:
    rows, columns = matrix.dims[-2:]
    if rows is None or columns is None:
        raise ValueError(f"expected matrices of known size, got shape {matrix.shape}")
    return rows, columns


def _main_only(k: Any, align: str) -> None:
    if k != 0:
        raise ValueError(f"k={k!r}: only the main diagonal is supported")


@function("linalg.diag")
def diag(
    diagonal: Value,
    k: Any = 0,
    num_rows: int = -1,
    num_cols: int = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Value:
    """Square matrices with `diagonal` as their main diagonal, and zeros elsewhere."""
    _main_only(k, align)
    padding = np.asarray(padding_value, diagonal.dtype.numpy)
    sizes = np.array(num_rows, np.int32), np.array(num_cols, np.int32)
    return emit_one("MatrixDiagV3", diagonal, np.array(0, np.int32), *sizes, padding, align=align)


@function("linalg.diag_part")
def diag_part(input: Value, k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT") -> Value:
    """The main diagonals of matrices."""
    _main_only(k, align)
    rows, columns = _square(input)
    flat = reshape_to(input, [*dims_of(input)[:-2], rows * columns])
    step = columns + 1
    return ops.getitem(flat, (..., slice(0, (min(rows, columns) - 1) * step + 1, step)))


@function("linalg.set_diag")
def set_diag(input: Value, diagonal: Any, k: Any = 0, align: str = "RIGHT_LEFT") -> Value:
    """Matrices with their main diagonal replaced by `diagonal`."""
    _main_only(k, align)
    rows, columns = _square(input)
    if rows > columns:
        raise ValueError(f"matrices with more rows than columns ({rows}, {columns}) are not supported")
    values = ops.expand_dims(tensor(diagonal, input), -1)
    return ops.where(tensor(np.eye(rows, columns, dtype=np.bool_), input, dtypes.bool_), values, input)


@function("linalg.trace")
def trace(x: Value) -> Value:
    """The sums of the main diagonals."""
    return ops.reduce_sum(diag_part(x), -1)


@function("linalg.normalize")
def normalize(tensor: Value, ord: Any = "euclidean", axis: Any = None) -> tuple[Value, Value]:
    """`tensor` divided by its norm along `axis`, and that norm."""
    size = norm(tensor, ord, axis, keepdims=True)
    return tensor / size, size
