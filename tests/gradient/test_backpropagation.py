from __future__ import annotations

from collections.abc import Callable

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.gradient import forward_backward
from kerasfmt.gradient.rule import RULES
from kerasfmt.graph import Builder, Function, Spec, ops
from tests.growth import assert_linear

FLOAT = Spec((None, 3), dtypes.float32)


def chain(count: int) -> Function:
    graph = Builder("f")
    first = y = graph.input(FLOAT, "x")
    for _ in range(count):
        y = ops.tanh(y + first)
    return graph.finish([y])


def test_gradients_of_a_value_that_is_used_often_are_added_once() -> None:
    pair = forward_backward(chain(4))
    (added,) = (node for node in pair.backward.nodes if node.op == "AddN")
    assert len(added.inputs) == 5


def test_what_no_output_needs_is_not_differentiated() -> None:
    graph = Builder("f")
    x, y = graph.input(FLOAT, "x"), graph.input(FLOAT, "y")
    graph.emit("Snapshot", y)  # has no gradient
    pair = forward_backward(graph.finish([ops.exp(x), ops.cast(y, "int32")]))
    assert pair.seeds == (0,)
    assert pair.given == (0, None)


def test_an_op_without_a_gradient_matters_only_in_between() -> None:
    graph = Builder("f")
    x = graph.input(FLOAT, "x")
    (copied,) = graph.emit("Snapshot", x)
    with pytest.raises(GraphError, match=r"op Snapshot \(Snapshot\): kerasfmt has no gradient for it"):
        forward_backward(graph.finish([ops.exp(copied)]))
    forward_backward(graph.finish([ops.exp(ops.stop_gradient(copied))]))


def test_arguments_that_are_outputs() -> None:
    graph = Builder("f")
    x, y = graph.input(FLOAT, "x"), graph.input(FLOAT, "y")
    pair = forward_backward(graph.finish([x, x, y]))
    assert pair.given == (0, 1)
    assert [v.node.op for v in pair.backward.outputs] == ["AddN", "Identity"]
    assert pair.taken == ()


def test_a_gradient_gets_the_shape_of_its_value() -> None:
    graph = Builder("f")
    x, size = graph.input(Spec((4, 3), dtypes.float32), "x"), graph.input(Spec((2,), dtypes.int32), "size")
    pair = forward_backward(graph.finish([ops.reshape(x, size)]))
    assert [v.shape for v in pair.backward.outputs] == [(4, 3)]


def test_a_gradient_of_another_shape_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Builder("f")
    x = graph.input(Spec((4, 3), dtypes.float32), "x")
    function = graph.finish([ops.tanh(ops.reshape(x, [12]))])
    monkeypatch.setitem(RULES._entries, "Reshape", lambda graph, node, grad: [grad, None])
    with pytest.raises(
        GraphError, match=r"op Reshape \(Reshape\): the gradient of x: shapes .* different ranks"
    ):
        forward_backward(function)


def test_work_grows_with_the_nodes() -> None:
    def make(count: int) -> Callable[[], object]:
        function = chain(count)
        return lambda: forward_backward(function)

    assert_linear(make, 100)
