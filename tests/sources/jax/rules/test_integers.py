"""Rules of integers and bits: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import INT8, INT32, UINT32, Case, check

_PAIRS = np.repeat(INT32, INT32.size), np.tile(INT32, INT32.size)
_UNSIGNED = np.repeat(UINT32, UINT32.size), np.tile(UINT32, UINT32.size)
_SMALL = np.repeat(INT8, INT8.size), np.tile(INT8, INT8.size)
_SHIFTS = np.repeat(INT32, 6), np.tile(np.array([0, 1, 31, 32, 40, 5], np.int32), INT32.size)
_ALL = ("add", "sub", "mul", "div", "rem", "bitwise_and", "bitwise_or", "bitwise_xor")
_SHIFT = ("shift_left", "shift_right_logical", "shift_right_arithmetic")

CASES = [
    *(Case(f"{op}-int32", lambda jax, jnp, op=op: getattr(jax.lax, op), _PAIRS) for op in _ALL),
    *(Case(f"{op}-uint32", lambda jax, jnp, op=op: getattr(jax.lax, op), _UNSIGNED) for op in _ALL),
    *(Case(f"{op}-int8", lambda jax, jnp, op=op: getattr(jax.lax, op), _SMALL) for op in _ALL),
    *(Case(op, lambda jax, jnp, op=op: getattr(jax.lax, op), _SHIFTS) for op in _SHIFT),
    *(
        Case(
            f"{op}-uint32",
            lambda jax, jnp, op=op: getattr(jax.lax, op),
            (_SHIFTS[0].astype(np.uint32), _SHIFTS[1].astype(np.uint32)),
        )
        for op in _SHIFT
    ),
    Case("constant", lambda jax, jnp: lambda x: [x // 3, x % 3, x << 2, x >> 1, x // -2], (INT32,)),
    Case("not", lambda jax, jnp: lambda x: ~x, (INT32,)),
    Case("not-uint32", lambda jax, jnp: lambda x: ~x, (UINT32,)),
    *(
        Case(
            f"bits-{x.dtype}", lambda jax, jnp: lambda v: [jax.lax.population_count(v), jax.lax.clz(v)], (x,)
        )
        for x in (INT32, UINT32, INT8)
    ),
    Case(
        "mulhi", lambda jax, jnp: lambda x, y: jax.lax.mulhi(x, y) if hasattr(jax.lax, "mulhi") else x, _PAIRS
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
