"""Rules of reductions over windows: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal, whole


def _window(
    op: str, first: float, window: Any, strides: Any, padding: Any, base: Any = None, dilation: Any = None
) -> Any:
    def make(jax: Any, jnp: Any) -> Any:
        function = getattr(jax.lax, op)
        return lambda x: jax.lax.reduce_window(
            x,
            np.array(first, x.dtype),
            function,
            window,
            strides,
            padding,
            base_dilation=base,
            window_dilation=dilation,
        )

    return make


def _gradient(op: str, first: float) -> Any:
    def make(jax: Any, jnp: Any) -> Any:
        def pool(x: Any) -> Any:
            return jax.lax.reduce_window(
                x, np.float32(first), getattr(jax.lax, op), (1, 3, 2, 1), (1, 2, 1, 1), "SAME"
            )

        return jax.grad(lambda x: jnp.sum(pool(x) ** 2))

    return make


_IMAGES = normal(2, 7, 8, 3)
_INF = float("inf")
CASES = [
    Case(
        "max-valid",
        _window("max", -_INF, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
        (_IMAGES,),
        ("float32[b, 7, 8, 3]",),
    ),
    Case(
        "max-same",
        _window("max", -_INF, (1, 3, 2, 1), (1, 2, 1, 1), "SAME"),
        (_IMAGES,),
        ("float32[b, 7, 8, 3]",),
    ),
    Case(
        "max-symbolic",
        _window("max", -_INF, (1, 3, 3, 1), (1, 1, 1, 1), "SAME"),
        (_IMAGES,),
        ("float32[b, h, w, 3]",),
    ),
    Case(
        "max-padded",
        _window("max", -_INF, (1, 3, 3, 1), (1, 2, 2, 1), [(0, 0), (1, 1), (1, 2), (0, 0)]),
        (_IMAGES,),
    ),
    Case(
        "max-dilated",
        _window("max", -_INF, (1, 3, 2, 1), (1, 1, 2, 1), "VALID", None, (1, 2, 3, 1)),
        (_IMAGES,),
    ),
    Case("max-base", _window("max", -_INF, (1, 3, 2, 1), (1, 1, 2, 1), "VALID", (1, 2, 1, 1)), (_IMAGES,)),
    Case(
        "max-channels-first",
        _window("max", -_INF, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"),
        (normal(2, 3, 6, 8),),
    ),
    Case("max-sequence", _window("max", -_INF, (1, 3, 1), (1, 2, 1), "SAME"), (normal(2, 9, 4),)),
    Case(
        "max-volume",
        _window("max", -_INF, (1, 2, 2, 2, 1), (1, 2, 2, 2, 1), "VALID"),
        (normal(1, 4, 4, 6, 2),),
    ),
    Case("max-int", _window("max", -(2**31), (2, 2), (1, 2), "VALID"), (whole(5, 6),)),
    Case("min", _window("min", _INF, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"), (_IMAGES,)),
    Case(
        "sum-valid",
        _window("add", 0, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
        (_IMAGES,),
        ("float32[b, 7, 8, 3]",),
        1e-6,
    ),
    Case("sum-same", _window("add", 0, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"), (_IMAGES,), None, 1e-6),
    Case("sum-long", _window("add", 0, (1, 20), (1, 3), [(0, 0), (5, 7)]), (normal(2, 50),), None, 1e-5),
    Case(
        "sum-long-symbolic",
        _window("add", 0, (1, 13), (1, 1), "VALID"),
        (normal(2, 50),),
        ("float32[b, n]",),
        1e-5,
        ("n >= 13",),
    ),
    Case("sum-int", _window("add", 0, (3,), (2,), "SAME"), (whole(9),)),
    Case("product", _window("mul", 1, (1, 3), (1, 1), "SAME"), (normal(3, 6),), None, 1e-5),
    Case("first", _window("add", 5, (1, 3), (1, 1), "VALID"), (normal(3, 6),), None, 1e-5),
    Case("gradient-max", _gradient("max", -_INF), (_IMAGES,), None, 1e-5),
    Case("gradient-max-ties", _gradient("max", -_INF), (np.round(_IMAGES),), None, 1e-5),
    Case("gradient-sum", _gradient("add", 0), (_IMAGES,), None, 1e-5),
    Case(
        "second-order",
        lambda jax, jnp: (
            lambda x: jax.jvp(
                jax.grad(
                    lambda v: jnp.sum(
                        jax.lax.reduce_window(v, -jnp.inf, jax.lax.max, (1, 2), (1, 2), "VALID") ** 3
                    )
                ),
                (x,),
                (x,),
            )[1]
        ),
        (normal(3, 6),),
        None,
        1e-5,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
