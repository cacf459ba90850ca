from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value, Variable, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import Array, FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, ints = SAMPLES.case, SAMPLES.ints

case("Bitcast", ints(3, 2), type=dtypes.float32)
case("Bitcast", ints(3, dtype=np.int64), type=dtypes.uint64)
case("Bitcast", ints(3, 2), type=dtypes.uint8)
case("Bitcast", ints(3, 2), type=dtypes.float64)

_KEY = ["Const", "Prod", "Cast", "Const", "RngReadAndSkip"]


def state() -> Variable:
    return Variable("state", Spec((3,), dtypes.int64))


def ops_of(made: Value) -> list[str]:
    return [n.op for n in made.graph.nodes]


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {"bits": (lambda: ops.bitcast(value(None, 3), dtypes.int32), (None, 3), ["Bitcast"])}
    refused = {
        "size": (lambda: ops.bitcast(value(3), dtypes.float64), "expected a last axis of 2"),
    }


def draws(number: int) -> tuple[list[Array], Array]:
    """Uniform numbers in [2, 6), integers in [0, 10) and a seed, drawn in turn; and the state after that."""
    graph, rng = Builder(), state()
    shape = graph.constant(i32([number]))
    drawn = [
        ops.generator_uniform(rng, shape, 2.0, 6.0),
        ops.generator_integers(rng, shape, 0, 10),
        ops.generator_seed(rng, shape),
    ]
    assert [v.shape for v in drawn] == [(number,), (number,), (2,)]
    contents = {rng: np.array([0, 0, 5], np.int64)}
    return [np.asarray(a) for a in run(graph.finish(drawn), [], contents)], contents[rng]


def test_draws_of_a_generator() -> None:
    (floats, integers, seed), after = draws(1000)
    assert floats.dtype == np.float32
    assert 2 <= floats.min() < 2.1 < 5.9 < floats.max() < 6
    assert set(integers.tolist()) == set(range(10))
    assert (seed.dtype, seed[1]) == (np.int64, 0)
    assert after.tolist() == [256 * (1000 + 1000 + 1), 0, 5]
    again, _ = draws(1000)
    for one, other in zip((floats, integers, seed), again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_seeded_draw_is_a_function_of_its_seed() -> None:
    def draw(*seed: int) -> Array:
        graph = Builder()
        made = ops.seeded_uniform(graph.constant(i32(list(seed))), graph.constant(i32([50])), -1.0, 1.0)
        return np.asarray(run(graph.finish([made]), [], {})[0])

    np.testing.assert_array_equal(draw(1, 2), draw(1, 2))
    assert not np.array_equal(draw(1, 2), draw(2, 1))
    assert -1 <= draw(1, 2).min() < 0 < draw(1, 2).max() < 1
