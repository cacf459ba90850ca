"""Factors, inverses and solutions of square matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(2, 3, 3)
positive = x @ np.swapaxes(x, -1, -2) + np.eye(3, dtype=np.float32) * 4
right = SAMPLES.floats(2, 3, 2)
LOOSE = {"ulps": 64, "accumulates": True}
case("Cholesky", positive, **LOOSE)
case("MatrixInverse", positive, **LOOSE)
case("MatrixInverse", positive + np.triu(x), adjoint=True, **LOOSE)
case("MatrixDeterminant", positive, ulps=64)
case("LogMatrixDeterminant", positive, ulps=64)
case("MatrixSolve", positive, right, **LOOSE)
case("MatrixSolve", positive + np.triu(x), right, adjoint=True, **LOOSE)
for lower in (True, False):
    for adjoint in (True, False):
        case("MatrixTriangularSolve", positive, right, lower=lower, adjoint=adjoint, **LOOSE)
case("Lu", positive, **LOOSE)
case("Qr", np.triu(positive), full_matrices=False, **LOOSE)  # the signs of columns are the library's own
case("SelfAdjointEigV2", positive, compute_v=False, shape_is_open=True, unspecified=(1,), **LOOSE)
case(
    "Eig",
    np.triu(positive),
    compute_v=False,
    Tout=dtypes.complex64,
    shape_is_open=True,
    unspecified=(1,),
    **LOOSE,
)
case("Svd", positive, compute_uv=False, shape_is_open=True, unspecified=(1, 2), **LOOSE)
rows = SAMPLES.floats(2, 3, 4)
case("MatrixDiagPartV3", rows, np.int32(0), np.float32(0), shape_is_open=True)
case("MatrixDiagPartV3", rows, np.int32(-1), np.float32(0), shape_is_open=True)
for align in ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"):
    case("MatrixDiagPartV3", rows, np.int32([-2, 3]), np.float32(9), align=align, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("Cholesky", [[[1.0, 2.0], [2.0, 1.0]]], {}, "cannot be decomposed"),
        ("MatrixInverse", [[[1.0, 2.0]]], {"adjoint": False}, "expected square matrices"),
        (
            "MatrixSolve",
            [np.zeros((2, 2)), np.ones((2, 1))],
            {"adjoint": False},
            "cannot be decomposed or inverted",
        ),
        (
            "MatrixDiagPartV3",
            [np.zeros((2, 2)), 5, 0.0],
            {"align": "LEFT_LEFT"},
            "expected diagonals of a matrix",
        ),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))


def _run(op: str, array: Any, **attrs: Any) -> list[Any]:
    return list(find_op(op).run(attrs, np.asarray(array)))


@pytest.mark.parametrize("full", [True, False])
def test_factors_give_the_matrix_again(full: bool) -> None:
    """The signs of vectors are the library's own, so their products are compared."""
    tall = SAMPLES.floats(2, 4, 3)
    q, r = _run("Qr", tall, full_matrices=full)
    np.testing.assert_allclose(q @ r, tall, atol=1e-5)
    values, left, right = _run("Svd", tall, full_matrices=full, compute_uv=True)
    product = (left[..., :3] * values[..., None, :]) @ np.swapaxes(right, -1, -2)
    np.testing.assert_allclose(product, tall, atol=1e-5)
    np.testing.assert_allclose(_run("Svd", tall, full_matrices=full, compute_uv=False)[0], values, atol=1e-5)


def test_eigenvectors_give_the_matrix_again() -> None:
    values, vectors = _run("SelfAdjointEigV2", positive, compute_v=True)
    again = (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    np.testing.assert_allclose(again, positive, atol=1e-4)
