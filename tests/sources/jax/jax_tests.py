"""What compares a function of JAX with its graph in NumPy; conformance compares the cases in TensorFlow too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import kerasfmt


@dataclass(frozen=True)
class Case:
    """A function of JAX, and arrays for it.

    Attributes:
      name: its name.
      make: gives the function, for the modules jax and jax.numpy.
      arrays: its arguments.
      inputs: the shapes of the arguments, where some dimensions are symbolic.
      tolerance: the greatest error of a float, relative to the greatest size; 0 for equal bits.
      constraints: what holds for symbolic dimensions.
      no_kernel: whether an op of it has no kernel.
      in_tensorflow: the greatest error in TensorFlow, where that is more than `tolerance`.
    """

    name: str
    make: Callable[[Any, Any], Callable[..., Any]]
    arrays: tuple[Any, ...]
    inputs: tuple[str, ...] | None = None
    tolerance: float = 0.0
    constraints: tuple[str, ...] = field(default=())
    no_kernel: bool = False
    in_tensorflow: float = 0.0

    def __str__(self) -> str:
        return self.name

    def described(self) -> Mapping[str, Any]:
        """The inputs, by name."""
        given = self.inputs or tuple(np.asarray(a) for a in self.arrays)
        return {f"x{place}": each for place, each in enumerate(given)}

    def feeds(self) -> dict[str, Any]:
        """The arrays, by name."""
        return {f"x{place}": np.asarray(array) for place, array in enumerate(self.arrays)}


def lowered(case: Case) -> Any:
    """The model of a case, and what JAX gives."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    function = case.make(jax, jnp)
    model = kerasfmt.from_jax(function, inputs=case.described(), constraints=case.constraints)
    expected = jax.tree_util.tree_leaves(jax.jit(function)(*case.arrays))
    return model, [np.asarray(e) for e in expected]


def names_of(model: Any) -> list[str]:
    """The names of the outputs, in JAX's order."""
    return sorted(model.signatures["serving_default"].outputs, key=lambda n: int(n.rpartition("_")[2]))


def check(case: Case) -> None:
    """Compares the graph in NumPy with JAX."""
    model, expected = lowered(case)
    found = model.signatures["serving_default"](**case.feeds())
    for name, wanted in zip(names_of(model), expected, strict=True):
        assert_close(found[name], wanted, case.tolerance, case.name)


def assert_close(actual: Any, expected: Any, tolerance: float, name: str = "") -> None:
    """Compares two arrays."""
    assert actual.dtype == expected.dtype, (name, actual.dtype, expected.dtype)
    assert actual.shape == expected.shape, (name, actual.shape, expected.shape)
    if not tolerance or expected.dtype.kind in "biu":
        np.testing.assert_array_equal(actual, expected, err_msg=name)
        return
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    a, e = actual.astype(wide), expected.astype(wide)
    finite = np.isfinite(e)
    np.testing.assert_array_equal(a[~finite], e[~finite], err_msg=name)
    scale = max(1.0, float(np.abs(e[finite]).max(initial=0)))
    error = float(np.abs(a[finite] - e[finite]).max(initial=0))
    assert error <= tolerance * scale, f"{name}: error {error:.3g}, greatest size {scale:.3g}"


FLOATS = np.array(
    [0.0, -0.0, 1.0, -1.5, 2.5, -2.5, 0.25, 3.75, 1e-3, 100.0, -7.0, np.inf, -np.inf, np.nan], np.float32
)
"""Edge values of floats."""
FINITE = np.array([0.0, 1.0, -1.5, 2.5, -2.5, 0.25, 3.75, 1e-3, 10.0, -7.0], np.float32)
INT32 = np.array([0, 1, -1, 2, -7, 13, 2**31 - 1, -(2**31), 100, -100], np.int32)
UINT32 = np.array([0, 1, 2, 7, 31, 2**31, 2**32 - 1, 100], np.uint32)
INT8 = np.array([0, 1, -1, 7, -7, 127, -128], np.int8)


def normal(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    """Random numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def whole(*shape: int, seed: int = 0, low: int = -9, high: int = 9, dtype: Any = np.int32) -> Any:
    """Random whole numbers."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)
