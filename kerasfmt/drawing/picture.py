"""A diagram that can be written to a file.

picture.save("model.svg")    a picture
picture.save("model.dot")    a text for Graphviz
picture.save("model.mmd")    a text for Mermaid
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kerasfmt.drawing.diagram import Diagram
from kerasfmt.drawing.dot import to_dot
from kerasfmt.drawing.mermaid import to_mermaid
from kerasfmt.drawing.svg import to_svg
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.files.commit import replace_file
from kerasfmt.printable import printable

_DRAWERS: Final[Mapping[str, Callable[[Diagram], str]]] = {".svg": to_svg, ".dot": to_dot, ".mmd": to_mermaid}


@dataclass(frozen=True)
class Picture(Diagram):
    """A diagram, with the ways to write it; a notebook shows it."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it to a file, which is replaced in one step.

        Args:
          path: the file; its suffix says how it is drawn: .svg, .dot or .mmd.

        Raises:
          UnsupportedFormatError: it has another suffix.
          SaveError: it cannot be written.
        """
        text = drawer_for(path)(self)
        with replace_file(path) as staged:
            Path(staged).write_text(text, encoding="utf-8", newline="\n")

    def to_svg(self) -> str:
        """The picture, as SVG."""
        return to_svg(self)

    _repr_svg_ = to_svg
    """What a notebook shows."""


def drawer_for(path: str | os.PathLike[str]) -> Callable[[Diagram], str]:
    """What draws a diagram for a file.

    Args:
      path: the file.

    Raises:
      UnsupportedFormatError: no picture has such a suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _DRAWERS:
        raise UnsupportedFormatError(
            f"{printable(os.fspath(path))}: expected a name that ends in {', '.join(_DRAWERS)}, got "
            f"{suffix or 'none'}; .svg is a picture, the others are texts for Graphviz and Mermaid"
        )
    return _DRAWERS[suffix]
