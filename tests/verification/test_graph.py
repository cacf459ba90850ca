"""Graphs and functions: inputs, names, circles; healthy ones of every kind, and linear work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kerasfmt import protos
from kerasfmt.errors import UnsafeFileError
from kerasfmt.limits import limited
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.graph import GraphCheck, find_circle
from kerasfmt.verification.rules import consistency
from tests.growth import assert_linear

FLOAT = 1


def add(nodes: Any, op: str, name: str, *inputs: str) -> Any:
    node = nodes.add(name=name, op=op, input=inputs)
    node.attr["T" if op != "Placeholder" else "dtype"].type = FLOAT
    return node


def found_in(graph: Any, op_defs: Any = ()) -> list[str]:
    findings = Findings(Path("x"))
    with limited():
        GraphCheck(findings, graph, op_defs, "saved_model.pb").run()
    return [str(each) for each in findings.report("").findings]


def chain(count: int) -> Any:
    graph = protos.GraphDef()
    add(graph.node, "Placeholder", "n0")
    for number in range(1, count):
        add(graph.node, "Identity", f"n{number}", f"n{number - 1}:0")
    return graph


def test_a_chain_is_fine() -> None:
    assert found_in(chain(50)) == []


def test_nodes_in_another_order_are_fine() -> None:
    graph, turned = chain(50), protos.GraphDef()
    turned.node.extend(reversed(list(graph.node)))
    assert found_in(turned) == []


def test_a_loop_of_tensorflow_1_is_fine() -> None:
    graph = protos.GraphDef()
    add(graph.node, "Placeholder", "x")
    enter = add(graph.node, "Enter", "enter", "x")
    enter.attr["frame_name"].s = b"loop"
    merge = add(graph.node, "Merge", "merge", "enter", "next")
    merge.attr["N"].i = 2
    add(graph.node, "NextIteration", "next", "merge:0")
    assert found_in(graph) == []


def test_an_output_that_an_op_does_not_have() -> None:
    graph = chain(2)
    graph.node[1].input[0] = "n0:1"
    assert [text[:5] for text in found_in(graph)] == ["KF207"]


def test_a_control_input_comes_last_and_is_there() -> None:
    graph = chain(3)
    graph.node[2].input.insert(0, "^nobody")
    found = found_in(graph)
    assert any("after a node that it waits for" in text for text in found)
    assert any("waits for 'nobody'" in text for text in found)


def test_outputs_of_functions_go_by_name() -> None:
    graph = protos.GraphDef()
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=FLOAT)
    function.signature.output_arg.add(name="y", type=FLOAT)
    add(function.node_def, "Identity", "i", "x")
    function.ret["y"] = "i:output:0"
    assert found_in(graph) == []
    function.ret["y"] = "i:nothing:0"
    assert [text[:5] for text in found_in(graph)] == ["KF207"]
    function.ret["y"] = "i:output:0"
    function.signature.output_arg[0].type = 3
    assert [text[:5] for text in found_in(graph)] == ["KF208"]
    function.control_ret["wait"] = "nobody"
    assert any("nobody" in text for text in found_in(graph))


def test_a_function_may_be_called_like_an_op() -> None:
    graph = protos.GraphDef()
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.output_arg.add(name="y", type=FLOAT)
    add(function.node_def, "Placeholder", "p")
    function.ret["y"] = "p:output:0"
    graph.node.add(name="call", op="f")
    add(graph.node, "Identity", "after", "call:0")
    assert found_in(graph) == []


def test_an_unknown_op_is_named_once_and_its_outputs_are_not_missed() -> None:
    graph = chain(3)
    graph.node[1].op = "NobodysOp"
    assert [text[:5] for text in found_in(graph)] == ["KF205"]


def test_a_gradient_of_no_function() -> None:
    graph = protos.GraphDef()
    graph.library.gradient.add(function_name="f", gradient_func="g")
    assert all(text.startswith(consistency.FUNCTION_MISSING.code) for text in found_in(graph))
    assert len(found_in(graph)) == 2


def test_circles() -> None:
    assert find_circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c"]
    assert find_circle({"a": ["a"]}) == ["a"]
    assert find_circle({"a": ["b", "c"], "b": ["c"], "c": [], "d": ["nobody"]}) == []
    deep = {str(number): [str(number + 1)] for number in range(100_000)}
    assert find_circle(deep) == []


def test_functions_that_call_each_other() -> None:
    graph = protos.GraphDef()
    for name, other in (("f", "g"), ("g", "f")):
        function = graph.library.function.add()
        function.signature.name = name
        call = function.node_def.add(name="call", op="PartitionedCall")
        call.attr["f"].func.name = other
        for key in ("Tin", "Tout"):
            call.attr[key].list.SetInParent()
    assert [text[:5] for text in found_in(graph)] == [consistency.RECURSION.code]


def test_the_work_is_linear() -> None:
    def make(count: int) -> Any:
        graph = chain(count)
        turned = protos.GraphDef()
        turned.node.extend(reversed(list(graph.node)))
        return lambda: found_in(turned)

    assert_linear(make, 100)


def test_many_nodes_of_one_op_with_many_arguments() -> None:
    graph, op_def = protos.GraphDef(), protos.OpDef(name="Wide")
    for number in range(10_000):
        op_def.output_arg.add(name=f"o{number}", type=FLOAT)
        graph.node.add(name=f"n{number}", op="Wide")
    with pytest.raises(UnsafeFileError, match="node n"):
        found_in(graph, [op_def])
