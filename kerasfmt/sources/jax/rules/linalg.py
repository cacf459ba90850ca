"""Linear algebra.

The signs of eigenvectors and singular vectors are those of the library that runs the graph.

Source: jax/_src/lax/linalg.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule


def _turned(x: Value) -> Value:
    """The matrices transposed."""
    rank = x.rank
    return ops.transpose(x, [*range(rank - 2), rank - 1, rank - 2])


@rule("cholesky", close=True)
def _cholesky(equation: Equation, x: Value) -> Value:
    return emit_one("Cholesky", x)


def _diagonal(equation: Equation, x: Value) -> Value:
    """Whether an element is on the diagonal, (n, n)."""
    size = equation.lowers.size(equation.operands[0].shape[-1])
    count = size if isinstance(size, Value) else equation.constant(np.int32(size))
    numbers = ops.range_(equation.constant(np.int32(0)), count, equation.constant(np.int32(1)))
    return ops.equal(ops.expand_dims(numbers, 1), ops.expand_dims(numbers, 0))


@rule("triangular_solve", close=True)
def _triangular_solve(equation: Equation, matrix: Value, right: Value) -> Value:
    params = equation.params
    lower, turn = bool(params["lower"]), bool(params["transpose_a"])
    left = bool(params["left_side"])
    if params["unit_diagonal"]:
        matrix = ops.where(_diagonal(equation, matrix), equation.like(matrix, 1), matrix)
    if params["conjugate_a"] and matrix.dtype.is_complex:
        matrix = ops.conj(matrix)
    if not left:
        right, turn = _turned(right), not turn
    if turn and matrix.dtype.is_complex:
        matrix = ops.conj(matrix)
    found = emit_one("MatrixTriangularSolve", matrix, right, lower=lower, adjoint=turn)
    return found if left else _turned(found)


@rule("qr", close=True)
def _qr(equation: Equation, x: Value) -> Sequence[Value]:
    if equation.params.get("pivoting"):
        raise UnsupportedPrimitiveError("pivoting")
    return emit("Qr", x, full_matrices=bool(equation.params["full_matrices"]))


@rule("eigh", close=True)
def _eigh(equation: Equation, x: Value) -> Sequence[Value]:
    if not equation.params.get("lower", True):
        x = ops.conj(_turned(x)) if x.dtype.is_complex else _turned(x)
    values, vectors = emit("SelfAdjointEigV2", x, compute_v=True)
    if values.dtype.is_complex:
        kind = dtypes.float64 if values.dtype is dtypes.complex128 else dtypes.float32
        values = emit_one("Real", values, Tout=kind)
    return [vectors, values]


@rule("svd", close=True)
def _svd(equation: Equation, x: Value) -> Sequence[Value]:
    params = equation.params
    wanted = bool(params["compute_uv"])
    values, left, right = emit(
        "Svd", x, compute_uv=wanted, full_matrices=bool(params.get("full_matrices", False))
    )
    if values.dtype.is_complex:
        kind = dtypes.float64 if values.dtype is dtypes.complex128 else dtypes.float32
        values = emit_one("Real", values, Tout=kind)
    if not wanted:
        return [values]
    return [values, left, ops.conj(_turned(right)) if x.dtype.is_complex else _turned(right)]
