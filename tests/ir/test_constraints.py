from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import constraints as C

W = np.array([[3.0, 0.3, -1.0], [4.0, 0.4, 0.0]], np.float32)
"""Columns of length 5, 0.5 and 1."""


# Constraint, length of the columns (or rows) of W afterwards.
NORMS = [
    (C.MaxNorm(2), 0, [2.0, 0.5, 1.0]),
    (C.MaxNorm(-1), 0, [0.0, 0.0, 0.0]),
    (C.UnitNorm(), 0, [1.0, 1.0, 1.0]),
    (C.UnitNorm(axis=1), 1, [1.0, 1.0]),
    (C.UnitNorm(axis=[0, 1]), (0, 1), 1.0),
    (C.UnitNorm(axis=None), (0, 1), 1.0),
    (C.MinMaxNorm(0.8, 2.0), 0, [2.0, 0.8, 1.0]),
    (C.MinMaxNorm(0.8, 2.0, rate=0.5), 0, [3.5, 0.65, 1.0]),
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("constraint", "axis", "norms"), NORMS)
def test_norms(constraint: C.Constraint, axis: int | tuple[int, ...], norms: list[float], dtype: str) -> None:
    w = W.astype(dtype)
    out = constraint.apply(w)
    assert out.dtype == w.dtype
    found = np.sqrt(np.sum(np.square(out.astype(np.float64)), axis=axis))
    # Keras divides by norm + 1e-7; float16 has 11 bits of mantissa.
    np.testing.assert_allclose(found, norms, rtol=4e-3 if dtype == "float16" else 1e-6)


def test_zero_vectors_stay_zero() -> None:
    for constraint in (C.MaxNorm(), C.UnitNorm(), C.MinMaxNorm(1.0, 2.0)):
        np.testing.assert_array_equal(constraint.apply(np.zeros((2, 2), np.float32)), np.zeros((2, 2)))


def test_non_neg() -> None:
    np.testing.assert_array_equal(C.NonNeg().apply(W), np.maximum(W, 0))


# Size: what Keras 2.15 makes of the kernel 0, 1, 2, ... in row order.
RADIAL = {
    2: [[0, 0], [0, 0]],
    3: [[4, 4, 4], [4, 0, 4], [4, 4, 4]],
    4: [[15, 15, 15, 15], [15, 5, 5, 15], [15, 5, 5, 15], [15, 15, 15, 15]],
    5: [
        [18, 18, 18, 18, 18],
        [18, 12, 12, 12, 18],
        [18, 12, 6, 12, 18],
        [18, 12, 12, 12, 18],
        [18, 18, 18, 18, 18],
    ],
}


@pytest.mark.parametrize(("size", "expected"), RADIAL.items())
def test_radial(size: int, expected: list[list[int]]) -> None:
    kernel = np.arange(size * size, dtype=np.float32).reshape(size, size, 1, 1)
    w = kernel * np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    out = C.RadialConstraint().apply(w)
    np.testing.assert_array_equal(out, np.reshape(expected, (size, size, 1, 1)) * (w[0, 1] / kernel[0, 1]))


@pytest.mark.parametrize(
    ("constraint", "shape", "message"),
    [
        (C.RadialConstraint(), (3, 3), "square kernels"),
        (C.RadialConstraint(), (3, 2, 1, 1), "square kernels"),
        (C.RadialConstraint(), (1, 1, 1, 1), "square kernels"),
        (C.MaxNorm(axis=2), (3, 3), "axis 2 does not fit"),
    ],
)
def test_refused(constraint: C.Constraint, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        constraint.apply(np.ones(shape, np.float32))
