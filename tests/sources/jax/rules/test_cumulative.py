"""Rules of cumulative sums and extremes: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import pytest

from tests.sources.jax.jax_tests import FLOATS, Case, check, normal, whole

_OPS = ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
CASES = [
    *(
        Case(
            op,
            lambda jax, jnp, op=op: (
                lambda x: [getattr(jax.lax, op)(x, 1), getattr(jax.lax, op)(x, 0, reverse=True)]
            ),
            (normal(4, 7),),
            tolerance=1e-5,
        )
        for op in _OPS
    ),
    *(
        Case(
            f"{op}-symbolic",
            lambda jax, jnp, op=op: (
                lambda x: [getattr(jax.lax, op)(x, 1), getattr(jax.lax, op)(x, 0, reverse=True)]
            ),
            (normal(5, 7),),
            ("float32[b, 7]",),
            tolerance=1e-5,
        )
        for op in _OPS
    ),
    *(
        Case(
            f"{op}-{dtype}",
            lambda jax, jnp, op=op: lambda x: getattr(jax.lax, op)(x, 0, reverse=True),
            (whole(9, low=0).astype(dtype),),
        )
        for op in _OPS[:4]
        for dtype in ("int32", "uint32", "int8")
    ),
    Case("cummax-edges", lambda jax, jnp: lambda x: [jax.lax.cummax(x, 0), jax.lax.cummin(x, 0)], (FLOATS,)),
    Case(
        "associative-scan",
        lambda jax, jnp: lambda x: jax.lax.associative_scan(jnp.multiply, x, axis=0),
        (normal(6, 2),),
        tolerance=1e-5,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
