"""Rules of arithmetic, comparison and selection: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import FINITE, FLOATS, INT32, UINT32, Case, check, normal

_POSITIVE = np.array([0.1, 0.5, 1.0, 2.0, 7.5, 30.0, np.inf], np.float32)
_UNIT = np.array([-0.99, -0.5, -0.0, 0.0, 0.3, 0.999, 1.0, -1.0], np.float32)
_UNARY = {
    "neg": FLOATS, "floor": FLOATS, "ceil": FLOATS, "is_finite": FLOATS, "abs": FLOATS, "sign": FLOATS,
    "sqrt": _POSITIVE, "exp": FLOATS, "exp2": FLOATS, "log": FLOATS, "log1p": FINITE[:4], "expm1": FLOATS,
    "sin": FINITE,
    "cos": FINITE,
    "tan": FINITE, "asin": _UNIT, "acos": _UNIT, "atan": FLOATS, "sinh": FINITE, "cosh": FINITE, "tanh": FLOATS,
    "asinh": FINITE, "acosh": _POSITIVE, "atanh": _UNIT[:6], "logistic": FLOATS, "rsqrt": _POSITIVE, "erf": FINITE,
    "erfc": FINITE, "erf_inv": _UNIT, "lgamma": _POSITIVE[:6], "digamma": _POSITIVE[:6], "cbrt": FINITE,
    "square": FLOATS, "bessel_i0e": FINITE, "bessel_i1e": FINITE,
}  # fmt: skip
_EXACT = ("neg", "floor", "ceil", "is_finite", "abs", "sign", "sqrt", "square")
_BINARY = ("add", "sub", "mul", "max", "min", "div", "rem", "atan2", "nextafter")
_COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")
_PAIRS = np.repeat(FLOATS, FLOATS.size), np.tile(FLOATS, FLOATS.size)
_COMPLEX = (normal(4, 3) + 1j * normal(4, 3, seed=1)).astype(np.complex64)

CASES = [
    Case(
        "sizes-of-1-and-what-was-broadcast",
        lambda jax, jnp: (
            lambda x: (
                jnp.logical_and(jnp.ones((x.shape[0], 2, 3), bool), (x > 0)[:, None, :])
                & jnp.broadcast_to(x[:, None, :1] < 1, (x.shape[0], 2, 1))
            )
        ),
        (normal(4, 3),),
        ("float32[b, 3]",),
    ),
    *(
        Case(
            op,
            lambda jax, jnp, op=op: getattr(jax.lax, op),
            (x,),
            tolerance=0 if op in _EXACT else 3e-6,
            in_tensorflow=1e-5 if op == "erf_inv" else 0,
        )
        for op, x in _UNARY.items()
    ),
    *(
        Case(op, lambda jax, jnp, op=op: getattr(jax.lax, op), _PAIRS, tolerance=2e-6 if op == "atan2" else 0)
        for op in _BINARY
    ),
    *(Case(op, lambda jax, jnp, op=op: getattr(jax.lax, op), _PAIRS) for op in _COMPARED),
    *(
        Case(f"{op}-uint32", lambda jax, jnp, op=op: getattr(jax.lax, op), (UINT32, UINT32[::-1].copy()))
        for op in (*_COMPARED, "max", "min", "add", "sub", "mul")
    ),
    Case("neg-uint32", lambda jax, jnp: jax.lax.neg, (UINT32,)),
    Case("sign-int32", lambda jax, jnp: jax.lax.sign, (INT32,)),
    Case("sign-uint32", lambda jax, jnp: jax.lax.sign, (UINT32,)),
    Case("abs-int32", lambda jax, jnp: jax.lax.abs, (INT32,)),
    Case("round-even", lambda jax, jnp: jnp.round, (FLOATS,)),
    Case("round-away", lambda jax, jnp: lambda x: jax.lax.round(x), (FLOATS,)),
    Case("pow", lambda jax, jnp: jax.lax.pow, (np.abs(FINITE), FINITE[::-1].copy()), tolerance=1e-5),
    Case("integer-pow", lambda jax, jnp: lambda x: [x**0, x**3, x**-2, x**7], (FINITE,), tolerance=1e-6),
    Case("integer-pow-int", lambda jax, jnp: lambda x: [x**0, x**3, x**5], (INT32,)),
    Case(
        "bool",
        lambda jax, jnp: lambda a, b: [a & b, a | b, a ^ b, ~a, jnp.maximum(a, b), a < b],
        (np.array([True, False, True]), np.array([True, True, False])),
    ),
    Case(
        "complex",
        lambda jax, jnp: (
            lambda x: [
                x * x,
                x / (x + 2),
                jnp.conj(x),
                x.real,
                x.imag,
                jnp.abs(x),
                jnp.exp(x),
                jax.lax.complex(x.real, x.imag),
                x == x,
            ]
        ),
        (_COMPLEX,),
        tolerance=1e-5,
    ),
    Case(
        "select",
        lambda jax, jnp: lambda x: [jnp.where(x > 0, x, 0.0), jnp.where(x > 0, 1.0, -1.0)],
        (FLOATS,),
    ),
    Case(
        "select-many",
        lambda jax, jnp: lambda i, x: jax.lax.select_n(i, x, x * 2, x * 3),
        (np.array([0, 1, 2, 1], np.int32), normal(4)),
    ),
    Case("clamp", lambda jax, jnp: lambda x: [jax.lax.clamp(-1.0, x, 2.0), jnp.clip(x, -2, None)], (FLOATS,)),
    Case("reduce-precision", lambda jax, jnp: lambda x: jax.lax.reduce_precision(x, 8, 7), (FLOATS,)),
    Case(
        "bfloat16",
        lambda jax, jnp: (
            lambda x: (lambda y: [(y * 2 + 1).astype("float32"), jnp.tanh(y).astype("float32")])(
                x.astype(jnp.bfloat16)
            )
        ),
        (FINITE,),
        tolerance=1e-2,
    ),
    Case("float16", lambda jax, jnp: lambda x: (x.astype(jnp.float16) * 2 + 1).astype("float32"), (FINITE,)),
    Case(
        "special",
        lambda jax, jnp: (
            lambda a, x: [
                jax.lax.igamma(a, x),
                jax.lax.igammac(a, x),
                jax.lax.zeta(a + 1, x),
                jax.lax.betainc(a, a + 1, x / 20),
            ]
        ),
        (_POSITIVE[:6], _POSITIVE[:6]),
        tolerance=1e-4,
    ),
    Case(
        "broadcast",
        lambda jax, jnp: lambda x, b: (x + b) * 2 + jnp.ones((3, 4)) * jnp.exp(b),
        (normal(3, 4), normal(4)),
        ("float32[n, 4]", "float32[4]") if False else None,
        tolerance=1e-6,
    ),
    Case(
        "polygamma",
        lambda jax, jnp: jax.lax.polygamma,
        (np.float32([0, 1, 2]), np.float32([0.5, 2, 7])),
        tolerance=1e-5,
    ),
    Case("barrier", lambda jax, jnp: lambda x: jax.lax.optimization_barrier((x, x + 1)), (FLOATS,)),
    Case("empty", lambda jax, jnp: lambda x: jnp.exp(x) + 1, (np.zeros((0, 3), np.float32),)),
    Case(
        "total-order",
        lambda jax, jnp: (
            lambda x, y: (
                [jax.lax.eq_to(x, y), jax.lax.lt_to(x, y), jax.lax.le_to(x, y)]
                if hasattr(jax.lax, "eq_to")
                else [x == y]
            )
        ),
        _PAIRS,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
