"""Texts for Graphviz."""

from __future__ import annotations

from kerasfmt.drawing.diagram import Box, Diagram
from kerasfmt.drawing.dot import to_dot
from tests.drawing.diagrams import nested


def test_clusters_and_arrows() -> None:
    lines = [line.strip() for line in to_dot(nested()).splitlines()]
    assert lines[0] == "digraph {"
    assert "subgraph cluster_n1 {" in lines
    assert 'n1_0 [label="a\\nA\\n(1,)"]' in lines
    assert 'n2 [label=""]' in lines
    assert "n1_0 -> n1_1" in lines
    assert "n0 -> n1_0 [lhead=cluster_n1]" in lines
    assert "n1_1 -> n2 [ltail=cluster_n1]" in lines
    assert "n0 -> n3" in lines
    assert lines.count("}") == 2


def test_hostile_texts_are_quoted() -> None:
    found = to_dot(nested())
    found.encode()
    assert 'n0 [label="\\\\x1b[2J\\\\u202e\\"<&>\\\\`#;日本\\\\udc80\\nX\\n(2,)"]' in found


def test_a_cluster_leads_to_a_cluster() -> None:
    inner = Diagram("", (Box("a", ""),), ())
    deep = Diagram("", (Box("m", "", inner=inner),), ())
    empty = Box("e", "", inner=Diagram("", (), ()))
    boxes = (Box("one", "", inner=deep), Box("two", "", inner=inner), empty)
    found = to_dot(Diagram("t", boxes, ((0, 1), (1, 2))))
    assert "n0_0_0 -> n1_0 [ltail=cluster_n0 lhead=cluster_n1]" in found
    assert "n1_0 -> n2 [ltail=cluster_n1]" in found
