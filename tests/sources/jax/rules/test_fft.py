"""Rules of Fourier transforms: the graph in NumPy gives what JAX gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sources.jax.jax_tests import Case, check, normal

_C = (normal(3, 6, 4) + 1j * normal(3, 6, 4, seed=1)).astype(np.complex64)
CASES = [
    Case(
        "fft",
        lambda jax, jnp: (
            lambda x: [
                jnp.fft.fft(x),
                jnp.fft.ifft(x),
                jnp.fft.fft2(x),
                jnp.fft.ifft2(x),
                jnp.fft.fftn(x),
                jnp.fft.ifftn(x),
            ]
        ),
        (_C,),
        None,
        1e-5,
    ),
    Case(
        "rfft",
        lambda jax, jnp: (
            lambda x: [
                jnp.fft.rfft(x),
                jnp.fft.rfft2(x),
                jnp.fft.rfftn(x),
                jnp.fft.rfft(x, 8),
                jnp.fft.rfft(x, 5),
            ]
        ),
        (normal(2, 4, 6),),
        None,
        1e-5,
    ),
    Case(
        "irfft",
        lambda jax, jnp: (
            lambda x: [jnp.fft.irfft(x), jnp.fft.irfft2(x), jnp.fft.irfftn(x), jnp.fft.irfft(x, 5)]
        ),
        (_C,),
        None,
        1e-5,
    ),
    Case("symbolic", lambda jax, jnp: lambda x: [jnp.fft.rfft(x)], (normal(3, 8),), ("float32[b, 8]",), 1e-5),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)
