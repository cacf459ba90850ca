"""A diagram: boxes with a few lines of text, arrows between them, and diagrams inside of boxes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A box.

    Attributes:
      name: its first line.
      kind: its second line.
      shape: its third line.
      inner: what is drawn inside of it, in place of the third line; None for a plain box.
    """

    name: str
    kind: str
    shape: str = ""
    inner: Diagram | None = None


@dataclass(frozen=True)
class Diagram:
    """Boxes and the arrows between them.

    Attributes:
      title: what it shows.
      boxes: its boxes, from sources to sinks.
      edges: the places of the two boxes of each arrow; the first is smaller.
    """

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int], ...]
