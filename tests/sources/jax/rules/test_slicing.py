"""Rules of slices with computed bounds: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal

_AT = np.array(2, np.int32)
CASES = [
    *(
        Case(
            f"dynamic-{at}",
            lambda jax, jnp: (
                lambda x, i: [
                    jax.lax.dynamic_slice(x, (i, 1), (2, 3)),
                    jax.lax.dynamic_slice_in_dim(x, i, 3, 1),
                    jax.lax.dynamic_index_in_dim(x, i, 0),
                ]
            ),
            (normal(5, 6), np.array(at, np.int32)),
        )
        for at in (0, 2, 4, 9, -1, -20, 2**31 - 1, -(2**31))
    ),
    *(
        Case(
            f"update-{at}",
            lambda jax, jnp: (
                lambda x, u, i: [
                    jax.lax.dynamic_update_slice(x, u, (i, i)),
                    jax.lax.dynamic_update_slice_in_dim(x, u[:, :1].repeat(6, 1), i, 0),
                ]
            ),
            (normal(5, 6), normal(2, 3), np.array(at, np.int32)),
        )
        for at in (0, 2, 4, 9, -1, -20)
    ),
    Case(
        "symbolic",
        lambda jax, jnp: (
            lambda x, i: [
                jax.lax.dynamic_slice(x, (i, 0), (2, 6)),
                jax.lax.dynamic_update_slice(x, jnp.ones((1, 6)), (i, 0)),
                x[i],
            ]
        ),
        (normal(5, 6), _AT),
        ("float32[b, 6]", "int32[]"),
        constraints=("b >= 2",),
    ),
    Case(
        "uint32",
        lambda jax, jnp: lambda x, i: jax.lax.dynamic_slice(x, (i, i), (2, 2)),
        (normal(5, 6), np.array(2**32 - 1, np.uint32)),
    ),
    Case(
        "whole",
        lambda jax, jnp: (
            lambda x, i: [
                jax.lax.dynamic_slice(x, (i, i), (5, 6)),
                jax.lax.dynamic_update_slice(x, x * 2, (i, i)),
            ]
        ),
        (normal(5, 6), _AT),
    ),
    Case(
        "bool",
        lambda jax, jnp: lambda x, i: jax.lax.dynamic_update_slice(x > 0, jnp.ones((2, 2), bool), (i, i)),
        (normal(5, 6), _AT),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
