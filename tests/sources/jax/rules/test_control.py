"""Rules of loops and branches: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal

CASES = [
    Case(
        "while",
        lambda jax, jnp: (
            lambda x: jax.lax.while_loop(lambda v: v[0] < 5, lambda v: (v[0] + 1, v[1] * 2), (0, x))
        ),
        (normal(3),),
        ("float32[b]",),
    ),
    Case(
        "while-closed",
        lambda jax, jnp: (
            lambda x, y: jax.lax.while_loop(lambda v: jnp.sum(v) < 100, lambda v: v + jnp.abs(y) + 1, x)
        ),
        (normal(3), normal(3, seed=1)),
        ("float32[b]", "float32[b]"),
        1e-6,
    ),
    Case(
        "fori",
        lambda jax, jnp: lambda x, n: jax.lax.fori_loop(0, n, lambda i, v: v + i, x),
        (normal(3), np.array(4, np.int32)),
    ),
    Case(
        "fori-symbolic",
        lambda jax, jnp: (
            lambda x: jax.lax.fori_loop(0, x.shape[0], lambda i, v: v + x[i] * x.shape[0], jnp.zeros(4))
        ),
        (normal(3, 4),),
        ("float32[b, 4]",),
        1e-6,
        ("b >= 1",),
    ),
    Case(
        "cond",
        lambda jax, jnp: (
            lambda x: [
                jax.lax.cond(jnp.sum(x) > 0, lambda v: v * 2, lambda v: v - 1, x),
                jax.lax.cond(jnp.sum(x) < 0, lambda v: v * 2, lambda v: v - 1, x),
            ]
        ),
        (normal(3, 2),),
        ("float32[b, 2]",),
    ),
    *(
        Case(
            f"switch-{at}",
            lambda jax, jnp: (
                lambda i, x: jax.lax.switch(i, [lambda v: v, lambda v: v * 2, lambda v: v.sum() + v], x)
            ),
            (np.array(at, np.int32), normal(3)),
            tolerance=1e-6,
        )
        for at in (-1, 0, 1, 2, 7)
    ),
    Case(
        "scan",
        lambda jax, jnp: (
            lambda x, w: jax.lax.scan(lambda h, v: (jnp.tanh(h @ w + v), h.sum(-1)), jnp.zeros((2, 4)), x)
        ),
        (normal(5, 2, 4), normal(4, 4)),
        None,
        1e-5,
    ),
    Case(
        "scan-symbolic",
        lambda jax, jnp: (
            lambda x, w: jax.lax.scan(
                lambda h, v: (jnp.tanh(h @ w + v), h.sum(-1)), jnp.zeros((x.shape[1], 4)), x
            )
        ),
        (normal(5, 2, 4), normal(4, 4)),
        ("float32[t, b, 4]", "float32[4, 4]"),
        1e-5,
    ),
    Case(
        "scan-reverse",
        lambda jax, jnp: lambda x: jax.lax.scan(lambda c, v: (c + v, c * v), jnp.zeros(3), x, reverse=True),
        (normal(5, 3),),
        None,
        1e-5,
    ),
    Case(
        "scan-length",
        lambda jax, jnp: lambda x: jax.lax.scan(lambda c, _: (c * 2, c), x, None, length=4),
        (normal(3),),
    ),
    Case(
        "scan-empty",
        lambda jax, jnp: lambda x: jax.lax.scan(lambda c, v: (c + v, c * v), jnp.zeros(3), x),
        (normal(0, 3),),
    ),
    Case("map", lambda jax, jnp: lambda x: jax.lax.map(lambda v: v * 2 + 1, x), (normal(4, 3),)),
    Case(
        "nested",
        lambda jax, jnp: (
            lambda x: jax.lax.fori_loop(
                0,
                3,
                lambda i, v: jax.lax.cond(
                    i % 2 == 0, lambda u: u * 2, lambda u: jax.lax.fori_loop(0, i, lambda j, w: w + j, u), v
                ),
                x,
            )
        ),
        (normal(3),),
    ),
    Case(
        "gradient-scan",
        lambda jax, jnp: jax.grad(lambda x: jax.lax.scan(lambda c, v: (jnp.sin(c) * v, c), 1.0, x)[0]),
        (normal(5),),
        None,
        1e-5,
    ),
    Case(
        "gradient-cond",
        lambda jax, jnp: jax.grad(lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x)),
        (np.float32(0.3),),
        None,
        1e-6,
    ),
    Case(
        "vmap-while",
        lambda jax, jnp: jax.vmap(lambda x: jax.lax.while_loop(lambda v: v < 5, lambda v: v * 2 + 1, x)),
        (np.abs(normal(4)),),
        None,
        1e-6,
    ),
    Case(
        "vmap-cond",
        lambda jax, jnp: jax.vmap(lambda x: jax.lax.cond(x > 0, lambda v: v * 2, lambda v: v - 1, x)),
        (normal(4),),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
