from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.gradient import gradient
from kerasfmt.gradient.rule import RULES, find_rule, nothing
from kerasfmt.graph import Builder, Node, Spec
from kerasfmt.graph.op import registered_ops


def node(op: str) -> Node:
    graph = Builder("f")
    return graph.emit(op, graph.input(Spec((2, 2), dtypes.float32)))[0].node


def test_a_rule_is_found_by_the_op() -> None:
    assert find_rule(node("Tanh")) is RULES.find("Tanh")
    assert find_rule(node("ZerosLike")) is nothing


def test_an_op_without_a_rule() -> None:
    with pytest.raises(GraphError, match=r"op Snapshot \(Snapshot\): kerasfmt has no gradient for it"):
        find_rule(node("Snapshot"))


def test_a_rule_is_registered() -> None:
    def rule() -> None:
        """A rule."""

    assert gradient("NoSuchOp")(rule) is rule
    assert RULES.find("NoSuchOp") is rule
    RULES._entries.pop("NoSuchOp")


def test_every_op_with_a_rule_is_an_op() -> None:
    assert set(RULES.names()) <= set(registered_ops())
