"""Diagrams to draw."""

from __future__ import annotations

from kerasfmt.drawing.diagram import Box, Diagram

OBEYED = '\x1b[2J\u202e"<&>\\`#;日本\udc80'
"""A text that terminals, XML, Graphviz and Mermaid read in their own ways."""


def nested() -> Diagram:
    """A diagram in a diagram, between two boxes with hostile texts."""
    inner = Diagram("inner", (Box("a", "A", "(1,)"), Box("b", "B")), ((0, 1),))
    boxes = (
        Box(OBEYED, "X", "(2,)"),
        Box("model", "Functional", "(3,)", inner),
        Box("", ""),
        Box("y" * 90, "Y"),
    )
    return Diagram(f"title {OBEYED}", boxes, ((0, 1), (1, 2), (2, 3), (0, 3)))
