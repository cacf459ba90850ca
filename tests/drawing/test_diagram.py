"""Diagrams are values."""

from __future__ import annotations

from kerasfmt.drawing.diagram import Box
from tests.drawing.diagrams import nested


def test_equal_ones_are_equal() -> None:
    assert nested() == nested()
    assert len({nested(), nested()}) == 1
    assert Box("a", "A") == Box("a", "A", "", None)
