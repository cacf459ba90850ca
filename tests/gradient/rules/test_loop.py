from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Spec, Value, Variable, emit, ops
from kerasfmt.graph.run import run
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
function, floats = CASES.function, CASES.floats

STEPS = 4


def less(limit: int) -> Callable[..., Value]:
    return lambda step, *_: ops.less(step, limit)


def simple_rnn(x: Value, h: Value, w: Value) -> Sequence[Value]:
    """A recurrent layer: it reads a list, and writes one."""
    shape = (None, 2)

    def body(step: Value, h: Value, out: Value, w: Value, rows: Value) -> Sequence[Value]:
        row = ops.tensor_list_get_item(rows, step, shape, x.dtype)
        h = ops.tanh(ops.matmul(h, w) + row)
        return [step + 1, h, ops.tensor_list_set_item(out, step, h)]

    zero, steps = x.graph.constant(0), x.graph.constant(STEPS)
    out = ops.tensor_list_reserve(steps, shape, x.dtype)
    operands, invariants = [zero, h, out], [w, ops.tensor_list_from_tensor(x)]
    _, h, out = ops.while_loop(less(STEPS), body, operands, invariants, maximum_iterations=steps)
    return [h, ops.tensor_list_stack(out, shape, x.dtype, STEPS)]


def masked_rnn(x: Value, h: Value, mask: Value) -> Sequence[Value]:
    """A recurrent layer that leaves its state as it is where the mask says so."""

    def body(step: Value, h: Value, rows: Value, masks: Value) -> Sequence[Value]:
        row = ops.tensor_list_get_item(rows, step, (None, 2), x.dtype)
        held = ops.tensor_list_get_item(masks, step, (None, 1), dtypes.bool_)
        new = ops.sigmoid(h * row)
        return [step + 1, ops.where(ops.tile(held, [1, 2]), new, h)]

    invariants = [ops.tensor_list_from_tensor(x), ops.tensor_list_from_tensor(mask)]
    return ops.while_loop(less(STEPS), body, [x.graph.constant(0), h], invariants)[1:]


def powers(x: Value) -> Sequence[Value]:
    """A loop without a bound, of which some operands matter in part."""

    def body(step: Value, y: Value, z: Value, x: Value) -> Sequence[Value]:
        return [step + 1, y * x, ops.stop_gradient(z)]

    return ops.while_loop(less(3), body, [x.graph.constant(0), x, x], [x])[1:2]


def loop_in_a_loop(x: Value, y: Value) -> Sequence[Value]:
    def inner(step: Value, a: Value, b: Value) -> Sequence[Value]:
        return [step + 1, ops.sin(a * b)]

    def outer(step: Value, a: Value, b: Value) -> Sequence[Value]:
        _, a = ops.while_loop(less(2), inner, [step.graph.constant(0), a], [ops.exp(b)])
        return [step + 1, a + b]

    return ops.while_loop(less(3), outer, [x.graph.constant(0), x], [y])[1:]


def branch_in_a_loop(x: Value) -> Sequence[Value]:
    def body(step: Value, a: Value) -> Sequence[Value]:
        even = ops.equal(ops.floor_mod(step, 2), 0)
        return [step + 1, ops.cond(even, lambda v: ops.tanh(v) * v, lambda v: ops.exp(v) * v, [a * 1.5])]

    return ops.while_loop(less(3), body, [x.graph.constant(0), x])[1:]


def loop_in_a_branch(x: Value, taken: Value) -> Sequence[Value]:
    def looped(a: Value) -> Value:
        body = lambda step, v, a: [step + 1, ops.sin(v) * a]  # noqa: E731
        return ops.while_loop(less(3), body, [a.graph.constant(0), a], [a])[1]

    return [ops.cond(taken, looped, lambda a: a * a, [x])]


def call_in_a_loop(x: Value) -> Sequence[Value]:
    graph = Builder("step")
    inside = graph.input(x.spec, "x")
    step_function = graph.finish([ops.tanh(inside) * inside])

    def body(step: Value, a: Value) -> Sequence[Value]:
        return [step + 1, *a.graph.call(step_function, [a])]

    return ops.while_loop(less(3), body, [x.graph.constant(0), x])[1:]


def no_iteration(x: Value) -> Sequence[Value]:
    body = lambda step, v: [step + 1, ops.sin(v)]  # noqa: E731
    return ops.while_loop(less(0), body, [x.graph.constant(0), x])[1:]


