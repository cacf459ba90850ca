from __future__ import annotations

import math

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import initializers as I

SHAPE = (3, 5, 40, 60)
FAN_IN, FAN_OUT = 3 * 5 * 40, 3 * 5 * 60
FAN_AVG = (FAN_IN + FAN_OUT) / 2
CUT = 2 / 0.87962566103423978
"""Where a truncated normal distribution ends, in its own standard deviations."""
ROOT_3 = math.sqrt(3)


def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


# Initializer, mean, standard deviation, largest distance from the mean in standard deviations.
DISTRIBUTIONS = [
    (I.RandomNormal(0.5, 0.2), 0.5, 0.2, math.inf),
    (I.RandomUniform(-1.0, 3.0), 1.0, 4 / math.sqrt(12), ROOT_3),
    (I.TruncatedNormal(0.5, 0.2), 0.5, 0.2 * 0.87962566103423978, CUT),
    (I.VarianceScaling(3.0, "fan_out", "uniform"), 0.0, math.sqrt(3 / FAN_OUT), ROOT_3),
    (I.VarianceScaling(3.0, "fan_in", "untruncated_normal"), 0.0, math.sqrt(3 / FAN_IN), math.inf),
    (I.VarianceScaling(3.0, "fan_avg", "truncated_normal"), 0.0, math.sqrt(3 / FAN_AVG), CUT),
    (I.GlorotNormal(), 0.0, math.sqrt(1 / FAN_AVG), CUT),
    (I.GlorotUniform(), 0.0, math.sqrt(1 / FAN_AVG), ROOT_3),
    (I.HeNormal(), 0.0, math.sqrt(2 / FAN_IN), CUT),
    (I.HeUniform(), 0.0, math.sqrt(2 / FAN_IN), ROOT_3),
    (I.LecunNormal(), 0.0, math.sqrt(1 / FAN_IN), CUT),
    (I.LecunUniform(), 0.0, math.sqrt(1 / FAN_IN), ROOT_3),
]


@pytest.mark.parametrize(("initializer", "mean", "stddev", "reach"), DISTRIBUTIONS)
def test_distribution(initializer: I.Initializer, mean: float, stddev: float, reach: float) -> None:
    w = initializer(SHAPE, dtypes.float32, rng())
    assert w.shape == SHAPE
    assert w.dtype == np.float32
    # 36,000 draws: the standard error of the mean is stddev / 190, that of stddev about 0.4 %; 5 of them.
    assert abs(float(w.mean(dtype=np.float64)) - mean) < 5 * stddev / math.sqrt(w.size)
    assert float(w.std(dtype=np.float64)) == pytest.approx(stddev, rel=0.02)
    farthest = float(np.abs(w - mean).max()) / stddev
    assert farthest <= reach * (1 + 1e-6)
    assert farthest > (0.995 * reach if math.isfinite(reach) else 3.5)


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [((), 1, 1), ((7,), 7, 7), ((7, 3), 7, 3), ((2, 7, 3), 14, 6), ((0, 3), 1, 3), ((2, 2, 0, 3), 1, 12)],
)
def test_fans(shape: tuple[int, ...], fan_in: int, fan_out: int) -> None:
    assert I._fan(shape, "fan_in") == fan_in
    assert I._fan(shape, "fan_out") == fan_out
    assert I.HeUniform()(shape, dtypes.float32, rng()).shape == shape


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64])
@pytest.mark.parametrize("initializer", [case[0] for case in DISTRIBUTIONS] + [I.Orthogonal(), I.Identity()])
def test_dtypes(initializer: I.Initializer, dtype: DType) -> None:
    assert initializer((4, 6), dtype, rng()).dtype == dtype.numpy


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.int32, dtypes.bool_, dtypes.bfloat16])
def test_constants(dtype: DType) -> None:
    for initializer, value in ((I.Zeros(), 0), (I.Ones(), 1), (I.Constant(1), 1)):
        w = initializer((2, 3), dtype, rng())
        assert w.dtype == dtype.numpy
        np.testing.assert_array_equal(w, np.full((2, 3), value, dtype.numpy))


def test_constant_of_many_values() -> None:
    np.testing.assert_array_equal(I.Constant([1, 2, 3, 4])((2, 2), dtypes.float32, rng()), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(I.Constant([[7]])((2,), dtypes.float32, rng()), [7, 7])


def test_random_integers() -> None:
    w = I.RandomUniform(-2, 3)((1000,), dtypes.int32, rng())
    assert w.dtype == np.int32
    assert sorted(set(w.tolist())) == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 3, 4), (2, 3, 7), (5, 5)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    w = I.Orthogonal(gain=2.0)(shape, dtypes.float64, rng()).reshape(-1, shape[-1])
    gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(gram, 4 * np.eye(min(w.shape)), atol=1e-12)


def test_orthogonal_is_uniform_over_rotations() -> None:
    # Without the sign fix the first entry of Q would always be negative.
    shared = rng()
    firsts = [I.Orthogonal()((2, 2), dtypes.float64, shared)[0, 0] for _ in range(400)]
    assert 150 < sum(first > 0 for first in firsts) < 250


def test_identity() -> None:
    np.testing.assert_array_equal(I.Identity(3.0)((2, 3), dtypes.float32, rng()), [[3, 0, 0], [0, 3, 0]])


@pytest.mark.parametrize(
    ("initializer", "shape", "dtype", "message"),
    [
        (I.Identity(), (3,), dtypes.float32, "two dimensions"),
        (I.Identity(), (3, 3, 3), dtypes.float32, "two dimensions"),
        (I.Orthogonal(), (3,), dtypes.float32, "at least two dimensions"),
        (I.Constant([1, 2, 3]), (2, 2), dtypes.float32, "3 elements"),
        (I.Constant("x"), (2, 2), dtypes.float32, "convert"),
        (I.Constant([[1], [2, 3]]), (3,), dtypes.float32, "convert"),
        (I.GlorotUniform(), (2, 2), dtypes.int32, "floating dtype"),
        (I.RandomUniform(), (2, 2), dtypes.int32, "floating dtype"),
        (I.RandomUniform(3, 3), (2, 2), dtypes.int32, "minval < maxval"),
    ],
)
def test_refused(initializer: I.Initializer, shape: tuple[int, ...], dtype: DType, message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        initializer(shape, dtype, rng())
