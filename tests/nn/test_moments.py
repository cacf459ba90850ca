from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph import Value
from kerasfmt.nn import moments
from tests.graph.evaluation import Array, evaluate, evaluate_all

X = np.random.default_rng(1).standard_normal((5, 3, 4)) + 2
MASK = np.array([[True, True, False], [True, False, False], [False, False, False], [True] * 3, [True] * 3])
DTYPES = [("float32", 1e-5), ("float64", 1e-12), ("float16", 5e-3)]
AXES = [[0], [0, 1], [2]]


def mean_and_variance(build: object, *arrays: Array, batch: int | None = 5) -> list[Array]:
    return evaluate_all(build, arrays, [(batch, *a.shape[1:]) for a in arrays])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("axis", "found"), [(-1, [2]), (0, [0]), ([0, -1], [0, 2]), ([2, 1], [2, 1]), ([], [])]
)
def test_axes_count_from_the_front(axis: int | list[int], found: list[int]) -> None:
    assert moments.positive_axes(axis, 3) == found


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (3, "expected axes of inputs with 3 dimensions, got 3"),
        ([0, -4], r"expected axes of inputs with 3 dimensions, got \[0, -4\]"),
        ([1, -2], r"expected each axis once, got \[1, -2\]"),
    ],
)
def test_refused_axes(axis: int | list[int], message: str) -> None:
    with pytest.raises(ValueError, match=f"option axis: {message}"):
        moments.positive_axes(axis, 3)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize(("dtype", "rtol"), DTYPES)
def test_moments(dtype: str, rtol: float, axes: list[int], keepdims: bool) -> None:
    x, along = X.astype(dtype), tuple(axes)
    found = mean_and_variance(lambda v: moments.moments(v, axes, keepdims), x, batch=None)
    assert [a.dtype.name for a in found] == [dtype, dtype]
    np.testing.assert_allclose(found[0], X.mean(along, keepdims=keepdims), rtol=rtol)
    np.testing.assert_allclose(found[1], X.var(along, keepdims=keepdims), rtol=rtol)


@pytest.mark.parametrize(("dtype", "rtol"), DTYPES)
def test_elements_count_by_their_weights(dtype: str, rtol: float) -> None:
    weights = MASK[:, :, None].astype("float32")
    build = lambda v, w: moments.weighted_moments(v, w, [0, 1], False)  # noqa: E731
    mean, variance = mean_and_variance(build, X.astype(dtype), weights)
    assert mean.dtype == variance.dtype == dtype
    np.testing.assert_allclose(mean, X[MASK].mean(0), rtol=rtol)
    np.testing.assert_allclose(variance, X[MASK].var(0), rtol=2 * rtol)


def test_without_weight_the_moments_are_zero() -> None:
    build = lambda v, w: moments.weighted_moments(v, w, [0, 1], True)  # noqa: E731
    mean, variance = mean_and_variance(build, X, np.zeros((5, 3, 1), np.float32))
    assert mean.shape == variance.shape == (1, 1, 4)
    assert not mean.any()
    assert not variance.any()


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("dtype", "rtol"), DTYPES)
def test_moments_from_sums(dtype: str, rtol: float, keepdims: bool) -> None:
    x = X.astype(dtype)
    build = lambda v: moments.synchronized_moments(v, None, [0, 1], keepdims)  # noqa: E731
    mean, variance = mean_and_variance(build, x, batch=None)
    np.testing.assert_allclose(mean, X.mean((0, 1), keepdims=keepdims), rtol=rtol)
    # The difference of two sums: the error is that of the squares.
    np.testing.assert_allclose(variance, X.var((0, 1), keepdims=keepdims), rtol=10 * rtol)


@pytest.mark.parametrize("batch", [5, None])
def test_masked_elements_do_not_count_in_sums(batch: int | None) -> None:
    build = lambda v, m: moments.synchronized_moments(v, m, [0, 1], False)  # noqa: E731
    mean, variance = mean_and_variance(build, X, MASK, batch=batch)
    np.testing.assert_allclose(mean, X[MASK].mean(0), rtol=1e-12)
    np.testing.assert_allclose(variance, X[MASK].var(0), rtol=1e-10)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("moved", [False, True])
def test_normalize(scaled: bool, moved: bool) -> None:
    def build(x: Value, *vectors: Value) -> Value:
        mean, variance, offset, scale = vectors
        return moments.normalize(x, mean, variance, offset if moved else None, scale if scaled else None, 0.5)

    vectors = [X[i, 0] ** 2 for i in range(4)]
    expected = (X - vectors[0]) / np.sqrt(vectors[1] + 0.5)
    expected = expected * (vectors[3] if scaled else 1) + (vectors[2] if moved else 0)
    np.testing.assert_allclose(evaluate(build, X, *vectors), expected, rtol=1e-12)


def test_halves_are_normalized_by_singles() -> None:
    x = X.astype(np.float16)
    vectors = [X[i, 0].astype(np.float32) ** 2 for i in range(2)]
    found = evaluate(lambda v, m, s: moments.normalize(v, m, s, None, None, 0.5), x, *vectors)
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, (x - vectors[0]) / np.sqrt(vectors[1] + 0.5), rtol=5e-3, atol=5e-3)