function(simple_rnn, floats(STEPS, 3, 2), floats(3, 2), floats(2, 2), known=("all", "some"))
_MASK = np.array([[[n % (s + 2) != 0] for n in range(3)] for s in range(STEPS)])
function(masked_rnn, floats(STEPS, 3, 2), floats(3, 2), _MASK, known=("all", "some"))
for _build in (powers, branch_in_a_loop, call_in_a_loop, no_iteration):
    function(_build, floats(2, 3))
function(loop_in_a_loop, floats(2, 3), floats(2, 3))
for _taken in (True, False):
    function(loop_in_a_branch, floats(2, 3), np.array(_taken))


FIRST, SECOND = (Variable(name, Spec((3,), dtypes.float64)) for name in ("first", "second"))


def variables_of_branches(count: Value, x: Value) -> Value:
    even = ops.equal(ops.floor_mod(count, 2), 0)
    return ops.cond(even, lambda v: v * FIRST + ops.sin(v), lambda v: v * SECOND * 1.5, [x])


def variables_of_a_callee(count: Value, x: Value) -> Value:
    graph = Builder("callee")
    made = graph.finish([ops.tanh(graph.input(x.spec, "x") * SECOND)])
    return x.graph.call(made, [x])[0] * FIRST


def variables_of_an_inner_loop(count: Value, x: Value) -> Value:
    body = lambda step, v: [step + 1, ops.sin(v * FIRST) * SECOND]  # noqa: E731
    return ops.while_loop(less(2), body, [x.graph.constant(0), x])[1]


STEPS_WITH_VARIABLES = (variables_of_branches, variables_of_a_callee, variables_of_an_inner_loop)


class TestLoop(RuleTests):
    cases = CASES
    elsewhere = frozenset({"While"})

    def test_variables_of_the_body(self) -> None:
        weight = Variable("weight", Spec((3,), dtypes.float32))
        graph = Builder("f")
        x = graph.input(Spec((None, 3), dtypes.float32), "x")
        body = lambda step, v: [step + 1, v * weight]  # noqa: E731
        made = graph.finish(ops.while_loop(less(3), body, [graph.constant(0), x])[1:])
        assert "While" in [node.op for node in made.nodes]
        pair = forward_backward(made)
        rng = np.random.default_rng(3)
        w, data, seed = (rng.random(s, np.float32) for s in ((3,), (2, 3), (2, 3)))
        forward = run(pair.forward, [data], {weight: w})
        given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], {weight: w})
        found = [None if i is None else given[i] for i in pair.given]
        np.testing.assert_allclose(found[0], seed * w**3, rtol=1e-5)
        np.testing.assert_allclose(found[1], (3 * w**2 * data * seed).sum(0), rtol=1e-5)

    @pytest.mark.parametrize("step", STEPS_WITH_VARIABLES)
    def test_variables_deeper_inside(self, step: Callable[[Value, Value], Value]) -> None:
        graph = Builder("f")
        x = graph.input(Spec((None, 3), dtypes.float64), "x")
        body = lambda count, v: [count + 1, step(count, v)]  # noqa: E731
        made = graph.finish(ops.while_loop(less(3), body, [graph.constant(0), x])[1:])
        pair = forward_backward(made)
        rng = np.random.default_rng(3)
        state = {v: rng.random(3) for v in (FIRST, SECOND)}
        data, seed = rng.random((2, 3)), rng.random((2, 3))
        forward = run(pair.forward, [data], dict(state))
        given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], dict(state))
        for variable, place in zip(made.variables, pair.given[1:], strict=True):
            assert isinstance(place, int)
            for index in range(3):
                sides = []
                for move in (1e-6, -1e-6):
                    moved = {v: a.copy() for v, a in state.items()}
                    moved[variable][index] += move
                    sides.append((run(made, [data], moved)[0] * seed).sum())
                assert given[place][index] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5)

    def test_a_loop_that_does_not_count(self) -> None:
        graph, step, goes_on = Builder("f"), Builder("body"), Builder("cond")
        spec = Spec((), dtypes.float32)
        x = graph.input(spec, "x")
        (inside,) = (step.input(spec, "x"),)
        condition = goes_on.finish([ops.less(goes_on.input(spec, "x"), 3.0)])
        out = emit("StatelessWhile", [x], cond=condition, body=step.finish([inside * 2.0]))
        with pytest.raises(
            GraphError, match="its gradient needs a counter and the greatest number of iterations"
        ):
            forward_backward(graph.finish(out))
