"""Rules of random numbers: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal


def _draws(*shape: int) -> Any:
    def make(jax: Any, jnp: Any) -> Any:
        random = jax.random

        def function(seed: Any) -> Any:
            key = random.key(seed)
            first, second = random.split(key)
            return [
                random.bits(key, shape),
                random.bits(first, shape, "uint8"),
                random.bits(first, shape, "uint16"),
                random.randint(second, shape, 0, 100),
                random.permutation(first, 7),
                random.bernoulli(second, 0.3, shape),
                random.key_data(random.fold_in(key, 7)),
                random.key_data(random.split(second, 3)),
            ]

        return function

    return make


def _floats(jax: Any, jnp: Any) -> Any:
    random = jax.random

    def function(seed: Any) -> Any:
        key = random.PRNGKey(seed)
        keys = random.split(key, 6)
        return [
            random.uniform(keys[0], (3, 4)),
            random.normal(keys[1], (5,)),
            random.gumbel(keys[2], (3,)),
            random.exponential(keys[3], (3,)),
            random.truncated_normal(keys[4], -1.0, 1.0, (4,)),
            random.laplace(keys[5], (3,)),
        ]

    return function


CASES = [
    *(
        Case(f"bits-{'x'.join(map(str, shape))}", _draws(*shape), (np.array(42, np.int32),))
        for shape in ((3, 4), (5,), (1,), ())
    ),
    Case("floats", _floats, (np.array(7, np.int32),), tolerance=1e-5),
    Case(
        "constant-key",
        lambda jax, jnp: lambda x: x + jax.random.normal(jax.random.key(0), (4,)),
        (normal(4),),
        tolerance=1e-5,
    ),
    Case(
        "symbolic",
        lambda jax, jnp: lambda x: x + jax.random.uniform(jax.random.key(1), x.shape),
        (normal(4, 3),),
        ("float32[b, 3]",),
        tolerance=1e-6,
    ),
    Case(
        "dropout",
        lambda jax, jnp: lambda k, x: jnp.where(jax.random.bernoulli(k, 0.5, x.shape), x / 0.5, 0.0),
        (np.array([3, 9], np.uint32), normal(4, 3)),
        ("uint32[2]", "float32[b, 3]"),
    ),
    Case(
        "vmap",
        lambda jax, jnp: (
            lambda s: jax.vmap(lambda k: jax.random.bits(k, (2,)))(jax.random.split(jax.random.key(s), 3))
        ),
        (np.array(5, np.int32),),
    ),
    Case(
        "arrays-of-keys",
        lambda jax, jnp: (
            lambda s: (
                lambda k: [
                    jax.random.key_data(v)
                    for v in (
                        k[1:],
                        k.T,
                        k[:, None],
                        k[0],
                        k[::-1],
                        jnp.broadcast_to(k[0], (3, 2)),
                        k.reshape(-1),
                        jnp.concatenate([k, k]),
                        jnp.where(jnp.array([True, False]), k, k[::-1]),
                        jax.lax.dynamic_index_in_dim(k, s, 0),
                        jnp.take(k, jnp.array([1, 0]), 0),
                    )
                ]
            )(jax.random.split(jax.random.key(s), (3, 2)))
        ),
        (np.array(1, np.int32),),
    ),
    Case(
        "categorical",
        lambda jax, jnp: lambda s, x: jax.random.categorical(jax.random.key(s), x),
        (np.array(5, np.int32), normal(4, 3)),
    ),
    Case(
        "choice",
        lambda jax, jnp: lambda s: jax.random.choice(jax.random.key(s), 9, (4,), replace=False),
        (np.array(5, np.int32),),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
