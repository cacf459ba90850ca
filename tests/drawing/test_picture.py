"""Pictures, and the files that they are written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.drawing.diagram import Diagram
from kerasfmt.drawing.dot import to_dot
from kerasfmt.drawing.mermaid import to_mermaid
from kerasfmt.drawing.picture import Picture, drawer_for
from kerasfmt.drawing.svg import to_svg
from kerasfmt.errors import UnsupportedFormatError
from tests.drawing.diagrams import nested


def picture() -> Picture:
    return Picture(nested().title, nested().boxes, nested().edges)


@pytest.mark.parametrize(("name", "draw"), [("m.svg", to_svg), ("m.DOT", to_dot), ("m.mmd", to_mermaid)])
def test_save(tmp_path: Path, name: str, draw: object) -> None:
    assert callable(draw)
    for _ in range(2):
        picture().save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == draw(nested())
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["m.png", "m", "m.svg.gz"])
def test_other_suffixes(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"expected a name that ends in \.svg, \.dot, \.mmd, got "
    ):
        picture().save(tmp_path / name)
    with pytest.raises(UnsupportedFormatError):
        drawer_for(name)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_it() -> None:
    assert picture()._repr_svg_() == picture().to_svg() == to_svg(nested())


def test_nothing_is_drawn_too() -> None:
    empty = Diagram("", (), ())
    assert to_svg(empty).startswith("<svg")
    assert to_dot(empty).startswith("digraph {")
    assert to_mermaid(empty).startswith("flowchart TD")
