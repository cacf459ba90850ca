"""Graphs for an older line of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kerasfmt import protos
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.graph.line_op_defs import newest, ops_of
from kerasfmt.graphdef import older_line, stablehlo
from kerasfmt.graphdef.older_line import Lowering

DATA = Path(__file__).parents[1] / "data" / "stablehlo"
FLOAT = 1


def graph(op: str, in_function: bool = False, **attrs: Any) -> Any:
    found = protos.GraphDef()
    found.versions.producer = 2000
    function = found.library.function.add()
    function.signature.name = "f"
    node = (function.node_def if in_function else found.node).add(name="n", op=op)
    for name, value in attrs.items():
        node.attr[name].CopyFrom(protos.AttrValue(**value))
    return found


def lowered(graph: Any, in_file: Any = ()) -> Lowering:
    lowering = Lowering("2.15", "model")
    lowering.lower(graph, in_file)
    return lowering


@pytest.mark.parametrize("in_function", [False, True])
def test_new_attributes_with_their_defaults_are_left_out(in_function: bool) -> None:
    found = graph("MatMul", in_function, T={"type": FLOAT}, grad_a={"b": False}, _own={"i": 1})
    lowering = lowered(found)
    node = (found.library.function[0].node_def if in_function else found.node)[0]
    assert sorted(node.attr) == ["T", "_own"]
    assert lowering.removed == {"MatMul.grad_a": 1}
    assert found.versions.producer == 1645


def test_hints_are_left_out() -> None:
    found = graph("MatMul", T={"type": FLOAT}, grad_a={"b": True})
    assert lowered(found).removed == {"MatMul.grad_a": 1}
    assert list(found.node[0].attr) == ["T"]


def test_new_attributes_with_other_values_are_refused() -> None:
    values = {"Tindices": {"type": 3}, "T": {"type": FLOAT}, "bad_indices_policy": {"s": b"IGNORE"}}
    with pytest.raises(UnsupportedFormatError, match="its ScatterNd has no attribute bad_indices_policy"):
        lowered(graph("ScatterNd", **values))


def test_ops_that_the_line_lacks_are_refused_by_name() -> None:
    found = graph("DecodeWebP")
    found.node.add(name="m", op="DecodeWebP")
    found.node.add(name="o", op="GlobalIterId")
    with pytest.raises(
        UnsupportedFormatError, match=r"it has no op DecodeWebP \(2\); it has no op GlobalIterId \(1\)"
    ):
        lowered(found)


def test_dtypes_that_the_line_does_not_take_are_refused() -> None:
    with pytest.raises(UnsupportedFormatError, match="its MatMul does not take this T"):
        lowered(graph("MatMul", T={"type": 7}))


def test_attributes_that_the_line_needs() -> None:
    with pytest.raises(UnsupportedFormatError, match="its Cast needs an attribute DstT"):
        lowered(graph("Cast", SrcT={"type": FLOAT}))


def test_ops_of_others_and_functions_are_kept() -> None:
    foreign = protos.OpDef(name="NobodysOp")
    found = graph("NobodysOp", more={"i": 1})
    found.node.add(name="call", op="f")
    before = found.node[0].SerializeToString()
    lowered(found, [foreign])
    assert found.node[0].SerializeToString() == before


def test_definitions_in_the_file_are_those_of_the_line() -> None:
    definition = protos.OpDef()
    definition.CopyFrom(newest("MatMul"))
    lowered(graph("MatMul", T={"type": FLOAT}), [definition])
    assert definition == ops_of("2.15")["MatMul"]


def test_a_graph_for_newer_readers_is_refused() -> None:
    found = graph("NoOp")
    found.versions.min_consumer = 1800
    with pytest.raises(UnsupportedFormatError, match="for readers from version 1800 on"):
        lowered(found)


def _call_module(name: str, version: int = 10, **attrs: Any) -> Any:
    module = (DATA / f"{name}.mlirbc").read_bytes()
    lists = {key: {"list": protos.AttrValue.ListValue()} for key in ("Tin", "Tout", "Sout")}
    return graph("XlaCallModule", version={"i": version}, module={"s": module}, **lists, **attrs)


def test_modules_are_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def write_for(module: bytes, version: object, where: str) -> bytes:
        asked.append((version, where))
        return b"older"

    monkeypatch.setattr(stablehlo, "write_for", write_for)
    found = _call_module("plain", use_shardy_partitioner={"b": False})
    lowering = lowered(found)
    node = found.node[0]
    assert (node.attr["version"].i, node.attr["module"].s) == (8, b"older")
    assert asked == [((0, 14, 0), "model: node n (XlaCallModule)")]
    assert lowering.modules == 1
    assert lowering.removed == {"XlaCallModule.use_shardy_partitioner": 1}


def test_modules_that_the_line_takes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stablehlo, "write_for", None)
    found = _call_module("custom_call_0.14", version=7)
    before = found.node[0].attr["module"].s
    assert lowered(found).modules == 0
    assert found.node[0].attr["module"].s == before
    assert found.node[0].attr["version"].i == 7


def test_modules_with_effects_or_another_partitioner_are_refused() -> None:
    with pytest.raises(UnsupportedFormatError, match="ordered effects"):
        lowered(_call_module("plain", has_token_input_output={"b": True}))
    with pytest.raises(
        UnsupportedFormatError, match="its XlaCallModule has no attribute use_shardy_partitioner"
    ):
        lowered(_call_module("plain", use_shardy_partitioner={"b": True}))


def test_every_target_is_a_line() -> None:
    assert all(ops_of(line) for line in older_line.TARGETS)
