"""Rules of linear algebra: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal

_A = normal(2, 4, 4)
_SPD = (_A @ _A.transpose(0, 2, 1) + 4 * np.eye(4)).astype(np.float32)
_LOWER = (np.tril(_A) + 3 * np.eye(4)).astype(np.float32)


def _triangular(jax: Any, jnp: Any) -> Any:
    def function(a: Any, b: Any) -> Any:
        solve = jax.lax.linalg.triangular_solve
        return [
            solve(a, b, left_side=left, lower=lower, transpose_a=turn, unit_diagonal=unit)
            for left in (True, False)
            for lower in (True, False)
            for turn in (True, False)
            for unit in (True, False)
        ]

    return function


CASES = [
    Case("cholesky", lambda jax, jnp: jnp.linalg.cholesky, (_SPD,), ("float32[b, 4, 4]",), 1e-5),
    Case(
        "triangular",
        _triangular,
        ((_A + 5 * np.eye(4)).astype(np.float32), normal(2, 4, 4, seed=2)),
        None,
        1e-5,
    ),
    Case(
        "solve-spd",
        lambda jax, jnp: lambda a, b: jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(a), b),
        (_SPD[0], normal(4)),
        None,
        1e-5,
    ),
    Case(
        "qr",
        lambda jax, jnp: lambda a: (lambda q, r: [q @ r, jnp.abs(r), q.T @ q])(*jnp.linalg.qr(a)),
        (normal(5, 3),),
        None,
        1e-5,
    ),
    Case(
        "eigh",
        lambda jax, jnp: lambda a: (lambda w, v: [w, (v * w) @ v.T])(*jnp.linalg.eigh(a)),
        (_SPD[0],),
        None,
        1e-5,
    ),
    Case(
        "svd",
        lambda jax, jnp: (
            lambda a: (lambda u, s, v: [s, (u * s) @ v])(*jnp.linalg.svd(a, full_matrices=False))
        ),
        (normal(5, 3),),
        None,
        1e-5,
    ),
    Case(
        "svd-values",
        lambda jax, jnp: lambda a: jnp.linalg.svd(a, compute_uv=False),
        (normal(5, 3),),
        None,
        1e-5,
    ),
    Case(
        "lu-pivots",
        lambda jax, jnp: lambda p: jax.lax.linalg.lu_pivots_to_permutation(p, 5),
        (np.int32([[2, 1, 4, 3], [0, 3, 2, 4]]),),
    ),
    Case("solve", lambda jax, jnp: jnp.linalg.solve, (_SPD[0], normal(4, 2)), None, 1e-5),
    Case("inverse", lambda jax, jnp: jnp.linalg.inv, (_SPD,), None, 1e-5),
    Case("det", lambda jax, jnp: lambda a: [jnp.linalg.det(a), *jnp.linalg.slogdet(a)], (_A,), None, 1e-5),
    Case("pinv", lambda jax, jnp: jnp.linalg.pinv, (normal(4, 3),), None, 1e-4),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
