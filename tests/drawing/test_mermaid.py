"""Texts for Mermaid."""

from __future__ import annotations

from kerasfmt.drawing.mermaid import to_mermaid
from tests.drawing.diagrams import nested


def test_subgraphs_and_arrows() -> None:
    lines = [line.strip() for line in to_mermaid(nested()).splitlines()]
    assert lines[0] == "flowchart TD"
    assert 'subgraph n1["model<br/>Functional<br/>(3,)"]' in lines
    assert 'n1_0["a<br/>A<br/>(1,)"]' in lines
    assert lines.index("n1_0 --> n1_1") < lines.index("end") < lines.index("n0 --> n1")
    assert "n0 --> n3" in lines


def test_hostile_texts_are_given_by_number() -> None:
    found = to_mermaid(nested())
    found.encode()
    assert 'n0["#92;x1b[2J#92;u202e#34;#60;#38;#62;#92;#96;#35;#59;日本#92;udc80<br/>X<br/>(2,)"]' in found
