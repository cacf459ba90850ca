"""The interpreter: what functions compute, and what they leave in variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError
from kerasfmt.graph import Builder, Function, Spec, Variable, emit, emit_one, ops
from kerasfmt.graph.run import LazyState, run

SCALAR = Spec((), dtypes.float32)


def f32(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, np.float32)


def variable(name: str, shape: tuple[int, ...] = ()) -> Variable:
    return Variable(name, Spec(shape, dtypes.float32))


def step_by(step: Variable, amount: float) -> Function:
    """Adds to `step`; gives what it was and what it is."""
    graph = Builder(f"step_by_{amount}")
    before = graph.read(step)
    graph.assign(step, before + amount)
    return graph.finish([before, graph.read(step)])


def test_outputs_in_order() -> None:
    graph = Builder()
    a, b = graph.input(SCALAR, "a"), graph.input(SCALAR, "b")
    function = graph.finish([a - b, a, graph.constant([1, 2]), a - b])
    results = run(function, [np.float32(5), np.float32(3)], {})
    assert [r.tolist() for r in results] == [2, 5, [1, 2], 2]


def test_a_value_may_be_used_often() -> None:
    graph = Builder()
    x = graph.input(SCALAR)
    y = x * x
    function = graph.finish([y * y + y, y])
    assert [float(r) for r in run(function, [np.float32(2)], {})] == [20, 4]


def test_several_outputs_of_one_node() -> None:
    graph = Builder()
    parts = emit("Split", 0, graph.input(Spec((4,), dtypes.float32)), num_split=2)
    function = graph.finish([parts[1]])
    np.testing.assert_array_equal(run(function, [f32(1, 2, 3, 4)], {})[0], [3, 4])


def test_state_is_updated_in_order() -> None:
    step = variable("step")
    state = {step: np.float32(1)}
    assert [float(r) for r in run(step_by(step, 2), [], state)] == [1, 3]
    assert float(state[step]) == 3
    assert state[step].dtype == np.float32


def test_nested_calls_share_the_state() -> None:
    step = variable("step")
    inner = step_by(step, 1)
    middle = Builder("middle")
    middle_function = middle.finish([*middle.call(inner, []), *middle.call(inner, [])])
    graph = Builder("outer")
    graph.assign(step, 10.0)
    results = graph.call(middle_function, [])
    graph.assign(step, graph.read(step) * 2.0)
    state = {step: np.float32(0)}
    assert [float(r) for r in run(graph.finish(results), [], state)] == [10, 11, 11, 12]
    assert float(state[step]) == 24


def test_a_read_keeps_the_old_value() -> None:
    table = variable("table", (3,))
    graph = Builder()
    before = graph.read(table)
    emit("ResourceScatterAdd", graph.capture(table), graph.constant([0, 0]), graph.constant([1.0, 2.0]),
         dtype=dtypes.float32)  # fmt: skip
    original = f32(1, 2, 3)
    state = {table: original}
    (result,) = run(graph.finish([before]), [], state)
    np.testing.assert_array_equal(result, [1, 2, 3])
    np.testing.assert_array_equal(original, [1, 2, 3])
    np.testing.assert_array_equal(state[table], [4, 2, 3])


def test_two_variables_are_two() -> None:
    a, b = variable("w"), variable("w")
    graph = Builder()
    graph.assign(a, graph.read(b))
    state = {a: np.float32(1), b: np.float32(2)}
    run(graph.finish([]), [], state)
    assert float(state[a]) == 2


def test_assignments_of_each_kind() -> None:
    step = variable("step")
    graph = Builder()
    x = graph.input(SCALAR)
    ops.assign(step, x)
    ops.assign_add(step, x)
    ops.assign_sub(step, x * 4.0)
    state = {step: np.float32(0)}
    run(graph.finish([]), [np.float32(3)], state)
    assert float(state[step]) == -6


def test_the_number_of_inputs() -> None:
    graph = Builder("f")
    function = graph.finish([graph.input(SCALAR)])
    with pytest.raises(GraphError, match="function f: expected 1 inputs, got 0"):
        run(function, [], {})


def test_an_op_without_kernel() -> None:
    graph = Builder()
    (data,) = graph.emit("ReadFile", graph.constant("a"), name="read")
    with pytest.raises(GraphError, match=r"op ReadFile \(read\): kerasfmt has no kernel for it"):
        run(graph.finish([data]), [], {})


def test_a_lazy_state_loads_each_variable_once() -> None:
    used, unused = variable("used"), variable("unused")
    asked: list[str] = []

    def load(wanted: Variable) -> Any:
        asked.append(wanted.name)
        return np.float32(7)

    state = LazyState(load)
    graph = Builder()
    graph.capture(unused)
    total = graph.read(used) + graph.read(used)
    assert float(run(graph.finish([total]), [], state)[0]) == 14
    assert asked == ["used"]
    assert unused not in state


def test_a_lazy_state_keeps_what_was_assigned() -> None:
    step = variable("step")
    state = LazyState(lambda v: np.float32(1))
    run(step_by(step, 1), [], state)
    assert [float(r) for r in run(step_by(step, 1), [], state)] == [2, 3]


def test_random_draws_follow_their_seed() -> None:
    def draw(seed: int) -> Any:
        graph = Builder()
        return run(graph.finish([ops.random_uniform(graph.constant([3]), seed=seed)]), [], {})[0]

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_a_deep_chain() -> None:
    graph = Builder()
    x = graph.input(SCALAR)
    y = x
    for _ in range(5000):
        y = emit_one("AddV2", y, 1)
    assert float(run(graph.finish([y]), [np.float32(0)], {})[0]) == 5000


def test_branches() -> None:
    def unary(name: str, build: Any) -> Function:
        graph = Builder(name)
        return graph.finish([build(graph.input(SCALAR))])

    graph = Builder()
    x = graph.input(SCALAR)
    double, negate = unary("double", lambda v: v * 2.0), unary("negate", lambda v: -v)
    (branch,) = emit(
        "StatelessIf", ops.less(x, 5.0), [x], then_branch=double, else_branch=negate, Tout=[dtypes.float32]
    )
    function = graph.finish([branch])
    assert [float(run(function, [np.float32(v)], {})[0]) for v in (3, 7)] == [6, -7]


def test_what_an_op_does_not_take_is_an_error_of_ours() -> None:
    """The shapes are known only when the function runs, or the values are wrong."""
    table = Variable("table", Spec((3, 2), dtypes.float32))
    graph = Builder("f")
    rows = ops.embedding_lookup(table, graph.input(Spec((None,), dtypes.int32)))
    lookup = graph.finish([rows])
    state = {table: np.ones((3, 2), np.float32)}
    with pytest.raises(
        InvalidModelError, match=r"op ResourceGather \(emb\w+\) on arrays of shape \[1\]: indices"
    ):
        run(lookup, [np.array([7], np.int32)], state)
    graph = Builder("g")
    x, y = (graph.input(Spec(None, dtypes.float32)) for _ in range(2))
    added = graph.finish([x + y])
    with pytest.raises(InvalidModelError, match=r"op AddV2 \(AddV2\) on arrays of shape \[2\], \[3\]: "):
        run(added, [np.ones(2, np.float32), np.ones(3, np.float32)], {})
