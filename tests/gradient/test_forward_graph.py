from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.gradient.forward_graph import ForwardGraph, in_order
from kerasfmt.graph import Builder, Function, Spec, Variable, ops
from kerasfmt.graph.run import run


def original() -> tuple[Function, Variable]:
    weight = Variable("weight", Spec((3,), dtypes.float32))
    graph = Builder("f")
    x = graph.input(Spec((None, 3), dtypes.float32), "Input 1")
    y = ops.tanh(x) * weight
    ops.assign_add(weight, graph.constant(np.ones(3, np.float32)))
    return graph.finish([y, x + graph.read(weight)], compiled=True), weight


def test_a_copy_is_the_same_function() -> None:
    function, weight = original()
    copy = ForwardGraph(function, "copy")
    made = copy.finished(copy.outputs)
    assert str(made) == str(function).replace("function f(", "function copy(")
    assert (made.input_names, made.variables, made.written) == (("Input 1",), (weight,), function.written)
    assert made.compiled
    state = {weight: np.ones(3, np.float32)}, {weight: np.ones(3, np.float32)}
    data = np.ones((2, 3), np.float32)
    for ours, theirs in zip(run(made, [data], state[0]), run(function, [data], state[1]), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(state[0][weight], state[1][weight])


def test_nodes_may_come_later_than_what_depends_on_them() -> None:
    graph = Builder("f")
    x = graph.input(Spec((), dtypes.float32), "x")
    last = ops.tanh(ops.exp(x))
    copy = ForwardGraph(graph.finish([last]), "copy")
    later = ops.sin(copy.parameters[0])
    copy.nodes[0].inputs = (later,)
    made = copy.finished(copy.outputs)
    assert [node.op for node in made.nodes] == ["Sin", "Exp", "Tanh"]
    assert in_order(made.nodes) == list(made.nodes)


def test_a_long_chain_is_ordered_without_recursion() -> None:
    graph = Builder("f")
    x = graph.input(Spec((), dtypes.float32), "x")
    for _ in range(5000):
        x = ops.sin(x)
    assert in_order(reversed(graph.nodes)) == graph.nodes


def test_a_node_grows() -> None:
    graph = Builder("f")
    x = graph.input(Spec((4, 2), dtypes.float32), "x")
    parts = ops.split(x, 2, 0)
    copy = ForwardGraph(graph.finish([parts[0], ops.exp(parts[0])]), "copy")
    node = next(n for n in copy.nodes if n.op == "Split")
    first, second = node.outputs
    copy.grow(node, {"num_split": 3}, [Spec((1, 2), dtypes.float32)])
    assert node.outputs[:2] == (first, second)
    assert [v.index for v in node.outputs] == [0, 1, 2]
    assert node.attrs["num_split"] == 3
    copy.grow(node, {}, [Spec((9,), dtypes.float32)], at=1)
    assert [v.shape for v in node.outputs] == [(2, 2), (9,), (2, 2), (1, 2)]
    assert [v.index for v in node.outputs] == [0, 1, 2, 3]


def test_handles_that_are_used_stay_where_they_are() -> None:
    weight = Variable("weight", Spec((), dtypes.float32))
    graph = Builder("f")
    (handle,) = graph.emit("Identity", graph.capture(weight))
    (read,) = graph.emit("ReadVariableOp", handle, dtype=dtypes.float32)
    copy = ForwardGraph(graph.finish([read]), "copy")
    node = next(n for n in copy.nodes if n.op == "Identity")
    with pytest.raises(GraphError, match="the handles of variables that it gives are used"):
        copy.grow(node, {}, [Spec((), dtypes.float32)], at=0)
