"""Factors, inverses and solutions of square matrices, in batches.

Source: tensorflow/core/ops/linalg_ops.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape
from kerasfmt.graph.spec import Shape, broadcast_shapes
from kerasfmt.graph.value import Value


def _square(x: Array) -> None:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"expected square matrices, got shape {x.shape}")


def _solvable(compute: Any, *operands: Array) -> Array:
    try:
        found: Array = compute(*operands)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"the matrix cannot be decomposed or inverted: {error}") from error
    return found


def _adjoint(x: Array) -> Array:
    return np.conj(np.swapaxes(x, -1, -2))


def _cholesky(attrs: Attrs, x: Array) -> list[Array]:
    _square(x)
    lower = np.tril(x)
    diagonal = np.tril(np.triu(x))
    return [_solvable(np.linalg.cholesky, lower + _adjoint(lower - diagonal)).astype(x.dtype)]


def _inverse(attrs: Attrs, x: Array) -> list[Array]:
    _square(x)
    return [_solvable(np.linalg.inv, _adjoint(x) if attrs["adjoint"] else x).astype(x.dtype)]


def _solve(attrs: Attrs, matrix: Array, right: Array) -> list[Array]:
    _square(matrix)
    return [
        _solvable(np.linalg.solve, _adjoint(matrix) if attrs["adjoint"] else matrix, right).astype(
            right.dtype
        )
    ]


def _determinant(attrs: Attrs, x: Array) -> list[Array]:
    _square(x)
    return [np.asarray(np.linalg.det(x), x.dtype)]


def _log_determinant(attrs: Attrs, x: Array) -> list[Array]:
    _square(x)
    sign, logarithm = np.linalg.slogdet(x)
    return [np.asarray(sign, x.dtype), np.asarray(logarithm, x.dtype)]


def _triangular(attrs: Attrs, matrix: Array, right: Array) -> list[Array]:
    """Solves row by row; what lies beyond the diagonal is not looked at."""
    _square(matrix)
    lower = attrs["lower"]
    matrix = np.tril(matrix) if lower else np.triu(matrix)
    if attrs["adjoint"]:
        matrix, lower = _adjoint(matrix), not lower
    size = matrix.shape[-1]
    outer = np.broadcast_shapes(matrix.shape[:-2], right.shape[:-2])
    out = np.array(np.broadcast_to(right, (*outer, *right.shape[-2:])))
    for row in range(size) if lower else reversed(range(size)):
        known = slice(0, row) if lower else slice(row + 1, size)
        out[..., row, :] -= np.einsum("...k,...kn->...n", matrix[..., row, known], out[..., known, :])
        out[..., row, :] /= matrix[..., row, row][..., None]
    return [out.astype(right.dtype)]


def _infer_scalars(outputs: int) -> Any:
    return lambda attrs, x: [None if x.shape is None else x.shape[:-2]] * outputs


def _infer_solve(attrs: Attrs, matrix: Value, right: Value) -> list[Shape]:
    if matrix.shape is None or right.shape is None:
        return [None]
    return [(*broadcast_shapes(matrix.shape[:-2], right.shape[:-2]), *right.shape[-2:])]  # type: ignore[misc]


declare("Cholesky", same_shape, _cholesky)
declare("MatrixInverse", same_shape, _inverse)
declare("MatrixDeterminant", _infer_scalars(1), _determinant)
declare("LogMatrixDeterminant", _infer_scalars(2), _log_determinant)
declare("MatrixSolve", _infer_solve, _solve)
declare("MatrixTriangularSolve", _infer_solve, _triangular)


def _diagonals(attrs: Attrs, x: Array, k: Array, padding: Array) -> list[Array]:
    """The diagonals of matrices from the highest one down, filled up to one length."""
    bounds = np.ravel(k).tolist()
    low, high = bounds[0], bounds[-1]
    rows, columns = x.shape[-2:]
    if low > high or not (-rows < low or low == 0) or not (high < columns or high == 0):
        raise ValueError(
            f"expected diagonals of a matrix ({rows}, {columns}), got those from {low} to {high}"
        )
    longest = min(rows + min(high, 0), columns - max(low, 0))
    parts = []
    for number in range(high, low - 1, -1):
        found = np.diagonal(x, number, -2, -1)
        missing = longest - found.shape[-1]
        right = attrs["align"].split("_")[0 if number > 0 else 1] == "RIGHT"
        if number == 0:
            right = right and missing > 0
        width = [(0, 0)] * (found.ndim - 1) + [(missing, 0) if right else (0, missing)]
        parts.append(np.pad(found, width, constant_values=padding[()]))
    return [parts[0] if low == high else np.stack(parts, -2)]


declare("MatrixDiagPartV3", lambda attrs, x, k, padding: [None], _diagonals)
