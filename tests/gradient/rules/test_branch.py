from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Spec, Value, Variable, ops
from kerasfmt.graph.run import run
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
function, floats = CASES.function, CASES.floats


def nonlinear(x: Value) -> Value:
    return ops.tanh(ops.exp(x)) * x


def branches_that_need_different_values(x: Value, taken: Value) -> Sequence[Value]:
    return [ops.cond(taken, nonlinear, ops.sigmoid, [x])]


def a_branch_that_drops_an_operand(x: Value, y: Value, taken: Value) -> Sequence[Value]:
    return [ops.cond(taken, lambda a, b: a * 2.0, lambda a, b: a * b, [x, y])]


def branches_that_need_nothing(x: Value, y: Value, taken: Value) -> Sequence[Value]:
    return [ops.cond(taken, lambda a, b: a + b, lambda a, b: a - b, [x, y])]


def branch_in_a_branch(x: Value, taken: Value) -> Sequence[Value]:
    def inner(a: Value, also: Value) -> Value:
        return ops.cond(also, nonlinear, ops.tanh, [ops.exp(a)]) * a

    return [ops.cond(taken, inner, lambda a, also: ops.sigmoid(a) * 3.0, [x, taken])]


def branches_without_gradients(x: Value, taken: Value) -> Sequence[Value]:
    return [ops.cond(taken, ops.stop_gradient, lambda a: ops.stop_gradient(ops.exp(a)), [x]), x]


def two_branches(x: Value, taken: Value) -> Sequence[Value]:
    first = ops.cond(taken, nonlinear, ops.sigmoid, [x])
    return [first, ops.cond(taken, ops.sigmoid, nonlinear, [first])]


for _taken in (True, False):
    _flag = np.array(_taken)
    function(branches_that_need_different_values, floats(2, 3), _flag)
    function(a_branch_that_drops_an_operand, floats(2, 3), floats(2, 3), _flag)
    function(branches_that_need_nothing, floats(2, 3), floats(2, 3), _flag)
    function(branch_in_a_branch, floats(2, 3), _flag)
    function(branches_without_gradients, floats(2, 3), _flag, smooth=False)
    function(two_branches, floats(2, 3), _flag)


class TestBranch(RuleTests):
    cases = CASES
    elsewhere = frozenset({"If"})

    def test_variables_of_the_branches(self) -> None:
        weights = [Variable(name, Spec((3,), dtypes.float32)) for name in ("a", "b")]
        graph = Builder("f")
        x, taken = (
            graph.input(Spec((None, 3), dtypes.float32), "x"),
            graph.input(Spec((), dtypes.bool_), "taken"),
        )
        times: list[Callable[[Value], Value]] = [
            lambda v: v * weights[0] * v,
            lambda v: ops.tanh(v) * weights[1],
        ]
        made = graph.finish([ops.cond(taken, times[0], times[1], [x])])
        assert [node.op for node in made.nodes] == ["If"]
        pair = forward_backward(made)
        rng = np.random.default_rng(3)
        state = {v: rng.random(3, np.float32) for v in weights}
        data, seed = rng.random((2, 3), np.float32), rng.random((2, 3), np.float32)
        for flag in (True, False):
            forward = run(pair.forward, [data, np.array(flag)], dict(state))
            given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], dict(state))
            found = [None if i is None else given[i] for i in pair.given]
            first, second = (data**2 * seed).sum(0), (np.tanh(data) * seed).sum(0)
            wanted = [first, 0 * first] if flag else [0 * second, second]
            assert found[1] is None
            for ours, theirs in zip(found[2:], wanted, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-5)
