"""Factors, inverses and solutions of matrices.

The signs of vectors, and the order of eigenvalues where there is none, are those of the library that runs the graph.

Source: keras/src/ops/linalg.py; keras/src/backend/tensorflow/linalg.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, known_size, promoted, turned


@composed("Cholesky", "linalg")
def cholesky(x: Value, upper: bool = False) -> Value:
    """The lower triangular factor of symmetric positive matrices, or the upper one.

    Raises:
      Error: when it runs, for a matrix that is not positive.
    """
    found = emit_one("CheckNumerics", emit_one("Cholesky", x), message="Cholesky")
    return turned(found) if upper else found


@composed("CholeskyInverse", "linalg")
def cholesky_inverse(x: Value, upper: bool = False) -> Value:
    """The inverse of the matrices that have the given Cholesky factors."""
    eye = constant(x, np.eye(known_size(x, -1)))
    factor = emit_one("MatrixTriangularSolve", x, eye, lower=not upper, adjoint=False)
    return ops.batch_matmul(factor, factor, adj_x=not upper, adj_y=upper)


@composed("Det", "linalg")
def det(x: Value) -> Value:
    """The determinants."""
    return emit_one("MatrixDeterminant", x)


@composed("Slogdet", "linalg")
def slogdet(x: Value) -> tuple[Value, Value]:
    """The signs of the determinants, and the logarithms of their absolute values."""
    sign, logarithm = emit("LogMatrixDeterminant", x)
    return sign, logarithm


@composed("Logdet", "math")
def logdet(x: Value) -> Value:
    """The logarithms of the determinants of symmetric positive matrices."""
    diagonal = emit_one("MatrixDiagPartV3", emit_one("Cholesky", x), np.int32(0), constant(x, 0))
    diagonal.set_shape(x.dims[:-1])
    return ops.multiply(ops.reduce_sum(ops.log(diagonal), -1), 2.0)


@composed("Inv", "linalg")
def inv(x: Value) -> Value:
    """The inverses."""
    return emit_one("MatrixInverse", x)


@composed("Eigh", "linalg")
def eigh(x: Value) -> tuple[Value, Value]:
    """The eigenvalues of symmetric matrices, from the least on, and the eigenvectors as columns."""
    values, vectors = emit("SelfAdjointEigV2", x, compute_v=True)
    return values, vectors


@composed("Eig", "linalg")
def eig(x: Value) -> tuple[Value, Value]:
    """The complex eigenvalues and eigenvectors, in no defined order."""
    wide = dtypes.complex128 if x.dtype in (dtypes.float64, dtypes.complex128) else dtypes.complex64
    values, vectors = emit("Eig", x, compute_v=True, Tout=wide)
    return values, vectors


@composed("Qr", "linalg")
def qr(x: Value, mode: str = "reduced") -> tuple[Value, Value]:
    """Matrices with orthogonal columns, and upper triangular ones."""
    q, r = emit("Qr", x, full_matrices=mode == "complete")
    return q, r


@composed("SVD", "linalg")
def svd(x: Value, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The left vectors, the singular values from the greatest on, and the right vectors as rows."""
    values, left, right = emit("Svd", x, compute_uv=compute_uv, full_matrices=full_matrices and compute_uv)
    return (left, values, turned(right)) if compute_uv else values


def _columns(function: Any, a: Any, b: Any) -> Value:
    """Solves for vectors, too: those have a dimension less than the matrices."""
    matrix, right = promoted(a, b)
    if right.rank != matrix.rank - 1:
        found: Value = function(matrix, right)
        return found
    return ops.squeeze(function(matrix, ops.expand_dims(right, -1)), [-1])


@composed("Solve", "linalg")
def solve(a: Any, b: Any) -> Value:
    """The solutions x of a x = b."""
    return _columns(lambda m, r: emit_one("MatrixSolve", m, r, adjoint=False), a, b)


@composed("SolveTriangular", "linalg")
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Value:
    """The solutions x of a x = b, for triangular a."""
    return _columns(lambda m, r: emit_one("MatrixTriangularSolve", m, r, lower=lower, adjoint=False), a, b)


@composed("LuFactor", "linalg")
def lu_factor(x: Value) -> tuple[Value, Value]:
    """Both triangles in one matrix, and where its rows come from; of one matrix."""
    found, order = emit("Lu", x, output_idx_type=dtypes.int32)
    if x.rank != 2:
        raise ValueError(f"expected one matrix, got {x.rank} dimensions")
    return found, emit_one("InvertPermutation", order)


@composed("Lstsq", "linalg")
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Value:
    """The x of the least |a x - b|, and of those the shortest one."""
    matrix, right = promoted(a, b)
    vector = right.rank == 1
    right = ops.expand_dims(right, -1) if vector else right
    if (matrix.rank, right.rank) != (2, 2):
        raise ValueError(
            f"expected one matrix and a vector or matrix, got {matrix.rank} and {right.rank} dimensions"
        )
    step = float(np.finfo(matrix.dtype.numpy).eps)
    if rcond is None:
        rcond = step * max(known_size(matrix, 0), known_size(matrix, 1))
    values, u, v = emit("Svd", matrix, compute_uv=True, full_matrices=False)
    first = ops.getitem(values, (slice(0, 1),))
    kept = ops.greater_equal(values, ops.multiply(first, step if rcond < 0 else rcond))
    share = ops.where(
        kept, ops.reciprocal(ops.where(kept, values, ops.ones_like(values))), ops.zeros_like(values)
    )
    inner = ops.multiply(ops.expand_dims(share, 1), ops.matmul(u, right, transpose_a=True))
    found = ops.matmul(v, inner)
    return ops.squeeze(found, [1]) if vector else found


@composed("MatrixRank", "linalg")
def matrix_rank(x: Value, tol: float | None = None) -> Value:
    """The number of singular values above a limit."""
    values = emit("Svd", x, compute_uv=False, full_matrices=False)[0]
    limit: Any = tol
    if tol is None:
        step = float(np.finfo(x.dtype.numpy).eps) * max(known_size(x, -2), known_size(x, -1))
        limit = ops.multiply(ops.reduce_max(values, -1, keepdims=True), step)
    return ops.reduce_sum(ops.cast(ops.greater(values, limit), dtypes.int32), -1)


@composed("Pinv", "linalg")
def pinv(x: Value, rcond: float | None = None) -> Value:
    """The pseudo-inverses."""
    if rcond is None:
        rcond = 10.0 * max(known_size(x, -2), known_size(x, -1)) * float(np.finfo(x.dtype.numpy).eps)
    values, u, v = emit("Svd", x, compute_uv=True, full_matrices=False)
    limit = ops.multiply(ops.reduce_max(values, -1, keepdims=True), rcond)
    share = ops.where(ops.greater(values, limit), values, constant(values, np.inf))
    scaled = ops.real_div(v, ops.expand_dims(share, -2))
    return ops.batch_matmul(scaled, u, adj_y=True)
