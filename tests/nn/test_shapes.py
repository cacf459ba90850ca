from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value, Variable, ops
from kerasfmt.graph.run import run
from kerasfmt.nn import shapes
from tests.graph.evaluation import Array, emitted, evaluate, evaluate_all

X = np.random.default_rng(1).standard_normal((2, 3, 4)).astype(np.float32)
KNOWLEDGE = [(2, 3, 4), (None, 3, 4), (None, None, 4), (None, None, None)]


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype))


def test_known_dimensions_are_numbers_and_the_others_share_one_shape() -> None:
    x = value(None, 3, None)
    first, known, last = shapes.dims_of(x)
    assert known == 3
    assert isinstance(first, Value)
    assert isinstance(last, Value)
    assert [n.op for n in x.graph.nodes].count("Shape") == 1


@pytest.mark.parametrize("known", KNOWLEDGE)
def test_reshapes_by_dimensions_that_only_the_run_may_tell(known: tuple[int | None, ...]) -> None:
    def merged(x: Value) -> Value:
        first, second, third = shapes.dims_of(x)
        return shapes.reshape_to(x, [first, third, second])

    (found,) = evaluate_all(merged, [X], [known])
    np.testing.assert_array_equal(found, X.reshape(2, 4, 3))


def test_one_unknown_dimension_is_minus_one() -> None:
    spec = Spec((None, 3, 4), dtypes.float32)
    shape = emitted(lambda x: shapes.reshape_to(x, [shapes.dims_of(x)[0], 12]), spec)
    assert shape == ["Reshape"]
    # A shape that has a -1 of its own is packed.
    packed = emitted(lambda x: shapes.reshape_to(x, [shapes.dims_of(x)[0], -1]), spec)
    assert packed[-2:] == ["Pack", "Reshape"]


@pytest.mark.parametrize("known", KNOWLEDGE)
def test_a_shape_is_packed_whatever_is_known_of_it(known: tuple[int | None, ...]) -> None:
    (found,) = evaluate_all(lambda x: shapes.packed([*shapes.dims_of(x), 7], x), [X], [known])
    assert (found.tolist(), found.dtype) == ([2, 3, 4, 7], np.int32)


@pytest.mark.parametrize(("autocast", "read_as"), [(True, "float16"), (False, "float32")])
def test_a_variable_is_read_in_the_dtype_beside_it(autocast: bool, read_as: str) -> None:
    weight = Variable("weight", Spec((4,), dtypes.float32), autocast=autocast)
    assert shapes.read(value(2, dtype=dtypes.float16), weight).dtype.name == read_as
    assert shapes.read(value(2, dtype=dtypes.int32), weight).dtype.name == "float32"


@pytest.mark.parametrize("known", KNOWLEDGE[:3])
def test_the_product_of_the_last_axis(known: tuple[int | None, ...]) -> None:
    kernel = np.random.default_rng(2).standard_normal((4, 5)).astype(np.float32)
    weight = Variable("kernel", Spec((4, 5), dtypes.float32))
    graph = Builder()
    out = shapes.dot_last(graph.input(Spec(known, dtypes.float32)), weight)
    assert out.shape == (*known[:-1], 5)
    (found,) = run(graph.finish([out]), [X], {weight: kernel})
    np.testing.assert_allclose(found, X @ kernel, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_l2_normalize(axis: int | list[int]) -> None:
    norm = np.sqrt((X**2).sum(tuple(np.atleast_1d(axis)), keepdims=True))
    np.testing.assert_allclose(evaluate(lambda x: shapes.l2_normalize(x, axis), X), X / norm, rtol=1e-6)
    assert not evaluate(lambda x: shapes.l2_normalize(x, axis), 0 * X).any()


def dropped(rate: float, noise_shape: list[int | None] | None, known: tuple[int | None, ...]) -> Array:
    ones = np.ones((20, 30, 4), np.float32)
    (found,) = evaluate_all(lambda x: shapes.dropout(x, rate, noise_shape, 5), [ones], [known])
    return found


@pytest.mark.parametrize("known", [(20, 30, 4), (None, 30, 4)])
@pytest.mark.parametrize("noise_shape", [None, [None, 1, 4], [20, None, 1]])
def test_dropout(noise_shape: list[int | None] | None, known: tuple[int | None, ...]) -> None:
    found = dropped(0.25, noise_shape, known)
    assert set(np.unique(found)) == {0, np.float32(1 / 0.75)}
    for axis, size in enumerate(noise_shape or ()):
        if size == 1:
            np.testing.assert_array_equal(found, np.broadcast_to(found.take([0], axis), found.shape))
    # 20 rows at least are dropped or kept: five standard errors of their share.
    assert abs((found == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 80)


def test_everything_is_dropped_at_a_rate_of_one() -> None:
    assert not dropped(1, None, (None, 30, 4)).any()


def test_seeds_of_stateful_ops() -> None:
    assert shapes.seeds(None) == {"seed": 0, "seed2": 0}
    assert shapes.seeds(7) == {"seed": shapes.DEFAULT_GRAPH_SEED, "seed2": 7}


def test_what_is_packed_of_the_shape_of_another_function() -> None:
    assert shapes.packed([1, 2], ops.relu(value(3))).node.op == "Const"
