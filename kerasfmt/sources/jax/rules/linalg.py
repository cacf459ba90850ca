"""Linear algebra.

The signs of eigenvectors and singular vectors are those of the library that runs the graph.

Source: jax/_src/lax/linalg.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.nn.shapes import as_value
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


@rule("lu", close=True)
def _lu(equation: Equation, x: Value) -> Sequence[Value]:
    """Both triangles, the rows that were swapped in turn, and the order of the rows."""
    rows, columns = equation.operands[0].shape[-2:]
    if str(rows) != str(columns):
        raise UnsupportedPrimitiveError("a matrix that is not square")
    found, order = emit("Lu", x, output_idx_type=dtypes.int32)
    return [found, _pivots(equation, order), order]


def _pivots(equation: Equation, order: Value) -> Value:
    """The swaps that make an order of rows."""
    size = equation.lowers.size(equation.operands[0].shape[-1])
    count = as_value(equation.graph, size)

    def body(
        step: Value, now: Value, swaps: Value, wanted: Value, places: Value, length: Value
    ) -> list[Value]:
        row = ops.expand_dims(ops.gather(wanted, step, -1), -1)
        at = ops.expand_dims(ops.argmax(ops.cast(ops.equal(now, row), dtypes.int32), -1, dtypes.int32), -1)
        other = ops.expand_dims(ops.gather(now, step, -1), -1)
        moved = ops.where(ops.equal(places, at), other, now)
        here = ops.equal(places, step)
        return [ops.add(step, np.int32(1)), ops.where(here, row, moved), ops.where(here, at, swaps)]

    places = ops.range_(equation.constant(np.int32(0)), count, equation.constant(np.int32(1)))
    start = emit_one("BroadcastTo", places, ops.shape(order))
    start.set_shape(order.shape)
    return ops.while_loop(
        lambda step, now, swaps, wanted, places, length: ops.less(step, length),
        body,
        [equation.constant(np.int32(0)), start, ops.zeros_like(order)],
        [order, places, count],
    )[2]


@rule("lu_pivots_to_permutation")
def _permutation(equation: Equation, pivots: Value) -> Value:
    """The order that swaps of rows make."""
    count = as_value(equation.graph, equation.lowers.size(equation.operands[0].shape[-1]))
    size = as_value(equation.graph, equation.lowers.size(equation.result.shape[-1]))
    places = ops.range_(equation.constant(np.int32(0)), size, equation.constant(np.int32(1)))
    start = emit_one("BroadcastTo", places, equation.vector(equation.result.shape))

    def body(step: Value, now: Value, swaps: Value, places: Value, length: Value) -> list[Value]:
        at = ops.expand_dims(ops.gather(swaps, step, -1), -1)
        other = ops.expand_dims(ops.gather(now, step, -1), -1)
        row = ops.reduce_sum(ops.where(ops.equal(places, at), now, np.int32(0)), -1, keepdims=True)
        moved = ops.where(ops.equal(places, at), other, now)
        return [ops.add(step, np.int32(1)), ops.where(ops.equal(places, step), row, moved)]

    start.set_shape(equation.result.known)
    return ops.while_loop(
        lambda step, now, swaps, places, length: ops.less(step, length),
        body,
        [equation.constant(np.int32(0)), start],
        [ops.cast(pivots, dtypes.int32), places, count],
    )[1]
