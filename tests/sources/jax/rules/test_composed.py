"""Primitives that are expressed by others: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal

FACTORS = (normal(4, 3), np.abs(normal(3)) / 3, normal(4, 4))
SQUARE = normal(2, 4, 4) + 4 * np.eye(4, dtype=np.float32)


def _tridiagonal(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda low, middle, high, b: jax.lax.linalg.tridiagonal_solve(
        low.at[..., 0].set(0), 4 + middle, high.at[..., -1].set(0), b
    )


def _householder(jax: Any, jnp: Any) -> Callable[..., Any]:
    return lambda a, taus: jax.lax.linalg.householder_product(a, taus)


def _ormqr(left: bool, turned: bool) -> Callable[..., Any]:
    return lambda jax, jnp: lambda a, taus, c: jax.lax.linalg.ormqr(a, taus, c, left=left, transpose=turned)


def _linear(jax: Any, jnp: Any) -> Callable[..., Any]:
    def function(scale: Any, x: Any) -> Any:
        return jax.custom_derivatives.linear_call(lambda r, v: v * r, lambda r, v: v * r, scale, x)

    return function


CASES = [
    Case("tridiagonal-solve", _tridiagonal, (*(normal(2, 5, seed=i) for i in range(3)), normal(2, 5, 3)), None, 1e-5),
    Case("householder", _householder, (normal(2, 5, 3), np.abs(normal(2, 3)) / 3), None, 1e-5),
    *(
        Case(f"ormqr-{left}-{turned}", _ormqr(left, turned), FACTORS, None, 1e-5)
        for left in (True, False)
        for turned in (True, False)
    ),
    Case(
        "cholesky-update",
        lambda jax, jnp: lambda r, z: jax.lax.linalg.cholesky_update(jnp.triu(r), z),
        (SQUARE[0], normal(4)),
        None,
        1e-5,
    ),
    Case(
        "symmetric-product",
        lambda jax, jnp: lambda a, c: jax.lax.linalg.symmetric_product(a, c + c.T, alpha=2.0, beta=0.5),
        (normal(4, 3), normal(4, 4)),
        None,
        1e-5,
    ),
    Case("linear-call", _linear, (np.float32(3), normal(4)), (np.float32(3), "float32[b]")),
    Case(
        "gamma",
        lambda jax, jnp: lambda seed, a: jax.random.gamma(jax.random.key(seed), jnp.abs(a) + 0.1),
        (np.uint32(5), normal(3, 4)),
        None,
        1e-5,
    ),
    Case(
        "igamma-gradient",
        lambda jax, jnp: jax.grad(lambda a, x: jax.scipy.special.gammainc(a, x).sum()),
        (np.array([0.5, 1, 2, 7.5], np.float32), np.array([0.1, 2, 1, 9], np.float32)),
        None,
        1e-5,
    ),
    Case(
        "ragged-dot",
        lambda jax, jnp: lambda x, w, sizes: jax.lax.ragged_dot(x, w, sizes),
        (normal(6, 3), normal(3, 3, 2), np.array([2, 1, 3], np.int32)),
        None,
        1e-5,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
