"""Random numbers that code draws: which functions do, and the shape and the dtype of what they give.

Source: keras/src/random/random.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

RANDOM: Final = {
    "normal": ("shape", "mean", "stddev", "dtype", "seed"),
    "truncated_normal": ("shape", "mean", "stddev", "dtype", "seed"),
    "uniform": ("shape", "minval", "maxval", "dtype", "seed"),
    "randint": ("shape", "minval", "maxval", "dtype", "seed"),
    "dropout": ("inputs", "rate", "noise_shape", "seed"),
    "categorical": ("logits", "num_samples", "dtype", "seed"),
    "shuffle": ("x", "axis", "seed"),
    "gamma": ("shape", "alpha", "dtype", "seed"),
    "binomial": ("shape", "counts", "probabilities", "dtype", "seed"),
    "beta": ("shape", "alpha", "beta", "dtype", "seed"),
}
"""The functions of `keras.random`, and their parameters."""


def drawn(name: str, given: Mapping[str, Any], floatx: str) -> tuple[tuple[Any, ...], str]:
    """The shape and the dtype of random numbers.

    Args:
      name: the function that makes them.
      given: its arguments by name.
      floatx: the dtype of floats.
    """
    like = given.get("inputs", given.get("x"))
    if like is not None:
        return tuple(like.shape), str(like.dtype)
    dtype = given.get("dtype") or ("int32" if name in ("randint", "categorical") else floatx)
    if name == "categorical":
        return (given["logits"].shape[0], given["num_samples"]), dtype
    return tuple(given["shape"]), dtype
