"""The order of side effects, and what functions keep for them."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Node, Spec, Variable, emit_one
from kerasfmt.graph.side_effects import is_side_effect, needed_by


def variable(name: str = "dense/kernel") -> Variable:
    return Variable(name, Spec((2,), dtypes.float32))


def counting(step: Variable) -> Function:
    """A function that reads `step`, adds to it, and gives the old value."""
    graph = Builder("count")
    old = graph.read(step)
    graph.assign(step, old + 1.0)
    return graph.finish([old])


def reading(step: Variable) -> Function:
    graph = Builder("peek")
    return graph.finish([graph.read(step)])


def controls(node: Node) -> list[str]:
    return [n.name for n in node.controls]


def test_reads_and_writes_are_ordered() -> None:
    graph, step = Builder(), variable()
    first, second = graph.read(step), graph.read(step)
    graph.assign(step, first)
    write = graph.nodes[-1]
    third = graph.read(step)
    graph.assign(step, third)
    last = graph.nodes[-1]
    assert controls(first.node) == controls(second.node) == []
    assert controls(write) == [first.node.name, second.node.name]
    assert controls(third.node) == [write.name]
    assert controls(last) == [third.node.name, write.name]


def test_variables_are_ordered_apart() -> None:
    graph, a, b = Builder(), variable("a"), variable("b")
    graph.assign(a, graph.read(b))
    read = graph.read(a)
    assert controls(graph.read(b).node) == []
    assert len(read.node.controls) == 1


def test_calls_that_write_are_ordered_as_writes() -> None:
    graph, step = Builder(), variable()
    before = graph.read(step)
    (old,) = graph.call(counting(step), [])
    after = graph.read(step)
    assert controls(old.node) == [before.node.name]
    assert controls(after.node) == [old.node.name]


def test_calls_that_read_are_ordered_as_reads() -> None:
    graph, step = Builder(), variable()
    graph.read(step)
    (seen,) = graph.call(reading(step), [])
    assert controls(seen.node) == []
    graph.assign(step, seen)
    assert seen.node in graph.nodes[-1].controls


def test_the_shape_of_a_variable_is_read() -> None:
    graph, step = Builder(), variable()
    shape = emit_one("VariableShape", graph.capture(step))
    assert controls(graph.read(step).node) == []
    graph.assign(step, 1.0 * graph.read(step))
    assert shape.node in graph.nodes[-1].controls
    assert graph.finish([]).written == {step}


def test_what_a_callee_writes_is_written_by_the_caller() -> None:
    step, other = variable("step"), variable("other")
    function = counting(step)
    for _ in range(3):
        graph = Builder()
        graph.read(other)
        graph.call(function, [])
        function = graph.finish([])
    assert function.written == {step}
    assert set(function.captured) == {step, other}


def test_random_draws_are_pruned() -> None:
    graph = Builder()
    shape = graph.constant([2])
    drawn = emit_one("RandomUniform", shape, dtype=dtypes.float32)
    assert not is_side_effect(drawn.node)
    assert graph.finish([]).nodes == ()
    kept = graph.finish([drawn])
    assert kept.stateful
    assert kept.control_outputs == ()


def test_what_a_node_needs_is_what_it_takes_and_what_it_waits_for() -> None:
    graph = Builder()
    x = graph.input(Spec((2,), dtypes.float32))
    taken, waited, other = (emit_one("Relu", x).node for _ in range(3))
    last = emit_one("Neg", taken.outputs[0]).node
    last.controls.append(waited)
    assert needed_by([last]) == {last, taken, waited, x.node}
    assert other not in needed_by([last])
