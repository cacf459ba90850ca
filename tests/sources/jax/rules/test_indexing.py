"""Rules of gather and scatter: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal, whole

_AT = np.array([0, 3, -1, 9, -9, 2], np.int32)
_PAIRS = np.array([[0, 1], [3, 2], [-1, -1], [9, 0]], np.int32)


def _scatters(mode: str | None) -> Any:
    def make(jax: Any, jnp: Any) -> Any:
        def function(x: Any, i: Any, u: Any) -> Any:
            at = x.at[i]
            return [f(u, mode=mode) for f in (at.set, at.add, at.min, at.max, at.multiply, at.subtract)]

        return function

    return make


CASES = [
    Case(
        "take",
        lambda jax, jnp: lambda x, i: [jnp.take(x, i, 0), jnp.take(x, i, 1), x[i], x[:, i]],
        (normal(5, 4), _AT),
    ),
    *(
        Case(
            f"take-{mode}",
            lambda jax, jnp, mode=mode: (
                lambda x, i: [jnp.take(x, i, 0, mode=mode), jnp.take(x, i, 1, mode=mode)]
            ),
            (normal(5, 4), _AT),
        )
        for mode in ("clip", "fill", "wrap")
    ),
    Case(
        "embedding",
        lambda jax, jnp: lambda x, i: jnp.take(x, i, 0),
        (normal(5, 4), whole(2, 3, low=0, high=5)),
        ("float32[5, 4]", "int32[b, t]"),
    ),
    Case(
        "pairs",
        lambda jax, jnp: lambda x, i: [x[i[:, 0], i[:, 1]], x[i[:, 0]], x[i[:, 0], 1:]],
        (normal(5, 4), _PAIRS),
    ),
    Case(
        "mixed",
        lambda jax, jnp: lambda x, i: [x[:, i], x[i, :, i], x[1, i], x[..., i]],
        (normal(5, 5, 5), _AT),
    ),
    Case(
        "along-axis",
        lambda jax, jnp: (
            lambda x, i: [
                jnp.take_along_axis(x, i, 1),
                jnp.take_along_axis(x, jnp.abs(x[:2]).astype("int32"), 0),
            ]
        ),
        (normal(3, 4), whole(3, 2, low=0, high=3)),
    ),
    Case(
        "along-axis-symbolic",
        lambda jax, jnp: lambda x, i: jnp.take_along_axis(x, i, 1),
        (normal(3, 4), whole(3, 2, low=0, high=3)),
        ("float32[b, 4]", "int32[b, 2]"),
    ),
    Case(
        "int-fill",
        lambda jax, jnp: (
            lambda x, i: [
                jnp.take(x, i, 0, mode="fill"),
                jnp.take(x, i, 0, mode="fill", fill_value=7),
                jnp.take(x > 0, i, 0, mode="fill"),
                jnp.take(x.astype("uint32"), i, 0, mode="fill"),
            ]
        ),
        (whole(5, 4), _AT),
    ),
    Case(
        "vmap-slice",
        lambda jax, jnp: lambda x, i: jax.vmap(lambda r, s: jax.lax.dynamic_slice(r, (s,), (3,)))(x, i),
        (normal(4, 6), np.array([0, 2, 5, -7], np.int32)),
        ("float32[b, 6]", "int32[b]"),
    ),
    Case(
        "vmap-update",
        lambda jax, jnp: (
            lambda x, i: jax.vmap(lambda r, s: jax.lax.dynamic_update_slice(r, jnp.ones(2), (s,)))(x, i)
        ),
        (normal(4, 6), np.array([0, 2, 5, -7], np.int32)),
        ("float32[b, 6]", "int32[b]"),
    ),
    Case(
        "windows",
        lambda jax, jnp: (
            lambda x, i: jax.lax.gather(
                x, i, jax.lax.GatherDimensionNumbers((1, 2), (), (0, 1)), (2, 3), mode="clip"
            )
        ),
        (normal(5, 6), np.array([[0, 0], [3, 4], [-1, 2]], np.int32)),
    ),
    Case(
        "windows-fill",
        lambda jax, jnp: (
            lambda x, i: jax.lax.gather(
                x, i, jax.lax.GatherDimensionNumbers((0, 2), (), (1, 0)), (2, 3), mode="fill"
            )
        ),
        (normal(5, 6), np.array([[0, 0], [3, 4], [-1, 2], [3, 3]], np.int32)),
    ),
    *(
        Case(f"scatter-{mode}", _scatters(mode), (normal(5, 4), _AT, normal(6, 4)), tolerance=1e-6)
        for mode in (None, "drop", "clip", "promise_in_bounds")
        if mode != "promise_in_bounds"
    ),
    Case("scatter-int", _scatters(None), (whole(5, 4), _AT, whole(6, 4, seed=1))),
    Case(
        "scatter-unsigned",
        _scatters(None),
        (whole(5, 4, low=0).astype(np.uint32), _AT, whole(6, 4, seed=1, low=0).astype(np.uint32)),
    ),
    Case(
        "scatter-pairs",
        lambda jax, jnp: (
            lambda x, i: [
                x.at[i[:, 0], i[:, 1]].add(1.0),
                x.at[i[:, 0], 1:].set(2.0),
                x.at[1, 2].set(9.0),
                x.at[:, 1].set(0.0),
                x.at[1:3].add(5.0),
                x.at[..., -1].multiply(2.0),
            ]
        ),
        (normal(5, 4), _PAIRS),
    ),
    Case(
        "scatter-symbolic",
        lambda jax, jnp: lambda x, i: [x.at[i].set(0.0), x.at[:, 0].set(1.0), x.at[i].add(2.0)],
        (normal(5, 4), np.array([1, 3], np.int32)),
        ("float32[b, 4]", "int32[k]"),
        constraints=("b >= 1",),
    ),
    Case(
        "scatter-windows",
        lambda jax, jnp: (
            lambda x, i, u: jax.lax.scatter_add(
                x, i, u, jax.lax.ScatterDimensionNumbers((1, 2), (), (0, 1)), mode="drop"
            )
        ),
        (normal(5, 6), np.array([[0, 0], [3, 4], [-1, 2], [2, 3]], np.int32), normal(4, 2, 3)),
        tolerance=1e-6,
    ),
    Case("scatter-bool", lambda jax, jnp: lambda x, i: (x > 0).at[i].set(True), (normal(5, 4), _AT)),
    Case(
        "bincount",
        lambda jax, jnp: (
            lambda x: [jnp.bincount(x, length=6), jax.ops.segment_sum(x, x, 6), jax.nn.one_hot(x, 4)]
        ),
        (whole(9, low=0, high=6),),
    ),
    Case(
        "put-along-axis",
        lambda jax, jnp: lambda x, i: jnp.put_along_axis(x, i, 1.0, 1, inplace=False),
        (normal(3, 4), whole(3, 2, low=0, high=3)),
    ),
    Case(
        "gradient",
        lambda jax, jnp: jax.grad(lambda x, i: jnp.sum(jnp.take(x, i, 0) ** 2)),
        (normal(5, 4), _AT),
        tolerance=1e-6,
    ),
    Case(
        "empty",
        lambda jax, jnp: lambda x, i: [jnp.take(x, i, 0), x.at[i].add(1.0)],
        (normal(5, 4), np.zeros(0, np.int32)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
