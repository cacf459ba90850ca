"""A diagram as an SVG picture, drawn without any other program.

Source: https://www.w3.org/TR/SVG11
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from kerasfmt.drawing.diagram import Box, Diagram
from kerasfmt.drawing.layout import Layout, Point, place
from kerasfmt.printable import printable

_COLUMN: Final = 7.3
"""Width of a character in a font of 12 pixels whose characters have one width."""
_LINE: Final = 16.0
_PADDING: Final = 8.0
_MARGIN: Final = 16.0
_LONGEST: Final = 44
"""Columns of a line; the whole text is shown where the mouse rests."""
_STYLE: Final = """\
.kerasfmt text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1b2733;
  text-anchor: middle }
.kerasfmt .name { font-weight: bold }
.kerasfmt .kind { fill: #1d5f9e }
.kerasfmt .shape { fill: #5b6670 }
.kerasfmt .box { fill: #ffffff; stroke: #5b7184 }
.kerasfmt .frame { fill: #f0f4f8; stroke: #5b7184; stroke-dasharray: 5 3 }
.kerasfmt .edge { fill: none; stroke: #5b7184 }
.kerasfmt .page { fill: #fbfcfd }
"""
"""Every rule is for this picture alone: a notebook makes it a part of its page."""


@dataclass(frozen=True)
class _Placed:
    """A diagram with the sizes of its boxes, and where they lie.

    Attributes:
      inner: what is inside of each box.
      sizes: width and height of each box.
      layout: where the boxes lie.
    """

    diagram: Diagram
    inner: list[_Placed | None]
    sizes: list[tuple[float, float]]
    layout: Layout


def to_svg(diagram: Diagram) -> str:
    """The picture: layers from top to bottom, diagrams inside of boxes in frames."""
    placed = _placed(diagram)
    width = max(placed.layout.width, _columns(_short(diagram.title)) * _COLUMN) + 2 * _MARGIN
    height = placed.layout.height + 2 * _MARGIN + _LINE + _PADDING
    left = (width - placed.layout.width) / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" class="kerasfmt" role="img">',
            f"<title>{_text(diagram.title)}</title>",
            f"<style>\n{_STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#5b7184"/></marker></defs>',
            f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
            _line("name", width / 2, _MARGIN + _LINE / 2, diagram.title),
            *_drawn(placed, left, _MARGIN + _LINE + _PADDING),
            "</svg>\n",
        ]
    )


def _placed(diagram: Diagram) -> _Placed:
    inner = [None if box.inner is None else _placed(box.inner) for box in diagram.boxes]
    sizes = [_size(box, inside) for box, inside in zip(diagram.boxes, inner, strict=True)]
    return _Placed(diagram, inner, sizes, place(sizes, diagram.edges))


def _size(box: Box, inside: _Placed | None) -> tuple[float, float]:
    lines = _lines(box)
    width = max(_columns(_short(text)) for _, text in lines) * _COLUMN + 2 * _PADDING
    height = len(lines) * _LINE + _PADDING
    if inside is None:
        return width, height
    return max(width, inside.layout.width + 2 * _MARGIN), height + inside.layout.height + _MARGIN


def _lines(box: Box) -> list[tuple[str, str]]:
    """The lines of a box, each with its class."""
    found = [("name", box.name), ("kind", box.kind), ("shape", box.shape)]
    return [(kind, text) for kind, text in found if text] or [("name", " ")]


def _drawn(placed: _Placed, left: float, top: float) -> Iterator[str]:
    """The elements of a diagram whose upper left corner is given."""
    for route in placed.layout.routes:
        yield f'<path class="edge" marker-end="url(#head)" d="{_path(route, left, top)}"/>'
    boxes = zip(placed.diagram.boxes, placed.inner, placed.sizes, placed.layout.corners, strict=True)
    for box, inside, (width, height), (x, y) in boxes:
        x, y = x + left, y + top
        yield f"<g><title>{_text(chr(10).join(text for _, text in _lines(box)), keep=chr(10))}</title>"
        yield (
            f'<rect class="{"box" if inside is None else "frame"}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" rx="4"/>'
        )
        lines = _lines(box)
        for number, (kind, text) in enumerate(lines):
            yield _line(kind, x + width / 2, y + _PADDING / 2 + (number + 0.5) * _LINE, text)
        yield "</g>"
        if inside is not None:
            yield from _drawn(
                inside, x + (width - inside.layout.width) / 2, y + len(lines) * _LINE + _PADDING
            )


def _line(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y + 4:.1f}">{_text(_short(text))}</text>'


def _path(route: list[Point], left: float, top: float) -> str:
    """A line that goes straight down through layers, and swings from layer to layer."""
    points = [(x + left, y + top) for x, y in route]
    found = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        if number % 2 == 0 or x0 == x1:
            if (x0, y0) != (x1, y1):
                found.append(f"L{x1:.1f} {y1:.1f}")
        else:
            half = (y0 + y1) / 2
            found.append(f"C{x0:.1f} {half:.1f} {x1:.1f} {half:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(found)


def _text(text: str, keep: str = "") -> str:
    """A text of XML, which has no characters that control a terminal; `keep` is one that stays."""
    return escape(keep.join(map(printable, text.split(keep))) if keep else printable(text))


def _short(text: str) -> str:
    """The text, cut where it is too long."""
    text = printable(text)
    if _columns(text) <= _LONGEST:
        return text
    kept = ""
    for character in text:
        if _columns(kept + character) >= _LONGEST:
            break
        kept += character
    return f"{kept}…"


def _columns(text: str) -> int:
    """The columns that a text takes; a character of East Asia takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
