"""Primitives that are expressed by other primitives: as JAX itself does for most platforms, or by a known algorithm.

    tridiagonal_solve      Thomas's algorithm, as JAX has it on TPUs
    householder_product    the reflections one after the other
    ormqr                  the same on a matrix
    cholesky_update        the decomposition anew
    random_gamma, igamma_grad_a, ragged_dot_general    JAX's own functions

Source: jax/_src/lax/linalg.py; jax/_src/lax/special.py; jax/_src/random/core.py; jax/_src/custom_derivatives.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.graph import Value
from kerasfmt.sources.jax.library import jax, own_function
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule


def _made(equation: Equation, operands: Sequence[Value], function: Any) -> list[Value]:
    """The results of a function of JAX in place of the primitive."""
    closed = equation.lowers.traced(function, equation.avals)
    return equation.lowers.inline(closed, operands)


@rule("linear_call")
def _linear_call(equation: Equation, *operands: Value) -> Sequence[Value]:
    return equation.lowers.inline(equation.params["callee"], operands)


@rule("tridiagonal_solve", close=True)
def _tridiagonal_solve(equation: Equation, *operands: Value) -> Sequence[Value]:
    if equation.params.get("perturb_singular"):
        raise UnsupportedPrimitiveError("matrices that are made regular")
    lax, numpy = jax().lax, jax().numpy

    def solved(below: Any, diagonal: Any, above: Any, right: Any) -> Any:
        """Forwards each row is freed of what is below the diagonal; backwards of what is above it."""
        rows = [numpy.moveaxis(x, -1, 0)[..., None] for x in (below, diagonal, above)]
        right = numpy.moveaxis(right, -2, 0)

        def forwards(before: Any, row: Any) -> Any:
            ratio, value = before
            low, middle, high, wanted = row
            pivot = middle - low * ratio
            found = (high / pivot, (wanted - low * value) / pivot)
            return found, found

        nothing = numpy.zeros_like(rows[0][0])
        start = (nothing, numpy.zeros_like(right[0]))
        _, freed = lax.scan(forwards, start, (*rows, right))

        def backwards(after: Any, row: Any) -> Any:
            ratio, value = row
            found = value - ratio * after
            return found, found

        _, values = lax.scan(backwards, numpy.zeros_like(right[0]), freed, reverse=True)
        return numpy.moveaxis(values, 0, -2)

    return _made(equation, operands, solved)


def _reflected(columns: Any, factors: Any, matrix: Any, order: Sequence[int], conjugate: bool) -> Any:
    """A matrix on which the reflections of Householder are applied in an order, from the left."""
    numpy = jax().numpy
    places = numpy.arange(columns.shape[-2])
    for at in order:
        column = numpy.where(places > at, columns[..., at], 0) + (places == at).astype(columns.dtype)
        factor = factors[..., at, None, None]
        factor = numpy.conj(factor) if conjugate else factor
        along = numpy.conj(column)[..., None, :] @ matrix
        matrix = matrix - factor * (column[..., :, None] * along)
    return matrix


@rule("householder_product", close=True)
def _householder_product(equation: Equation, *operands: Value) -> Sequence[Value]:
    count = _known(equation, 1)

    def product(columns: Any, factors: Any) -> Any:
        numpy = jax().numpy
        unit = numpy.broadcast_to(numpy.eye(*columns.shape[-2:], dtype=columns.dtype), columns.shape)
        return _reflected(columns, factors, unit, range(count)[::-1], False)

    return _made(equation, operands, product)


@rule("ormqr", close=True)
def _ormqr(equation: Equation, *operands: Value) -> Sequence[Value]:
    count, left, turned = _known(equation, 1), equation.params["left"], equation.params["transpose"]

    def product(columns: Any, factors: Any, matrix: Any) -> Any:
        numpy = jax().numpy
        if left:
            return _reflected(columns, factors, matrix, range(count)[:: 1 if turned else -1], turned)
        # What is on the right, is on the left of the adjoint.
        adjoint = numpy.conj(numpy.swapaxes(matrix, -1, -2))
        found = _reflected(columns, factors, adjoint, range(count)[:: -1 if turned else 1], not turned)
        return numpy.conj(numpy.swapaxes(found, -1, -2))

    return _made(equation, operands, product)


def _known(equation: Equation, operand: int) -> int:
    """The number of reflections."""
    count = equation.operands[operand].known[-1]
    if count is None:
        raise UnsupportedPrimitiveError("a number of columns that is not known")
    return count


@rule("cholesky_update", close=True)
def _cholesky_update(equation: Equation, *operands: Value) -> Sequence[Value]:
    def updated(upper: Any, vector: Any) -> Any:
        numpy = jax().numpy
        square = numpy.swapaxes(upper, -1, -2) @ upper + vector[..., :, None] * vector[..., None, :]
        return numpy.swapaxes(jax().lax.linalg.cholesky(square), -1, -2)

    return _made(equation, operands, updated)


@rule("symmetric_product", close=True)
def _symmetric_product(equation: Equation, *operands: Value) -> Sequence[Value]:
    alpha, beta = equation.params["alpha"], equation.params["beta"]
    return _made(equation, operands, lambda a, c: alpha * (a @ a.swapaxes(-1, -2)) + beta * c)


@rule("random_gamma", close=True)
def _random_gamma(equation: Equation, *operands: Value) -> Sequence[Value]:
    function = own_function("jax._src.random.core:_gamma_impl", "jax._src.random:_gamma_impl")
    if function is None:
        raise UnsupportedPrimitiveError("")
    params = {"use_vmap": True, **equation.params}
    return _made(equation, operands, lambda key, a: function(key, a, **params))


@rule("igamma_grad_a", close=True)
def _igamma_grad_a(equation: Equation, *operands: Value) -> Sequence[Value]:
    function = own_function("jax._src.lax.special:igamma_grad_a_impl")
    if function is None:
        raise UnsupportedPrimitiveError("")
    return _made(equation, operands, lambda a, x: function(a, x, dtype=a.dtype))


@rule("ragged_dot_general", close=True)
def _ragged_dot_general(equation: Equation, *operands: Value) -> Sequence[Value]:
    function = own_function("jax._src.lax.lax:_ragged_dot_general_impl")
    if function is None:
        raise UnsupportedPrimitiveError("")
    return _made(equation, operands, lambda *given: function(*given, **equation.params))
