"""Rules of conversions and iota: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sources.jax.jax_tests import FLOATS, INT8, INT32, UINT32, Case, check

_WIDE = np.concatenate(
    [FLOATS, np.array([2.0**31, -(2.0**31), 2.0**32, 127.5, 128, 255.9, -0.9], np.float32)]
)
_TARGETS = ("int32", "uint32", "int8", "uint8", "int16", "bool", "float16", "bfloat16", "complex64")

CASES = [
    *(
        Case(f"float32-{t}", lambda jax, jnp, t=t: lambda x: _plain(jnp, x.astype(t)), (_WIDE,))
        for t in _TARGETS
    ),
    *(
        Case(f"int32-{t}", lambda jax, jnp, t=t: lambda x: _plain(jnp, x.astype(t)), (INT32,))
        for t in _TARGETS
    ),
    *(
        Case(f"uint32-{t}", lambda jax, jnp, t=t: lambda x: _plain(jnp, x.astype(t)), (UINT32,))
        for t in _TARGETS
    ),
    *(Case(f"int8-{t}", lambda jax, jnp, t=t: lambda x: _plain(jnp, x.astype(t)), (INT8,)) for t in _TARGETS),
    Case(
        "bool",
        lambda jax, jnp: lambda x: [x.astype("float32"), x.astype("int32"), x + x],
        (np.array([True, False]),),
    ),
    Case(
        "bitcast",
        lambda jax, jnp: (
            lambda x: [
                jax.lax.bitcast_convert_type(x, "int32"),
                jax.lax.bitcast_convert_type(x, "uint8"),
                jax.lax.bitcast_convert_type(x, "uint32"),
            ]
        ),
        (FLOATS,),
    ),
    Case(
        "bitcast-wider",
        lambda jax, jnp: lambda x: jax.lax.bitcast_convert_type(x, "uint32"),
        (np.arange(8, dtype=np.uint8).reshape(2, 4),),
    ),
    Case(
        "iota",
        lambda jax, jnp: (
            lambda x: [
                jnp.arange(5) + x,
                jax.lax.broadcasted_iota("float32", (2, 3), 1) + x,
                jnp.eye(3) + x,
                jnp.tri(3) + x,
                jnp.linspace(0.0, 1.0, 5) + x,
            ]
        ),
        (np.float32(1),),
        tolerance=1e-6,
    ),
    Case(
        "iota-symbolic",
        lambda jax, jnp: (
            lambda x: [
                jnp.arange(x.shape[0]),
                jnp.eye(x.shape[0]),
                jnp.ones((x.shape[0], 2)) * x.shape[0],
                jnp.array(x.shape[0]),
            ]
        ),
        (np.zeros((4, 2), np.float32),),
        ("float32[n, 2]",),
    ),
]


def _plain(jnp: Any, x: Any) -> Any:
    """float16 and bfloat16 as float32, whose outputs are compared."""
    return x.astype("float32") if x.dtype in (jnp.bfloat16, jnp.float16) else x


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
