"""Rules of products of matrices: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal, whole


def _dot(dims: Any, **options: Any) -> Any:
    return lambda jax, jnp: lambda x, y: jax.lax.dot_general(x, y, dims, **options)


_COMPLEX = (normal(2, 3, 4) + 1j * normal(2, 3, 4, seed=1)).astype(np.complex64)
CASES = [
    Case(
        "matrices",
        lambda jax, jnp: jnp.matmul,
        (normal(3, 4), normal(4, 5)),
        ("float32[b, 4]", "float32[4, 5]"),
        1e-6,
    ),
    Case("vectors", lambda jax, jnp: jnp.dot, (normal(4), normal(4)), None, 1e-6),
    Case(
        "matrix-vector",
        lambda jax, jnp: jnp.dot,
        (normal(3, 4), normal(4)),
        ("float32[b, 4]", "float32[4]"),
        1e-6,
    ),
    Case(
        "turned",
        lambda jax, jnp: lambda x, y: [x.T @ y, x @ x.T, x.T @ y @ y.T],
        (normal(3, 4), normal(3, 5)),
        None,
        1e-5,
    ),
    Case(
        "batch",
        lambda jax, jnp: jnp.matmul,
        (normal(2, 3, 4), normal(2, 4, 5)),
        ("float32[b, t, 4]", "float32[b, 4, 5]"),
        1e-6,
    ),
    Case(
        "dense",
        lambda jax, jnp: jnp.matmul,
        (normal(2, 3, 4), normal(4, 5)),
        ("float32[b, t, 4]", "float32[4, 5]"),
        1e-6,
    ),
    Case(
        "attention",
        lambda jax, jnp: lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k),
        (normal(2, 3, 4, 5), normal(2, 6, 4, 5)),
        ("float32[b, q, 4, 5]", "float32[b, k, 4, 5]"),
        1e-6,
    ),
    Case(
        "attention-values",
        lambda jax, jnp: lambda a, v: jnp.einsum("bhqk,bkhd->bqhd", a, v),
        (normal(2, 4, 3, 6), normal(2, 6, 4, 5)),
        ("float32[b, 4, q, k]", "float32[b, k, 4, 5]"),
        1e-6,
    ),
    Case(
        "heads",
        lambda jax, jnp: lambda x, w: jnp.einsum("btd,dhk->bthk", x, w),
        (normal(2, 3, 4), normal(4, 2, 5)),
        ("float32[b, t, 4]", "float32[4, 2, 5]"),
        1e-6,
    ),
    Case(
        "heads-back",
        lambda jax, jnp: lambda x, w: jnp.einsum("bthk,hkd->btd", x, w),
        (normal(2, 3, 2, 5), normal(2, 5, 4)),
        ("float32[b, t, 2, 5]", "float32[2, 5, 4]"),
        1e-6,
    ),
    Case(
        "two-sums",
        _dot((((1, 3), (2, 0)), ((0,), (1,)))),
        (normal(2, 3, 4, 5), normal(5, 2, 3, 6)),
        None,
        1e-5,
    ),
    Case("batch-last", _dot((((0,), (1,)), ((2,), (0,)))), (normal(3, 4, 2), normal(2, 3, 5)), None, 1e-5),
    Case("outer", _dot((((), ()), ((), ()))), (normal(3), normal(4, 2)), None, 1e-6),
    Case(
        "int8",
        _dot((((1,), (0,)), ((), ())), preferred_element_type="int32"),
        (whole(3, 4, dtype=np.int8), whole(4, 5, dtype=np.int8)),
    ),
    Case("int32", lambda jax, jnp: jnp.matmul, (whole(3, 4), whole(4, 5))),
    Case(
        "uint32",
        lambda jax, jnp: jnp.matmul,
        (whole(3, 4, low=0, dtype=np.uint32), whole(4, 5, low=0, dtype=np.uint32)),
    ),
    Case(
        "bfloat16",
        lambda jax, jnp: lambda x, y: (x.astype(jnp.bfloat16) @ y.astype(jnp.bfloat16)).astype("float32"),
        (normal(3, 4), normal(4, 5)),
        None,
        2e-2,
    ),
    Case(
        "bfloat16-float32",
        lambda jax, jnp: (
            lambda x, y: jnp.matmul(
                x.astype(jnp.bfloat16), y.astype(jnp.bfloat16), preferred_element_type=jnp.float32
            )
        ),
        (normal(3, 4), normal(4, 5)),
        None,
        1e-5,
    ),
    Case(
        "complex",
        lambda jax, jnp: lambda x: [jnp.matmul(x, jnp.swapaxes(x, 1, 2)), jnp.einsum("bij,bik->bjk", x, x)],
        (_COMPLEX,),
        None,
        1e-5,
    ),
    Case("empty", lambda jax, jnp: jnp.matmul, (np.zeros((3, 0), np.float32), np.zeros((0, 2), np.float32))),
    Case(
        "empty-batch",
        lambda jax, jnp: jnp.matmul,
        (np.zeros((0, 4), np.float32), normal(4, 2)),
        ("float32[b, 4]", "float32[4, 2]"),
    ),
    Case(
        "nan",
        lambda jax, jnp: jnp.matmul,
        (np.array([[np.nan, 1], [np.inf, 2]], np.float32), normal(2, 2)),
        None,
        1e-6,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
