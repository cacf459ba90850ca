"""The definitions of TensorFlow's lines."""

from __future__ import annotations

from kerasfmt import protos
from kerasfmt.graph.line_op_defs import LINES, newest, ops_of
from kerasfmt.graph.op_defs import op_list


def test_a_later_line_has_all_ops_and_more() -> None:
    assert LINES == ("2.15", "2.21")
    older, newer = map(ops_of, LINES)
    assert older.keys() < newer.keys()
    assert len(older) > 1700
    assert "DecodeWebP" in newer.keys() - older.keys()


def test_what_a_line_added_to_an_op() -> None:
    added = [{attr.name for attr in ops_of(line)["MatMul"].attr} for line in LINES]
    assert added[1] - added[0] == {"grad_a", "grad_b"}


def test_the_oldest_line_agrees_with_what_graphs_are_made_of() -> None:
    for name in ("MatMul", "StatefulPartitionedCall", "VarHandleOp", "Conv2D"):
        own, line = op_list([name]).op[0], ops_of("2.15")[name]
        assert [arg.name for arg in own.input_arg] == [arg.name for arg in line.input_arg]
        assert {attr.name: attr.type for attr in own.attr} == {attr.name: attr.type for attr in line.attr}


def test_no_texts_are_kept() -> None:
    assert not any(op.summary or op.description for op in ops_of("2.21").values())


def test_an_op_that_nobody_has() -> None:
    assert newest("NobodysOp") is None
    found = newest("Relu")
    assert isinstance(found, protos.OpDef)
