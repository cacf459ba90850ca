"""A diagram as a text for Mermaid, which GitHub and GitLab draw in Markdown.

Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kerasfmt.drawing.diagram import Diagram
from kerasfmt.printable import printable

_SPECIAL: Final = re.compile(r"""["#&<>`;\\]""")


def to_mermaid(diagram: Diagram) -> str:
    """The text: a node for each box, a subgraph for each diagram inside of one."""
    return (
        "\n".join(
            ["flowchart TD", f"  accTitle: {_escaped(diagram.title)}", *_statements(diagram, "n", "  ")]
        )
        + "\n"
    )


def _statements(diagram: Diagram, prefix: str, indent: str) -> Iterator[str]:
    for number, box in enumerate(diagram.boxes):
        label = "<br/>".join(_escaped(line) for line in (box.name, box.kind, box.shape) if line)
        if box.inner is None or not box.inner.boxes:
            yield f'{indent}{prefix}{number}["{label}"]'
            continue
        yield f'{indent}subgraph {prefix}{number}["{label}"]'
        yield from _statements(box.inner, f"{prefix}{number}_", f"{indent}  ")
        yield f"{indent}end"
    for tail, head in diagram.edges:
        yield f"{indent}{prefix}{tail} --> {prefix}{head}"


def _escaped(text: str) -> str:
    """A text in quotes: what Mermaid would read is given by its number."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", printable(text))
