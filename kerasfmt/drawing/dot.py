"""A diagram as a text for Graphviz: `dot -Tsvg model.dot`.

Source: https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasfmt.drawing.diagram import Diagram
from kerasfmt.printable import printable


def to_dot(diagram: Diagram) -> str:
    """The text: a node for each box, a cluster for each diagram inside of one."""
    lines = [
        "digraph {",
        f"  label={_quoted(diagram.title)} labelloc=t compound=true fontname=monospace",
        "  node [shape=box style=rounded fontname=monospace]",
        *_statements(diagram, "n", "  "),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _statements(diagram: Diagram, prefix: str, indent: str) -> Iterator[str]:
    for number, box in enumerate(diagram.boxes):
        label = _quoted(box.name, box.kind, box.shape)
        if box.inner is None or not box.inner.boxes:
            yield f"{indent}{prefix}{number} [label={label}]"
            continue
        yield f"{indent}subgraph cluster_{prefix}{number} {{"
        yield f"{indent}  label={label} style=dashed"
        yield from _statements(box.inner, f"{prefix}{number}_", f"{indent}  ")
        yield f"{indent}}}"
    for tail, head in diagram.edges:
        ends = [_end(diagram, tail, prefix, last=True), _end(diagram, head, prefix, last=False)]
        # An arrow to a cluster leads to a node of it, and is cut where the cluster begins.
        cut = [
            f"{which}=cluster_{prefix}{number}"
            for which, number in (("ltail", tail), ("lhead", head))
            if ends[which == "lhead"] != f"{prefix}{number}"
        ]
        yield f"{indent}{ends[0]} -> {ends[1]}{f' [{chr(32).join(cut)}]' if cut else ''}"


def _end(diagram: Diagram, number: int, prefix: str, *, last: bool) -> str:
    """The node at which an arrow begins or ends: the last or the first one inside of a cluster."""
    inner = diagram.boxes[number].inner
    if inner is None or not inner.boxes:
        return f"{prefix}{number}"
    return _end(inner, len(inner.boxes) - 1 if last else 0, f"{prefix}{number}_", last=last)


def _quoted(*lines: str) -> str:
    texts = (printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(texts) + '"'
