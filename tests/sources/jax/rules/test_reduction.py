"""Rules of reductions: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import FLOATS, INT32, UINT32, Case, check, normal, whole

_ROWS = np.stack([FLOATS, FLOATS[::-1], np.arange(FLOATS.size, dtype=np.float32)])
_FINITE = normal(3, 4, 5)
_OPS = ("sum", "prod", "max", "min", "mean", "all", "any", "argmax", "argmin", "var")

CASES = [
    *(
        Case(
            op,
            lambda jax, jnp, op=op: (
                lambda x: [getattr(jnp, op)(x, 1), getattr(jnp, op)(x, -1), getattr(jnp, op)(x)]
            ),
            (_FINITE,),
            tolerance=1e-5,
        )
        for op in _OPS
    ),
    *(
        Case(
            f"{op}-symbolic",
            lambda jax, jnp, op=op: lambda x: [getattr(jnp, op)(x, 0), getattr(jnp, op)(x, 1)],
            (_FINITE[0],),
            ("float32[b, 5]",),
            tolerance=1e-5,
        )
        for op in _OPS
    ),
    *(
        Case(f"{op}-edges", lambda jax, jnp, op=op: lambda x: getattr(jnp, op)(x, 1), (_ROWS,))
        for op in ("max", "min", "argmax", "argmin", "any", "all")
    ),
    *(
        Case(f"{op}-int32", lambda jax, jnp, op=op: lambda x: getattr(jnp, op)(x), (INT32,))
        for op in ("sum", "prod", "max", "min", "argmax", "argmin", "any", "all")
    ),
    *(
        Case(f"{op}-uint32", lambda jax, jnp, op=op: lambda x: getattr(jnp, op)(x), (UINT32,))
        for op in ("sum", "prod", "max", "min", "argmax", "argmin")
    ),
    *(
        Case(
            f"reduce-{name}",
            lambda jax, jnp, op=op, first=first: lambda x: jax.lax.reduce(x, np.int32(first), op(jax), (1,)),
            (whole(3, 5),),
        )
        for name, op, first in (
            ("and", lambda jax: jax.lax.bitwise_and, -1),
            ("or", lambda jax: jax.lax.bitwise_or, 0),
            ("xor", lambda jax: jax.lax.bitwise_xor, 0),
            ("add", lambda jax: jax.lax.add, 3),
            ("max", lambda jax: jax.lax.max, 2),
        )
    ),
    Case(
        "bool",
        lambda jax, jnp: (
            lambda x: [
                jnp.any(x > 0, 1),
                jnp.all(x > 0, 1),
                jnp.sum(x > 0, 1),
                jnp.max(x > 0, 0),
                jnp.argmax(x > 0, 1),
            ]
        ),
        (normal(3, 4),),
    ),
    Case(
        "bfloat16",
        lambda jax, jnp: (
            lambda x: [
                jnp.sum(x.astype(jnp.bfloat16), 1).astype("float32"),
                jnp.max(x.astype(jnp.bfloat16), 1).astype("float32"),
            ]
        ),
        (normal(3, 40),),
        tolerance=1e-2,
    ),
    Case(
        "empty", lambda jax, jnp: lambda x: [jnp.sum(x, 1), jnp.prod(x, 1)], (np.zeros((2, 0), np.float32),)
    ),
    Case(
        "logsumexp",
        lambda jax, jnp: lambda x: [jax.nn.logsumexp(x, 1), jax.nn.log_softmax(x, -1), jax.nn.softmax(x, 0)],
        (normal(3, 4),),
        ("float32[b, 4]",),
        tolerance=1e-6,
    ),
    Case(
        "norm",
        lambda jax, jnp: lambda x: [jnp.linalg.norm(x), jnp.std(x, 0), jnp.median(x, 1)],
        (normal(3, 5),),
        tolerance=1e-6,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
