from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case = SAMPLES.case

for _seed in ((1, 2), (87654321, 0)):
    for _op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        for _dtype in (dtypes.float32, dtypes.float64, dtypes.float16):
            case(_op, i32([7, 301]), seed=_seed[0], seed2=_seed[1], dtype=_dtype, ulps=16, accumulates=True)
    case("RandomUniformInt", i32([5, 7]), i32(-3), i32(11), seed=_seed[0], seed2=_seed[1])
    case("RandomUniformInt", i32([5, 7]), np.int64(-3), np.int64(11), seed=_seed[0], seed2=_seed[1])
_KEYED = (np.array([12345678901234], np.uint64), np.array([5, 2**64 - 1], np.uint64), i32(1))
for _op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
    for _dtype in (dtypes.float32, dtypes.float64):
        case(_op, i32([7, 31]), np.array([3, -4], np.int64), dtype=_dtype, ulps=16, accumulates=True)
        case(_op + "V2", i32([7, 31]), *_KEYED, dtype=_dtype, ulps=16, accumulates=True)
for _dtype in (dtypes.int32, dtypes.int64):
    _of = _dtype.numpy.type
    case("StatelessRandomUniformInt", i32([7, 3]), i32([3, -4]), _of(-5), _of(9))
    case("StatelessRandomUniformIntV2", i32([7, 3]), *_KEYED, _of(-5), _of(9))
case("StatelessRandomUniformFullInt", i32([7, 3]), i32([3, -4]), dtype=dtypes.int32)
case("StatelessRandomUniformFullIntV2", i32([7, 3]), *_KEYED, dtype=dtypes.uint64)
_ALPHAS = np.array([0.001, 0.3, 1.0, 2.5, 40.0])
for _dtype in (dtypes.float32, dtypes.float64, dtypes.float16):
    _alpha = _ALPHAS.astype(_dtype.numpy)
    case("StatelessRandomGammaV2", i32([31, 5]), i32([3, -4]), _alpha, ulps=16)
    case("StatelessRandomGammaV3", i32([7, 5]), *_KEYED, _alpha, ulps=16)
case("StatelessRandomGammaV3", i32([2, 5]), *_KEYED, np.float32([_ALPHAS, _ALPHAS[::-1]]), ulps=16)
case("StatelessRandomGammaV3", i32([9]), *_KEYED, np.float64(0.5), ulps=16)
case("StatelessRandomGammaV3", i32([0, 5]), *_KEYED, _ALPHAS)
case("StatelessRandomGetKeyCounter", np.array([3, -4], np.int64))
case("StatelessRandomGetAlg")
case("RngReadAndSkip", i32(1), np.uint64(7), resource=np.array([1, -2, 3], np.int64), shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "uniform": (
            lambda: ops.random_uniform(ops.shape(value(None, 3)), seed=1),
            (None, 3),
            ["Shape", "RandomUniform"],
        ),
        "between": (
            lambda: ops.random_uniform(ops.shape(value(None, 3)), minval=-1.0, maxval=1.0),
            (None, 3),
            ["Shape", "RandomUniform", "Const", "Const", "Sub", "Mul", "AddV2"],
        ),
        "normal": (
            lambda: ops.random_normal(ops.shape(value(None, 3)), stddev=0.5),
            (None, 3),
            ["Shape", "RandomStandardNormal", "Const", "Mul", "Const", "AddV2"],
        ),
        "integers": (
            lambda: ops.random_uniform_int(ops.shape(value(None, 3)), 0, 5),
            (None, 3),
            ["Shape", "Const", "Const", "RandomUniformInt"],
        ),
        "stateless": (
            lambda: ops.stateless_random_uniform(ops.shape(value(None, 3)), i32([1, 2])),
            (None, 3),
            ["Shape", "Const", "StatelessRandomUniform"],
        ),
    }
    refused = {
        "shape": (lambda: ops.random_uniform(value(3), seed=1), "float32"),
        "dtypes": (lambda: ops.random_uniform_int(ops.shape(value(3)), 0.5, 5), "float32"),
    }


def test_without_seeds_each_draw_is_another() -> None:
    attrs = {"seed": 0, "seed2": 0, "dtype": dtypes.float32}
    first, second = (find_op("RandomUniform").run(attrs, i32([8]))[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_gamma_distributions_have_their_mean_and_variance() -> None:
    alphas = np.array([0.3, 1.0, 6.0])
    (found,) = find_op("StatelessRandomGammaV2").run({}, i32([4000, 3]), i32([1, 2]), alphas)
    # The standard error of the mean is sqrt(alpha / 4000).
    np.testing.assert_array_less(abs(found.mean(0) - alphas), 5 * np.sqrt(alphas / 4000))
    np.testing.assert_allclose(found.var(0), alphas, rtol=0.3)
    with pytest.raises(ValueError, match=r"alpha: expected the last axes of shape \[4, 3\], got \[4\]"):
        find_op("StatelessRandomGammaV2").run({}, i32([4, 3]), i32([1, 2]), alphas[[0, 1, 2, 0]])


def test_integers_need_an_interval() -> None:
    with pytest.raises(ValueError, match=r"no integers in \[3, 3\)"):
        find_op("RandomUniformInt").run({"seed": 1, "seed2": 2}, i32([1]), i32(3), i32(3))


def test_another_algorithm_is_refused() -> None:
    key, counter, _ = _KEYED
    with pytest.raises(ValueError, match="random algorithm 2: only Philox"):
        find_op("StatelessRandomUniformV2").run({"dtype": dtypes.float32}, i32([1]), key, counter, i32(2))


def test_a_generator_moves_on_by_256_blocks_for_each_number() -> None:
    before, after = find_op("RngReadAndSkip").run({}, np.array([-1, 0, 9], np.int64), i32(1), np.uint64(1))
    assert (before.tolist(), after.tolist()) == ([-1, 0, 9], [255, 1, 9])
