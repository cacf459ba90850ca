"""Functions with the branches and loops of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder
from kerasfmt.graph.frames import Frame, has_frames, root_of
from kerasfmt.graph.run import run
from tests.graph.graphs_of_frames import FLOAT, Graph, add_loop, branch, loop


def compute(graph: Graph, x: float, p: bool = True, *outputs: str) -> list[float]:
    function = graph.function(*(outputs or ("merge",)))
    return [np.asarray(each).item() for each in run(function, [np.float32(x), np.bool_(p)], {})]


def test_which_functions_hold_them() -> None:
    assert has_frames(branch().function("merge"))
    assert not has_frames(Builder("f").finish([]))


@pytest.mark.parametrize(("p", "expected"), [(True, [6.0, 1]), (False, [-3.0, 0])])
def test_one_of_two_branches_runs(p: bool, expected: list[float]) -> None:
    assert compute(branch(), 3, p, "merge", "merge:1") == expected


def test_what_is_dead_does_not_run() -> None:
    graph = branch()
    graph.add("fails", "Unheard", "switch:1")
    graph.nodes[-1].op = "Assert"
    del graph.nodes[-1].input[:]
    graph.nodes[-1].input.extend(["no", "text"])
    graph.nodes[-1].attr["T"].list.type.append(FLOAT.enum)
    graph.add("no", "IsNan", "text", T=FLOAT)
    graph.add("text", "Identity", "switch:1", T=FLOAT)
    graph.add("after", "Identity", "negative", "^fails", T=FLOAT)
    graph.add("other", "Merge", "after", "x", T=FLOAT, N=2)
    assert compute(graph, 3, False, "other") == [3.0]  # the Assert is dead, and so is what waits for it
    with pytest.raises(Exception, match="op Assert"):
        compute(graph, 3, True, "other")


def test_an_output_of_the_other_branch() -> None:
    with pytest.raises(
        GraphError, match="output twice: expected a value, got one of a branch that was not taken"
    ):
        compute(branch(), 3, False, "twice")


@pytest.mark.parametrize(("x", "expected"), [(3, 192), (100, 100), (1, 128)])
def test_a_loop_goes_on_while_its_condition_holds(x: float, expected: float) -> None:
    assert compute(loop(), x, True, "exit") == [expected]
    graph = loop()
    graph.add("more", "Neg", "exit", T=FLOAT)
    assert compute(graph, x, True, "more", "exit") == [-expected, expected]


def test_loops_one_after_the_other_and_in_a_branch() -> None:
    graph = loop()
    graph.add("less_again", "Neg", "exit", T=FLOAT)
    add_loop(graph, "second", "less_again", "b_")
    with pytest.raises(GraphError, match="expected"):
        graph.function("b_exit:7")
    graph = branch()
    add_loop(graph, "in_branch", "twice", "b_")
    graph.add("either", "Merge", "negative", "b_exit", T=FLOAT, N=2)
    assert compute(graph, 3, True, "either") == [192]
    assert compute(graph, 3, False, "either") == [-3]


def test_a_loop_in_a_loop() -> None:
    graph = loop()
    nodes = {node.name: node for node in graph.nodes}
    nodes["bound"].attr["value"].tensor.float_val[0] = 1000
    nodes["double"].input[0] = "b_exit"
    add_loop(graph, "inner", "body", "b_")
    inner = {node.name: node for node in graph.nodes}
    inner["b_bound"].input.append("^body")
    assert compute(graph, 3, True, "exit") == [1536]  # 3 -> 192, 384 -> 384, 768 -> 768, 1536
    root = root_of(graph.function("exit"))
    (outer,) = [step for step in root.steps if isinstance(step, Frame)]
    assert (outer.name, outer.parent) == ("loop", root)
    assert [step.name for step in outer.steps if isinstance(step, Frame)] == ["inner"]


def _no_condition(graph: Graph) -> None:
    graph.nodes[:] = [node for node in graph.nodes if node.name != "cond"]
    graph.add("cond", "Identity", "less", T=FLOAT)
    graph.nodes[-1].attr["T"].type = 10


def _no_enter(graph: Graph) -> None:
    next(node for node in graph.nodes if node.name == "enter").op = "Identity"
    next(node for node in graph.nodes if node.name == "limit").op = "Identity"
    for node in graph.nodes:
        if node.name in ("enter", "limit"):
            node.attr.pop("frame_name")
            node.attr.pop("is_constant", None)


def _exit_outside(graph: Graph) -> None:
    next(node for node in graph.nodes if node.name == "exit").input[0] = "x"


def _two_frames(graph: Graph) -> None:
    graph.add("foreign", "Enter", "x", T=FLOAT, frame_name="foreign")
    next(node for node in graph.nodes if node.name == "less").input[1] = "foreign"


def _back_first(graph: Graph) -> None:
    next(node for node in graph.nodes if node.name == "merge").input[:] = ["next", "enter"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_no_condition, "loop loop: expected a LoopCond, got none"),
        (_no_enter, "expected a node of a loop|a loop without an Enter"),
        (_exit_outside, r"node exit \(Exit\): expected a node of a loop"),
        (_two_frames, r"its inputs are of the loops \['foreign', 'loop'\], expected one"),
        (_back_first, r"node merge \(Merge\): expected an Enter and a NextIteration"),
    ],
)
def test_loops_that_are_not_well_formed(change: Callable[[Graph], None], said: str) -> None:
    graph = loop()
    change(graph)
    with pytest.raises(GraphError, match=said):
        compute(graph, 3, True, "exit")


def test_what_enters_a_loop_does_not_follow_from_it() -> None:
    graph = loop()
    graph.add("after", "Neg", "exit", T=FLOAT)
    graph.add("late", "Enter", "after", T=FLOAT, frame_name="loop", is_constant=True)
    graph.add("sum", "AddV2", "body", "late", T=FLOAT)
    next(node for node in graph.nodes if node.name == "double").input[0] = "sum"
    with pytest.raises(GraphError, match="what enters it follows from what leaves it"):
        compute(graph, 3, True, "exit")


def test_loops_that_are_nested_too_deeply() -> None:
    graph = Graph()
    at = "x"
    for number in range(70):
        at = graph.add(f"enter{number}", "Enter", at, T=FLOAT, frame_name=f"loop{number}")
    with pytest.raises(GraphError, match="loop loop64: is nested more than 64 deep"):
        compute(graph, 3, True, at)


def test_the_number_of_arguments() -> None:
    with pytest.raises(GraphError, match="expected 2 inputs, got 1"):
        run(branch().function("merge"), [np.float32(1)], {})
