"""Rules of calls: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal


def _custom_vjp(jax: Any, jnp: Any) -> Any:
    @jax.custom_vjp
    def double(x: Any) -> Any:
        return x * 2

    double.defvjp(lambda x: (x * 2, None), lambda _, g: (g * 3,))
    return lambda x: [double(x), jax.grad(lambda v: double(v).sum())(x)]


CASES = [
    Case("jit", lambda jax, jnp: lambda x: jax.jit(lambda v: v * 2 + 1)(x), (normal(3),), ("float32[b]",)),
    Case(
        "custom-jvp",
        lambda jax, jnp: (
            lambda x: [
                jax.nn.relu(x),
                jax.nn.relu6(x),
                jax.nn.silu(x),
                jax.grad(lambda v: jax.nn.relu(v).sum())(x),
            ]
        ),
        (normal(5),),
        None,
        1e-6,
    ),
    Case("custom-vjp", _custom_vjp, (normal(3),)),
    Case(
        "remat",
        lambda jax, jnp: jax.grad(lambda x: jax.checkpoint(lambda v: jnp.sin(jnp.sin(v)).sum())(x)),
        (normal(3),),
        None,
        1e-6,
    ),
    Case(
        "linear-solve",
        lambda jax, jnp: (
            lambda a, b: jax.lax.custom_linear_solve(
                lambda x: a @ x, b, lambda _, y: jax.scipy.linalg.solve_triangular(a, y, lower=True)
            )
        ),
        (np.tril(normal(3, 3)) + 3 * np.eye(3, dtype=np.float32), normal(3)),
        None,
        1e-5,
    ),
    Case(
        "hessian", lambda jax, jnp: jax.hessian(lambda x: jnp.sum(jnp.sin(x) ** 2)), (normal(4),), None, 1e-5
    ),
    Case("jacobian", lambda jax, jnp: jax.jacobian(lambda x: jnp.tanh(x) * x[0]), (normal(4),), None, 1e-5),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
