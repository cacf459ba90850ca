"""Whether random outputs have the same distribution: statistics of each draw, over many draws."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

SIGMAS: Final = 6
"""How many standard errors apart two means may lie: of a thousand comparisons, none is further off by chance."""


def statistics(x: Array, y: Array, *, resized: bool = False) -> Array:
    """What a draw shows: size, level, spread, zeros, and what neighbours have in common.

    Args:
      x: the inputs.
      y: what became of them.
      resized: whether they have another size.
    """
    dims = [float(n) for n in y.shape]
    flat = y.astype("float64")
    shifts = [np.mean(flat * np.roll(flat, 1, axis)) for axis in range(flat.ndim)]
    rest = [np.mean(flat), np.mean(flat**2), np.mean(flat**3), np.mean(flat == 0), *shifts]
    if not resized:
        rest += [np.mean(np.abs(flat - x) < 1e-5), np.mean(np.abs(flat - x)), np.mean(flat * x)]
        rest += list(np.mean(flat, tuple(range(flat.ndim - 1))))
    return np.array([*dims, *rest])


def check_distributions(name: str, a: Array, b: Array, *, spread: float = 0.35) -> None:
    """Checks the statistics (draws, n) of two samples: their means, and their spread over the draws.

    Args:
      name: what is compared, for the error.
      a: ours.
      b: what is wanted.
      spread: by which share the standard deviations may differ.

    Raises:
      AssertionError: they differ by more than chance, or nothing is random.
    """
    assert b.std(0).max() > 1e-3, f"{name}: nothing is random"
    error = np.sqrt(a.var(0) / len(a) + b.var(0) / len(b)) + 1e-6
    apart = np.abs(a.mean(0) - b.mean(0)) / error
    assert apart.max() < SIGMAS, f"{name}: {apart}, {a.mean(0)}, {b.mean(0)}"
    # The spread of each statistic over the draws: noise that is shared too widely, or not widely enough.
    # What rarely happens makes a spread that few draws decide: its own standard error counts too.
    apart = np.abs(a.std(0) - b.std(0))
    error = np.hypot(_error_of_spread(a), _error_of_spread(b))
    wide = (apart < spread * np.maximum(a.std(0), b.std(0)) + 1e-3) | (apart < SIGMAS * error)
    assert wide.all(), f"{name}: {a.std(0)}, {b.std(0)}"


def _error_of_spread(sample: Array) -> Array:
    """The standard error of the standard deviation over the draws, of samples (draws, n) with any tails."""
    moved = sample - sample.mean(0)
    variance = np.mean(moved**2, 0)
    of_variance = np.sqrt(np.maximum(np.mean(moved**4, 0) - variance**2, 0) / len(sample))
    result: Array = of_variance / (2 * np.sqrt(variance) + 1e-12)
    return result
