from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec
from kerasfmt.ir import regularizers as R
from tests.graph.evaluation import emitted, evaluate

X = np.random.default_rng(5).standard_normal((3, 4))
UNKNOWN_RANK = Spec(None, dtypes.float32)
MATRIX = Spec((None, 4), dtypes.float32)


def mean_cosine(rows: np.ndarray) -> float:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = np.abs(unit @ unit.T)
    return float(cosines[np.triu_indices(len(rows), 1)].mean())


CASES: list[tuple[R.Regularizer, float]] = [
    (R.L1(0.1), 0.1 * np.abs(X).sum()),
    (R.L2(0.1), 0.1 * np.square(X).sum()),
    (R.L1L2(0.1, 0.2), 0.1 * np.abs(X).sum() + 0.2 * np.square(X).sum()),
    (R.L1L2(), 0.0),
    (R.L1L2(l2=0.2), 0.2 * np.square(X).sum()),
]
ORTHOGONAL = [
    (R.OrthogonalRegularizer(0.1), 0.1 * mean_cosine(X)),
    (R.OrthogonalRegularizer(0.1, "columns"), 0.1 * mean_cosine(X.T)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("regularizer", "loss"), [*CASES, *ORTHOGONAL])
def test_loss(regularizer: R.Regularizer, loss: float, dtype: str) -> None:
    out = evaluate(regularizer.loss, X.astype(dtype))
    assert out.shape == ()
    # The factor is float32 always.
    np.testing.assert_allclose(out, loss, rtol=1e-6)


@pytest.mark.parametrize(("regularizer", "loss"), CASES)
def test_loss_of_unknown_rank(regularizer: R.Regularizer, loss: float) -> None:
    np.testing.assert_allclose(
        evaluate(regularizer.loss, X.astype(np.float32), known_rank=False), loss, rtol=1e-6
    )


OPS = [
    (R.L1(), MATRIX, ["Abs", "Sum", "Mul"]),
    (R.L1(), UNKNOWN_RANK, ["Abs", "Rank", "Range", "Sum", "Mul"]),
    (R.L2(), UNKNOWN_RANK, ["L2Loss", "Mul"]),
    (R.L1L2(0.1, 0.1), MATRIX, ["Abs", "Sum", "Mul", "AddV2", "L2Loss", "Mul", "AddV2"]),
    (R.L1L2(l2=0.1), MATRIX, ["L2Loss", "Mul", "AddV2"]),
]


@pytest.mark.parametrize(("regularizer", "spec", "ops"), OPS)
def test_ops(regularizer: R.Regularizer, spec: Spec, ops: list[str]) -> None:
    assert emitted(regularizer.loss, spec) == ops


@pytest.mark.parametrize("shape", [None, (3,), (3, 4, 5), (None, 4)])
def test_orthogonal_needs_a_matrix(shape: tuple[int | None, ...] | None) -> None:
    with pytest.raises(InvalidModelError, match="expected a matrix of known rows"):
        R.OrthogonalRegularizer().loss(Builder().input(Spec(shape, dtypes.float32)))
