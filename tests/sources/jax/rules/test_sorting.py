"""Rules of sorting: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import FLOATS, INT8, INT32, UINT32, Case, check, normal, whole

_TIES = np.array([[3, 1, 2, 1, 3, 0, 1], [1, 1, 0, 0, 1, 1, 0]], np.int32)
CASES = [
    Case(
        "sort",
        lambda jax, jnp: (
            lambda x: [jnp.sort(x, 1), jnp.sort(x, 0), jnp.argsort(x, 1), jnp.sort(x, descending=True)]
        ),
        (normal(4, 7),),
        ("float32[b, 7]",),
    ),
    Case("edges", lambda jax, jnp: lambda x: [jnp.sort(x), jnp.argsort(x)], (FLOATS,)),
    *(
        Case(f"sort-{x.dtype}", lambda jax, jnp: lambda v: [jnp.sort(v), jnp.argsort(v)], (x,))
        for x in (INT32, UINT32, INT8)
    ),
    Case("stable", lambda jax, jnp: lambda x: [jnp.argsort(x, 1), jnp.argsort(-x, 1)], (_TIES,)),
    Case(
        "keys",
        lambda jax, jnp: lambda x, y, z: jax.lax.sort((x, y, z), dimension=1, num_keys=2),
        (_TIES, whole(2, 7, seed=3, low=0, high=3), normal(2, 7)),
    ),
    Case(
        "first-axis",
        lambda jax, jnp: lambda x, y: jax.lax.sort((x, y), dimension=0, num_keys=1),
        (_TIES.T.copy(), normal(7, 2)),
    ),
    Case("bool", lambda jax, jnp: lambda x: jnp.sort(x > 0), (normal(7),)),
    Case(
        "bfloat16",
        lambda jax, jnp: lambda x: jnp.sort(x.astype(jnp.bfloat16)).astype("float32"),
        (normal(7),),
    ),
    Case("top-k", lambda jax, jnp: lambda x: jax.lax.top_k(x, 3), (normal(4, 7),), ("float32[b, 7]",)),
    Case("top-k-edges", lambda jax, jnp: lambda x: jax.lax.top_k(x, 6), (FLOATS,)),
    Case("top-k-int", lambda jax, jnp: lambda x: jax.lax.top_k(x, 4), (_TIES,)),
    Case("lexsort", lambda jax, jnp: lambda x, y: jnp.lexsort((x, y)), (_TIES[0], _TIES[1])),
    Case(
        "searchsorted", lambda jax, jnp: lambda x, v: jnp.searchsorted(x, v), (np.sort(normal(9)), normal(4))
    ),
    Case("unique", lambda jax, jnp: lambda x: jnp.unique(x, size=5, fill_value=-1), (_TIES[0],)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
