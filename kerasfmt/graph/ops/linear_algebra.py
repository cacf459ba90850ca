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


def _infer_qr(attrs: Attrs, x: Value) -> list[Shape]:
    if x.shape is None:
        return [None, None]
    *batch, rows, columns = x.shape
    least = None if rows is None or columns is None else min(rows, columns)
    if attrs["full_matrices"]:
        return [(*batch, rows, rows), (*batch, rows, columns)]
    return [(*batch, rows, least), (*batch, least, columns)]


def _qr(attrs: Attrs, x: Array) -> list[Array]:
    q, r = np.linalg.qr(x, "complete" if attrs["full_matrices"] else "reduced")
    return [q.astype(x.dtype), r.astype(x.dtype)]


def _infer_eigen(attrs: Attrs, x: Value) -> list[Shape]:
    if x.shape is None:
        return [None, None]
    return [x.shape[:-1], x.shape if attrs["compute_v"] else None]


def _eigen(attrs: Attrs, x: Array) -> list[Array]:
    """The eigenvalues, from the least on, and the eigenvectors."""
    _square(x)
    if not attrs["compute_v"]:
        return [np.linalg.eigvalsh(x).astype(x.dtype), np.zeros(0, x.dtype)]
    values, vectors = np.linalg.eigh(x)
    return [values.astype(x.dtype), vectors.astype(x.dtype)]


def _infer_svd(attrs: Attrs, x: Value) -> list[Shape]:
    if x.shape is None:
        return [None, None, None]
    *batch, rows, columns = x.shape
    least = None if rows is None or columns is None else min(rows, columns)
    if not attrs["compute_uv"]:
        return [(*batch, least), None, None]
    full = attrs["full_matrices"]
    return [
        (*batch, least),
        (*batch, rows, rows if full else least),
        (*batch, columns, columns if full else least),
    ]


def _svd(attrs: Attrs, x: Array) -> list[Array]:
    """The singular values, the left and the right vectors; the right ones are columns."""
    if not attrs["compute_uv"]:
        values = np.linalg.svd(x, compute_uv=False)
        return [values.astype(x.dtype), np.zeros(0, x.dtype), np.zeros(0, x.dtype)]
    left, values, right = np.linalg.svd(x, attrs["full_matrices"])
    return [values.astype(x.dtype), left.astype(x.dtype), _adjoint(right).astype(x.dtype)]


def _infer_lu(attrs: Attrs, x: Value) -> list[Shape]:
    return [None, None] if x.shape is None else [x.shape, x.shape[:-1]]


def _lu(attrs: Attrs, x: Array) -> list[Array]:
    """Both triangles in one matrix, and the order of the rows."""
    _square(x)
    size = x.shape[-1]
    found = np.array(x.reshape(-1, size, size))
    orders = np.tile(np.arange(size), (len(found), 1))
    for matrix, order in zip(found, orders, strict=True):
        for at in range(size):
            pivot = at + int(np.argmax(np.abs(matrix[at:, at])))
            matrix[[at, pivot]], order[[at, pivot]] = matrix[[pivot, at]], order[[pivot, at]]
            if not matrix[at, at]:
                raise ValueError("a matrix is not invertible")
            matrix[at + 1 :, at] /= matrix[at, at]
            matrix[at + 1 :, at + 1 :] -= np.outer(matrix[at + 1 :, at], matrix[at, at + 1 :])
    wanted = attrs["output_idx_type"].numpy
    return [found.reshape(x.shape), orders.reshape(x.shape[:-1]).astype(wanted)]


declare("Qr", _infer_qr, _qr)
declare("SelfAdjointEigV2", _infer_eigen, _eigen)
declare("Svd", _infer_svd, _svd)
declare("Lu", _infer_lu, _lu)
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


def _infer_general_eigen(attrs: Attrs, x: Value) -> list[Shape]:
    if x.shape is None:
        return [None, None]
    return [x.shape[:-1], x.shape if attrs["compute_v"] else None]


def _general_eigen(attrs: Attrs, x: Array) -> list[Array]:
    """The complex eigenvalues, in no defined order, and the eigenvectors."""
    _square(x)
    wanted = attrs["Tout"].numpy
    if not attrs["compute_v"]:
        return [_solvable(np.linalg.eigvals, x).astype(wanted), np.zeros(0, wanted)]
    values, vectors = np.linalg.eig(x)
    return [values.astype(wanted), vectors.astype(wanted)]


declare("Eig", _infer_general_eigen, _general_eigen)
