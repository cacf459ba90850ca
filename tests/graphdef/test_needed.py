"""Which nodes a tensor needs."""

from __future__ import annotations

from kerasfmt import protos
from kerasfmt.graphdef.needed import needed_nodes, node_name


def test_the_node_of_a_tensor() -> None:
    assert [node_name(text) for text in ("a", "a:1", "^a", "a:b:0")] == ["a"] * 4


def test_the_nodes_that_tensors_need() -> None:
    nodes = [
        protos.NodeDef(name="a"),
        protos.NodeDef(name="b", input=["a", "^c"]),
        protos.NodeDef(name="c", input=["b:1"]),
        protos.NodeDef(name="d", input=["nothing"]),
    ]
    assert {node.name for node in needed_nodes(nodes, ["b:0"])} == {"a", "b", "c"}
    assert {node.name for node in needed_nodes(nodes, ["b:0"], ["c"])} == {"a", "b"}
    assert {node.name for node in needed_nodes(nodes, ["d"])} == {"d"}
