"""Calls, branches and loops: what they compute, and what they leave in variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Shape, Spec, Value, Variable, emit, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
SAMPLES.case("NoOp")

SCALAR = Spec((), dtypes.float32)
COUNT = Spec((), dtypes.int32)
Body = Callable[..., Sequence[Value]]


def function(name: str, specs: Sequence[Spec], body: Body, variables: Sequence[Variable] = ()) -> Function:
    """A function of the specs that captures the variables and gives what `body` gives of its inputs."""
    graph = Builder(name)
    inputs = [graph.input(spec) for spec in specs]
    for variable in variables:
        graph.capture(variable)
    return graph.finish(body(*inputs))


def loop(
    condition: Body,
    body: Body,
    start: Sequence[tuple[Spec, Any]],
    variables: Sequence[Variable] = (),
    output_shapes: Sequence[Shape] = (),
) -> Function:
    """A function without inputs that loops from the constants `start`; its body has the handles as outputs too."""
    specs = [spec for spec, _ in start]

    def whole(*values: Value) -> list[Value]:
        results = list(body(*values))
        return [*results, *(results[0].graph.capture(v) for v in variables)]

    graph = Builder("loop")
    operands = [graph.constant(np.asarray(value, spec.dtype.numpy)) for spec, value in start]
    handles = [graph.capture(v) for v in variables]
    outputs = emit(
        "While" if variables else "StatelessWhile",
        [*operands, *handles],
        cond=function("cond", specs, condition, variables),
        body=function("body", specs, whole, variables),
        output_shapes=[*output_shapes, *[()] * len(handles)] if output_shapes else [],
    )
    return graph.finish(outputs[: len(operands)])


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "branches that differ in a dimension": (
            lambda: ops.cond(
                (x := value(None, 3)).graph.input(Spec((), dtypes.bool_)),
                lambda v: v,
                lambda v: ops.concat([v, v], 1),
                [x],
            ),
            (None, None),
            ["StatelessIf"],
        ),
    }
    refused = {
        "branches of two dtypes": (
            lambda: ops.cond(
                (x := value(3)).graph.input(Spec((), dtypes.bool_)),
                lambda v: v,
                lambda v: ops.cast(v, "float16"),
                [x],
            ),
            r"function cond_false: its outputs are \['float16'\], expected \['float32'\]",
        ),
        "what is not an operand": (
            lambda: ops.cond(
                (x := value(3)).graph.input(Spec((), dtypes.bool_)), lambda v: x, lambda v: v, [x]
            ),
            "function cond_true: its output .* is of function ",
        ),
    }


def test_branches_give_several_values() -> None:
    graph = Builder("branches")
    x, larger = graph.input(SCALAR), graph.input(Spec((), dtypes.bool_))
    pair = ops.cond_list(larger, lambda v: [v + 1.0, v], lambda v: [v, ops.tile(v, [])], [x])
    assert [v.shape for v in pair] == [(), ()]
    function = graph.finish(pair)
    assert run(function, [np.float32(2), np.bool_(True)], {}) == [3, 2]
    assert run(function, [np.float32(2), np.bool_(False)], {}) == [2, 2]


def less_than(limit: int) -> Body:
    return lambda i, *_: [ops.less(i, limit)]


def variable(name: str, spec: Spec = SCALAR) -> Variable:
    return Variable(name, spec)


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_a_loop_counts(limit: int) -> None:
    made = loop(less_than(limit), lambda i, x: [i + 1, x * 2.0], [(COUNT, 0), (SCALAR, 1.5)])
    count, power = run(made, [], {})
    assert (int(count), float(power)) == (limit, 1.5 * 2**limit)
    assert [v.shape for v in made.outputs] == [(), ()]


def test_the_shapes_that_a_loop_keeps_are_known() -> None:
    start = [(COUNT, 0), (Spec((2, 3), dtypes.float32), np.ones((2, 3)))]
    made = loop(less_than(2), lambda i, x: [i + 1, x + 1.0], start)
    assert [v.shape for v in made.outputs] == [(), (2, 3)]
    np.testing.assert_array_equal(run(made, [], {})[1], np.full((2, 3), 3))


def test_a_shape_may_grow_where_the_shapes_of_the_outputs_allow_it() -> None:
    made = loop(
        less_than(4),
        lambda i, x: [i + 1, ops.concat([x, ops.reshape(ops.cast(i, "float32"), [1])], 0)],
        [(COUNT, 0), (Spec((None,), dtypes.float32), np.zeros(0))],
        output_shapes=[(), (None,)],
    )
    assert made.outputs[1].shape == (None,)
    assert run(made, [], {})[1].tolist() == [0, 1, 2, 3]


def test_a_shape_that_grows_is_not_taken_for_that_of_the_start() -> None:
    made = loop(
        less_than(2),
        lambda i, x: [i + 1, ops.concat([x, [1.0]], 0)],
        [(COUNT, 0), (Spec((None,), dtypes.float32), np.zeros(3))],
    )
    assert made.outputs[1].shape == (None,)
    assert run(made, [], {})[1].shape == (5,)


def test_a_loop_reads_and_assigns_variables() -> None:
    step, total = variable("step"), variable("total")

    def body(i: Value) -> list[Value]:
        graph = i.graph
        graph.assign(total, graph.read(total) + graph.read(step))
        graph.assign(step, graph.read(step) * 2.0)
        return [i + 1]

    made = loop(less_than(4), body, [(COUNT, 0)], [step, total])
    state = {step: np.float32(1), total: np.float32(100)}
    assert int(run(made, [], state)[0]) == 4
    assert (float(state[step]), float(state[total])) == (16, 115)
    assert made.written == {step, total}


def test_the_condition_of_a_loop_reads_what_its_body_assigns() -> None:
    step = variable("step")

    def condition(i: Value) -> list[Value]:
        return [ops.less(i.graph.read(step), 5.0)]

    def body(i: Value) -> list[Value]:
        i.graph.assign(step, i.graph.read(step) + 2.0)
        return [i + 1]

    state = {step: np.float32(0)}
    assert int(run(loop(condition, body, [(COUNT, 0)], [step]), [], state)[0]) == 3
    assert float(state[step]) == 6


def test_loops_nest() -> None:
    inner = loop(less_than(3), lambda i, x: [i + 1, x + 1.0], [(COUNT, 0), (SCALAR, 0.0)])

    def body(i: Value, x: Value) -> list[Value]:
        return [i + 1, x + i.graph.call(inner, [])[1]]

    assert float(run(loop(less_than(4), body, [(COUNT, 0), (SCALAR, 0.0)]), [], {})[1]) == 12


def test_a_loop_is_ordered_by_what_its_functions_write() -> None:
    read, written = variable("read"), variable("written")

    def body(i: Value) -> list[Value]:
        i.graph.assign(written, i.graph.read(read))
        return [i + 1]

    graph = Builder()
    before = [graph.read(v).node for v in (read, written)]
    handles = [graph.capture(v) for v in (read, written)]

    def with_handles(i: Value) -> list[Value]:
        return [*body(i), *(i.graph.capture(v) for v in (read, written))]

    outputs = graph.emit(
        "While",
        [graph.constant(0), *handles],
        cond=function("cond", [COUNT], less_than(2), (read, written)),
        body=function("body", [COUNT], with_handles, (read, written)),
    )
    node = outputs[0].node
    assert node.controls == [before[1]]
    assert graph.read(read).node.controls == []
    assert graph.read(written).node.controls == [node]
    assert graph.finish([outputs[0]]).written == {written}


def branching(choose: Callable[[Builder, Variable], None], *variables: Variable) -> tuple[Builder, Value]:
    """A branch on two variables: each side does `choose` to one and gives its content then."""
    graph = Builder()
    branches = {}
    for attr, chosen in zip(("then_branch", "else_branch"), variables, strict=True):
        inner = Builder(attr)
        for v in variables:
            inner.capture(v)
        choose(inner, chosen)
        branches[attr] = inner.finish([inner.read(chosen)])
    condition = graph.input(Spec((), dtypes.bool_))
    handles = [graph.capture(v) for v in variables]
    return graph, graph.emit("If", condition, handles, Tout=[dtypes.float32], **branches)[0]


def add_one(graph: Builder, variable: Variable) -> None:
    graph.assign(variable, graph.read(variable) + 1.0)


def test_branches_are_ordered_by_what_they_write() -> None:
    a, b = variable("a"), variable("b")
    for choose, follows in ((add_one, True), (lambda *_: None, False)):
        graph, out = branching(choose, a, b)
        assert (out.node in graph.read(a).node.controls) == follows
        assert graph.finish([out]).written == ({a, b} if follows else set())


def test_a_function_on_other_variables_branches_on_those() -> None:
    a, b, other_a, other_b = (variable(name) for name in ("a", "b", "other_a", "other_b"))
    graph, out = branching(add_one, a, b)
    made = graph.finish([out]).with_captures({a: other_a, b: other_b}, "other")
    state = {other_a: np.float32(10), other_b: np.float32(20)}
    assert float(run(made, [np.bool_(True)], state)[0]) == 11
    assert float(run(made, [np.bool_(False)], state)[0]) == 21
    assert state == {other_a: 11, other_b: 21}


def test_a_loop_of_functions_that_are_only_named_cannot_run() -> None:
    graph = Builder()
    (out,) = graph.emit("StatelessWhile", [graph.constant(0)], cond="cond", body="body")
    with pytest.raises(
        GraphError,
        match=r"StatelessWhile \(StatelessWhile\): attribute cond: expected a function, got 'cond'",
    ):
        run(graph.finish([out]), [], {})


@pytest.mark.parametrize("op", ["Case", "StatelessCase"])
@pytest.mark.parametrize(("number", "expected"), [(0, 10), (1, 20), (2, 30), (-1, 30), (9, 30)])
def test_one_of_several_branches_runs(op: str, number: int, expected: int) -> None:
    branches = []
    for factor in (1, 2, 3):
        inner = Builder(f"branch_{factor}")
        branches.append(inner.finish([inner.input(Spec((), dtypes.float32)) * float(factor)]))
    graph = Builder()
    index, x = graph.input(Spec((), dtypes.int32)), graph.input(Spec((), dtypes.float32))
    (out,) = graph.emit(op, index, [x], branches=branches, Tout=[dtypes.float32])
    assert out.shape == ()
    assert run(graph.finish([out]), [np.int32(number), np.float32(10)], {}) == [expected]


def test_a_branch_that_is_only_named_cannot_run() -> None:
    graph = Builder()
    index = graph.input(Spec((), dtypes.int32))
    (out,) = graph.emit("StatelessCase", index, [], branches=["one"], Tout=[dtypes.float32])
    with pytest.raises(GraphError, match="expected a function as a branch, got 'one'"):
        run(graph.finish([out]), [np.int32(0)], {})
