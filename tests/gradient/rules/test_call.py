from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Function, Spec, Value, Variable, ops
from kerasfmt.graph.function import callees_of
from kerasfmt.graph.run import run
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
function, floats = CASES.function, CASES.floats


def dense(dtype: dtypes.DType) -> Function:
    graph = Builder("dense")
    x, w = graph.input(Spec((None, 3), dtype), "x"), graph.input(Spec((3, 2), dtype), "w")
    product = ops.matmul(x, w)
    return graph.finish([ops.tanh(product), ops.shape(product), product])


def twice(inner: Function) -> Function:
    """A function that calls another one twice."""
    graph = Builder("twice")
    x, w = (graph.input(v.spec, "x") for v in inner.inputs)
    first, _, product = graph.call(inner, [x, w])
    return graph.finish([first, graph.call(inner, [x * 2.0, w])[0], product])


def one_call(x: Value, w: Value) -> Sequence[Value]:
    return x.graph.call(dense(x.dtype), [x, w])


def calls_in_calls(x: Value, w: Value) -> Sequence[Value]:
    outer = twice(dense(x.dtype))
    first, second, _ = x.graph.call(outer, [x, w])
    return [first * second, *x.graph.call(outer, [x, w])[:1]]


def a_callee_without_gradients(x: Value) -> Sequence[Value]:
    graph = Builder("signs")
    inside = graph.input(x.spec, "x")
    function = graph.finish([ops.stop_gradient(inside), ops.shape(inside)])
    return [x.graph.call(function, [x])[0], x]


for _build in (one_call, calls_in_calls):
    function(_build, floats(4, 3), floats(3, 2))
function(a_callee_without_gradients, floats(4, 3), smooth=False)


class TestCall(RuleTests):
    cases = CASES
    elsewhere = frozenset({"StatefulPartitionedCall"})

    def test_a_callee_has_one_pair(self) -> None:
        case = next(case for case in CASES if case.build is calls_in_calls)
        pair = forward_backward(case.function())
        for made in (pair.forward, pair.backward):
            callees = [callee for node in made.nodes for callee in callees_of(node)]
            assert len(callees) == 2
            assert callees[0] is callees[1]

    def test_the_callee_stays_as_it_is(self) -> None:
        outer = CASES[0].function()
        (callee,) = (callee for node in outer.nodes for callee in callees_of(node))
        before = str(callee), str(outer)
        forward_backward(outer)
        assert (str(callee), str(outer)) == before

    def test_variables_of_the_callee(self) -> None:
        kernel = Variable("kernel", Spec((3, 2), dtypes.float32))
        graph = Builder("layer")
        x = graph.input(Spec((None, 3), dtypes.float32), "x")
        layer = graph.finish([ops.tanh(ops.matmul(x, kernel))])
        outer = Builder("model")
        x = outer.input(Spec((None, 3), dtypes.float32), "x")
        pair = forward_backward(outer.finish(outer.call(layer, [x])))
        rng = np.random.default_rng(3)
        weights, data, seed = (rng.random(s, np.float32) for s in ((3, 2), (4, 3), (4, 2)))
        forward = run(pair.forward, [data], {kernel: weights})
        given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], {kernel: weights})
        inner = seed * (1 - np.tanh(data @ weights) ** 2)
        assert pair.given == (0, 1)
        np.testing.assert_allclose(given[0], inner @ weights.T, rtol=1e-5)
        np.testing.assert_allclose(given[1], data.T @ inner, rtol=1e-5)
