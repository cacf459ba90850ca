"""Functions of JAX whose modules of StableHLO are run by jaxlib, and in conformance by TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MODULES: dict[str, Callable[[Any, Any], Callable[[Any], Any]]] = {
    "matmul_in_bfloat16": lambda jax, jnp: (
        lambda x: (x.astype(jnp.bfloat16) @ x.T.astype(jnp.bfloat16), x > 0)
    ),
    "loop": lambda jax, jnp: lambda x: jax.lax.scan(lambda c, a: (c + a, c * a), jnp.zeros(4), x),
    "top_k": lambda jax, jnp: lambda x: jax.lax.top_k(x, 2),
    "sort": lambda jax, jnp: lambda x: jnp.sort(x, 0),
    "window": lambda jax, jnp: (
        lambda x: jax.lax.reduce_window(x, -np.inf, jax.lax.max, (2, 2), (1, 1), "SAME")
    ),
    "convolution": lambda jax, jnp: lambda x: jax.lax.conv(x[:, None], jnp.ones((2, 1, 3)), (1,), "SAME"),
    "random": lambda jax, jnp: lambda x: x + jax.random.normal(jax.random.key(0), x.shape),
    "random_of_the_device": lambda jax, jnp: (
        lambda x: jax.random.bits(jax.random.key(0, impl="rbg"), x.shape)
    ),
    "fft": lambda jax, jnp: lambda x: jnp.fft.fft(x),
    "special": lambda jax, jnp: (
        lambda x: (jax.scipy.special.erf(x), jax.lax.lgamma(x), jax.lax.cumlogsumexp(x))
    ),
}
"""Name -> what gives the function of `float32 (b, 4)`, for the modules jax and jax.numpy."""
