"""Decoded functions that capture their last arguments."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, EagerConstant, Function, Spec, Value, Variable, emit_one, ops
from kerasfmt.graph.run import run
from kerasfmt.graphdef.binding import bind, written_places
from tests.graphdef.test_decode import KERNEL, STATE, X, decoder, dense, library

STEPS = Variable("steps", Spec((), dtypes.float32))
OTHER = Variable("other", Spec((), dtypes.float32))


def counting() -> Function:
    graph = Builder("counting")
    x = graph.input(Spec((2,), dtypes.float32), "x")
    graph.assign(STEPS, graph.read(STEPS) + 1.0)
    return graph.finish([x + graph.read(OTHER)])


def calling(callee: Function) -> Function:
    graph = Builder("calling")
    return graph.finish(graph.call(callee, [graph.input(Spec((2,), dtypes.float32), "x")]))


def looping() -> Function:
    graph = Builder("looping")
    x = graph.input(Spec((2,), dtypes.float32), "x")

    def body(i: Value, y: Value) -> list[Value]:
        y.graph.assign(STEPS, y.graph.read(STEPS) + 1.0)
        return [i + 1, y * 2.0]

    found = ops.while_loop(lambda i, _: emit_one("Less", i, 3), body, [graph.constant(0), x])
    return graph.finish([found[1]])


def decoded(function: Function) -> Function:
    messages = library(function).function
    name = next(m.signature.name for m in messages if function.name in m.signature.name)
    return decoder(messages).function(name)


def test_bound_functions_compute() -> None:
    found = decoded(dense())
    assert len(found.inputs) == 2
    bound = bind(found, [KERNEL])
    assert [value.node.name for value in bound.inputs] == ["x"]
    assert bound.captured == (KERNEL,)
    assert bound.definition is found.definition
    for got, expected in zip(run(bound, [X], dict(STATE)), run(dense(), [X], dict(STATE)), strict=True):
        assert np.array_equal(got, expected)


@pytest.mark.parametrize("function", [counting(), calling(counting()), looping()])
def test_what_is_written_is_known(function: Function) -> None:
    found = decoded(function)
    captured = [c for c in (STEPS, OTHER) if c in function.captured]
    order = [next(c for c in captured if c is each) for each in function.captured]
    bound = bind(found, order)
    assert bound.written == {STEPS}
    places = written_places(found)
    assert places == {1 + order.index(STEPS)}
    state = {STEPS: np.float32(1), OTHER: np.float32(2)}
    run(bound, [np.zeros(2, np.float32)], state)
    assert state[STEPS] > 1


def test_arguments_that_do_not_fit() -> None:
    found = decoded(dense())
    with pytest.raises(GraphError, match="expected 3 arguments"):
        bind(found, [KERNEL, KERNEL, KERNEL])
    with pytest.raises(GraphError, match="expected resource, got float32"):
        bind(found, [EagerConstant("c", np.zeros(2, np.float32))])
