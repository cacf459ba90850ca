"""Loops of Python functions: what they compute, what they carry, and what their functions look like."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Node, Spec, Value, Variable, ops
from kerasfmt.graph.run import run

SCALAR = Spec((), dtypes.float32)


def loop_of(function: Function) -> Node:
    (found,) = [node for node in function.nodes if node.op in ("While", "StatelessWhile")]
    return found


def functions_of(node: Node) -> tuple[Function, Function]:
    condition, body = node.attrs["cond"], node.attrs["body"]
    assert isinstance(condition, Function)
    assert isinstance(body, Function)
    return condition, body


@pytest.mark.parametrize(("bound", "steps"), [(None, 5), (-1, 5), (3, 3), (0, 0), (9, 5)])
def test_a_loop_runs_as_long_as_its_condition_holds_and_no_longer_than_its_bound(
    bound: int | None, steps: int
) -> None:
    graph = Builder()
    start = [graph.constant(0), graph.constant(1.5)]
    made = ops.while_loop(
        lambda i, x: ops.less(i, 5), lambda i, x: [i + 1, x * 2.0], start, maximum_iterations=bound
    )
    count, power = run(graph.finish(made), [], {})
    assert (int(count), float(power)) == (steps, 1.5 * 2**steps)


def test_a_bound_that_is_computed() -> None:
    graph = Builder()
    bound = graph.input(Spec((), dtypes.int32))
    (count,) = ops.while_loop(
        lambda i: ops.less(i, 5), lambda i: [i + 1], [graph.constant(0)], maximum_iterations=bound
    )
    function = graph.finish([count])
    assert [int(run(function, [np.int32(n)], {})[0]) for n in (0, 2, 7)] == [0, 2, 5]


def test_counter_and_bound_come_first_and_what_no_iteration_changes_is_handed_on() -> None:
    graph = Builder()
    factor = graph.input(SCALAR, "factor")
    weight = Variable("weight", SCALAR)

    def body(i: Value, x: Value, by: Value) -> list[Value]:
        return [i + 1, x * by + i.graph.read(weight)]

    start = [graph.constant(0), graph.constant(1.0)]
    made = ops.while_loop(lambda i, *_: ops.less(i, 3), body, start, [factor], name="steps")
    assert len(made) == 2
    function = graph.finish(made)
    node = loop_of(function)
    condition, inside = functions_of(node)
    assert (condition.name, inside.name) == ("steps_cond", "steps_body")
    assert [v.node.op for v in node.inputs[:2]] == ["Const", "Const"]
    assert node.inputs[4] is factor
    assert [v.dtype.name for v in node.inputs] == [*["int32"] * 3, *["float32"] * 2, "resource"]
    assert condition.input_names == inside.input_names
    assert condition.captured == inside.variables == (weight,)
    assert inside.handed_on == 2
    assert inside.outputs[1] is inside.inputs[1]
    assert inside.outputs[-2:] == (inside.inputs[4], inside.parameters[5])
    assert float(run(function, [np.float32(2)], {weight: np.float32(1)})[1]) == 15


def test_a_variable_that_only_the_condition_reads() -> None:
    graph = Builder()
    limit, step = Variable("limit", Spec((), dtypes.int32)), Variable("step", Spec((), dtypes.int32))
    (count,) = ops.while_loop(
        lambda i: ops.less(i, i.graph.read(limit)), lambda i: [i + i.graph.read(step)], [graph.constant(0)]
    )
    function = graph.finish([count])
    condition, body = functions_of(loop_of(function))
    assert condition.captured == body.captured
    assert set(condition.captured) == {limit, step}
    assert int(run(function, [], {limit: np.int32(7), step: np.int32(3)})[0]) == 9


def test_a_loop_assigns_a_variable() -> None:
    graph = Builder()
    total = Variable("total", SCALAR)

    def body(i: Value) -> list[Value]:
        i.graph.assign(total, i.graph.read(total) + ops.cast(i, "float32"))
        return [i + 1]

    (count,) = ops.while_loop(lambda i: ops.less(i, 4), body, [graph.constant(0)])
    after = graph.read(total)
    function = graph.finish([count, after])
    assert function.written == {total}
    assert loop_of(function).op == "While"
    assert float(run(function, [], {total: np.float32(10)})[1]) == 16


def test_a_list_is_carried_through_a_loop() -> None:
    graph = Builder()
    x = graph.input(Spec((None, 2), dtypes.float32), "x")
    size = ops.getitem(ops.shape(x), 0)
    rows = ops.tensor_list_from_tensor(x)
    results = ops.tensor_list_reserve(size, (2,), dtypes.float32)

    def body(i: Value, results: Value, total: Value, rows: Value) -> list[Value]:
        total = total + ops.tensor_list_get_item(rows, i, (2,), dtypes.float32)
        return [i + 1, ops.tensor_list_set_item(results, i, total), total]

    start = [graph.constant(0), results, graph.constant(np.zeros(2, np.float32))]
    made = ops.while_loop(
        lambda i, *rest: ops.less(i, rest[-1]), lambda *a: body(*a[:-1]), start, [rows, size]
    )
    sums = ops.tensor_list_stack(made[1], (2,), dtypes.float32)
    assert made[2].shape == (2,)
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    function = graph.finish([sums])
    assert loop_of(function).op == "StatelessWhile"
    np.testing.assert_array_equal(run(function, [values], {})[0], values.cumsum(0))


@pytest.mark.parametrize(
    "body", [lambda i, x: [i + 1], lambda i, x: [i + 1, ops.cast(x, "float16")], lambda i, x: [x, x]]
)
def test_what_does_not_fit_the_operands(body: object) -> None:
    graph = Builder()
    with pytest.raises(
        GraphError, match=r"function while_body: its outputs are .*, expected \['int32', 'float32'\]"
    ):
        ops.while_loop(lambda i, x: ops.less(i, 3), body, [graph.constant(0), graph.constant(1.0)])  # type: ignore[arg-type]


def test_another_value_of_the_caller_is_refused() -> None:
    graph = Builder()
    start, other = graph.constant(0), graph.input(Spec((), dtypes.int32))
    with pytest.raises(GraphError, match="operands come from different functions"):
        ops.while_loop(lambda i: ops.less(i, 3), lambda i: [i + other], [start])
