"""Rules of reshapes, broadcasts, slices and padding: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import FLOATS, Case, check, normal, whole

CASES = [
    Case(
        "reshape",
        lambda jax, jnp: (
            lambda x: [x.reshape(-1, 2), x.reshape(x.shape[0], 2, 3), x.ravel(), x[None, :, None]]
        ),
        (normal(4, 6),),
        ("float32[b, 6]",),
    ),
    Case(
        "reshape-two",
        lambda jax, jnp: (
            lambda x: [
                x.reshape(x.shape[0] * x.shape[1], 6),
                x.transpose(1, 0, 2),
                x.reshape(x.shape[0], x.shape[1], 2, 3),
            ]
        ),
        (normal(2, 3, 6),),
        ("float32[b, t, 6]",),
    ),
    Case(
        "broadcast",
        lambda jax, jnp: (
            lambda x: [
                jnp.broadcast_to(x[:, None], (x.shape[0], 3, 4)),
                jnp.zeros_like(x),
                jnp.full((x.shape[0], 2), 3.0),
                jnp.ones((2, 3)) + 1,
            ]
        ),
        (normal(2, 4),),
        ("float32[b, 4]",),
    ),
    Case(
        "squeeze",
        lambda jax, jnp: lambda x: [jnp.squeeze(x, 1), jnp.expand_dims(x, 0)],
        (normal(3, 1, 2),),
        ("float32[b, 1, 2]",),
    ),
    Case(
        "transpose",
        lambda jax, jnp: lambda x: [x.T, x.transpose(2, 0, 1)],
        (normal(2, 3, 4),),
        ("float32[b, 3, 4]",),
    ),
    Case(
        "rev", lambda jax, jnp: lambda x: [x[::-1], jnp.flip(x, (0, 1))], (normal(3, 4),), ("float32[b, 4]",)
    ),
    Case(
        "slice",
        lambda jax, jnp: lambda x: [x[1:3], x[:, ::2], x[:-1], x[..., 1:], x[-2:, 0], x[:, 3:0:-1]],
        (normal(5, 6),),
        ("float32[b, 6]",),
        constraints=("b >= 4",),
    ),
    Case(
        "pad",
        lambda jax, jnp: (
            lambda x: [
                jnp.pad(x, ((1, 2), (0, 3))),
                jax.lax.pad(x, 9.0, [(1, -1, 2), (-2, 1, 0)]),
                jax.lax.pad(x, 0.0, [(0, 0, 0), (-1, -1, 1)]),
                jnp.pad(x, 1, mode="edge"),
                jnp.pad(x, 1, mode="reflect"),
            ]
        ),
        (normal(4, 6),),
    ),
    Case(
        "pad-symbolic",
        lambda jax, jnp: lambda x: [jax.lax.pad(x, 9.0, [(1, -1, 2), (0, 1, 1)])],
        (normal(4, 6),),
        ("float32[b, 6]",),
    ),
    Case("pad-int", lambda jax, jnp: lambda x: jnp.pad(x, 1, constant_values=7), (whole(2, 3),)),
    Case("pad-bool", lambda jax, jnp: lambda x: jnp.pad(x > 0, 1), (normal(2, 3),)),
    Case(
        "concatenate",
        lambda jax, jnp: (
            lambda x: [
                jnp.concatenate([x, x * 2], 1),
                jnp.concatenate([x, x]),
                jnp.stack([x, x], 1),
                jnp.hstack([x, x]),
            ]
        ),
        (normal(2, 3),),
        ("float32[b, 3]",),
    ),
    Case(
        "split",
        lambda jax, jnp: lambda x: [*jnp.split(x, 3, 1), *jnp.split(x, [1, 4], 1)],
        (normal(2, 6),),
        ("float32[b, 6]",),
    ),
    Case(
        "tile",
        lambda jax, jnp: lambda x: [jnp.tile(x, (2, 3)), jnp.repeat(x, 2, 0), jnp.repeat(x, 3, 1)],
        (normal(2, 3),),
        ("float32[b, 3]",),
    ),
    Case("roll", lambda jax, jnp: lambda x: [jnp.roll(x, 2, 1), jnp.roll(x, -1, 0)], (normal(4, 5),)),
    Case(
        "scalars",
        lambda jax, jnp: lambda x: [x + 1, x.reshape(1, 1), jnp.broadcast_to(x, (2, 2))],
        (np.float32(3),),
    ),
    Case(
        "empty",
        lambda jax, jnp: lambda x: [x.reshape(-1, 2, 2), x[:0], jnp.concatenate([x, x])],
        (np.zeros((0, 4), np.float32),),
        ("float32[b, 4]",),
    ),
    Case("edges", lambda jax, jnp: lambda x: [x[::3], jnp.concatenate([x, x]), x.reshape(2, 7)], (FLOATS,)),
    Case(
        "sizes",
        lambda jax, jnp: lambda x: [x * x.shape[0], jnp.array(x.shape[0] * x.shape[1]), x.sum() / x.shape[1]],
        (normal(3, 4),),
        ("float32[b, t]",),
        tolerance=1e-6,
    ),
    Case("unused", lambda jax, jnp: lambda x, y: y * 2, (normal(2), normal(3))),
    Case("input-as-output", lambda jax, jnp: lambda x: [x, x], (normal(2, 3),), ("float32[b, 3]",)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
