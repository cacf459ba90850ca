"""Checks whether arrays are as close to TensorFlow's results as they have to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def assert_close(what: str, got: Any, expected: Any, tolerance: float) -> None:
    """Passes if every element is within `tolerance` of the expected one, relative to it and to the largest.

    Raises:
      AssertionError: naming `what`, both values, and where they are furthest apart.
    """
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        raise AssertionError(
            f"{what}: expected {expected.dtype}{list(expected.shape)}, got {got.dtype}{list(got.shape)}"
        )
    if not expected.size:
        return
    if expected.dtype.kind not in "fc":
        if not np.array_equal(got, expected):
            raise AssertionError(f"{what}: expected {expected.ravel()[:4]}, got {got.ravel()[:4]}")
        return
    if expected.dtype == np.float64 and tolerance == 1e-5:
        tolerance = 1e-12
    wide = "complex128" if expected.dtype.kind == "c" else "float64"
    got, expected = got.astype(wide), expected.astype(wide)
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    close = np.isclose(got, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    if not close.all():
        worst = np.unravel_index(np.argmax(np.where(close, 0, np.abs(got - expected))), got.shape)
        raise AssertionError(
            f"{what}: {int((~close).sum())} of {close.size} elements differ; at {[int(i) for i in worst]} "
            f"expected {expected[worst]!r}, got {got[worst]!r} (tolerance {tolerance:g} of {scale:.3g})"
        )


def norms(arrays: Iterable[Any]) -> np.ndarray:
    """One number per array that hardly any mistake leaves as it was, float64 (number of arrays,)."""

    def norm(value: Any) -> float:
        flat = np.asarray(value).astype("float64").ravel()
        return float(flat @ (1.0 + 0.1 * np.cos(np.arange(flat.size))))

    return np.array([norm(value) for value in arrays], "float64")
