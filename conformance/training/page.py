"""Writes `TRAINING.md`: a table of cases and formats for each writer and reader, and what failed or is explained."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from conformance.formats.layout import sources_digest
from conformance.formats.page import versions
from conformance.training import layout
from conformance.training.cases import TrainingCase
from conformance.training.layout import FORMATS, LINES, engine
from conformance.training.matrix import Cell, lacking
from conformance.training.models import STEPS

TARGET = Path(__file__).parent.with_name("TRAINING.md")
_MARKS = {
    "equal": "=",
    "close": "≈",
    "explained": "own",
    "warned": "warned",
    "refused": "refused",
    "failed": "**failed**",
}


def write(cases: Sequence[TrainingCase], found: Sequence[Cell]) -> Path:
    """Writes the page; returns where it is."""
    ours = [cell for cell in found if cell.source != "own"]
    own = [cell for cell in found if cell.source == "own"]
    parts = [*_head(cases, ours, own), *_tables(cases, ours, own)]
    parts += ["## Failures", "", *(_grouped([c for c in ours if c.verdict == "failed"]) or ["None."]), ""]
    parts += [
        "## Explained",
        "",
        "The reader fails on the file that it wrote itself of the same case too, or the writer on the file that was",
        "converted.",
        "",
    ]
    parts += [*(_grouped([c for c in ours if c.verdict == "explained"]) or ["None."]), ""]
    parts += ["## Files of a Keras from which it does not go on itself", ""]
    parts += [*(_grouped([c for c in own if c.verdict == "failed"]) or ["None."]), ""]
    parts += ["## Warned of", "", *(_grouped([c for c in ours if c.verdict == "warned"]) or ["None."]), ""]
    parts += ["## Refused", "", "kerasfmt writes nothing and names what the other Keras lacks.", ""]
    parts += [*(_grouped([c for c in ours if c.verdict == "refused"]) or ["None."]), ""]
    parts += ["## Warnings", "", "What kerasfmt says when it writes such a file.", "", *_warnings(ours), ""]
    parts += ["## What a Keras lacks", "", *_lacking(cases), ""]
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return TARGET


def _head(cases: Sequence[TrainingCase], ours: Sequence[Cell], own: Sequence[Cell]) -> list[str]:
    counts = {v: sum(c.verdict == v for c in ours) for v in _MARKS}
    better = sum(c.verdict in ("equal", "close") and c.control not in ("", "equal", "close") for c in ours)
    theirs = sum(c.verdict in ("equal", "close") for c in own)
    return [
        "# Training goes on",
        "",
        f"Written by `python -m conformance training --report` on {datetime.date.today()}; not to be edited.",
        "",
        f"Each of {len(cases)} cases is trained for {STEPS} steps, with one batch. Its Keras saves it in each of its",
        "formats. kerasfmt converts each of these files that it reads to each format that it writes. The reader loads",
        f"what came of it, and trains for {STEPS} steps more. Losses, learning rate, number of steps, weights and the",
        f"optimizer's variables are compared with {2 * STEPS} steps without a break in the Keras that wrote the file.",
        "Where another Keras goes on, the optimizer's variables are not compared by themselves, since the Keras",
        "versions keep other ones; their effect on the weights is.",
        "",
        "- `=`: equal, bit by bit. `≈`: within 1e-6 of the largest value; within 1e-5 where another Keras goes on.",
        "- `own`: the reader fails on the file that it wrote itself of the same case, or the writer on the file that",
        "  was converted; that was run, and is below.",
        "- `warned`: training goes on otherwise, and kerasfmt said so when it wrote the file.",
        "- `refused`: the reader's Keras lacks the optimizer or an option; kerasfmt writes nothing, and says so.",
        "- Two marks in a cell: the first is the Keras's own file, the second kerasfmt's.",
        "- Several marks for kerasfmt: by the file that was converted (`.keras`, `.h5`, `.weights.h5`).",
        "",
        f"Of {len(ours):,} cells of kerasfmt, {counts['equal']:,} are equal, {counts['close']:,} close, "
        f"{counts['explained']:,} explained, {counts['warned']:,} warned of, {counts['refused']:,} refused, "
        f"{counts['failed']:,} failed. "
        f"In {better:,} of them, training goes on although it does not from the reader's own file. "
        f"Of {len(own):,} files of the Kerases themselves, training goes on from {theirs:,}.",
        "",
        *(f"- {line}" for line in versions({engine(line).environment for line in LINES} | {"core"})),
        f"- kerasfmt: sources {sources_digest()}",
        *(
            f"- `{case.name}` is compared within {case.tolerance:g}: {case.why}."
            for case in cases
            if case.why
        ),
        "",
    ]


def _tables(cases: Sequence[TrainingCase], ours: Sequence[Cell], own: Sequence[Cell]) -> list[str]:
    parts: list[str] = []
    for reader in LINES:
        for writer in layout.writers(reader):
            kinds = layout.targets(reader)
            if writer == reader:
                kinds = tuple(kind for kind in FORMATS if kind in {*kinds, *layout.own_formats(reader)})
            title = f"{engine(writer).title}, then {engine(reader).title}"
            parts += [f"## {title}", "", f"| | {' | '.join(FORMATS[kind] for kind in kinds)} |"]
            parts.append("|---|" + "---|" * len(kinds))
            for case in cases:
                mine = [c for c in ours if (c.case, c.writer, c.reader) == (case.name, writer, reader)]
                theirs = [c for c in own if (c.case, c.writer, c.reader) == (case.name, writer, reader)]
                if not mine and not theirs:
                    continue
                row = []
                for kind in kinds:
                    first = [_MARKS[c.verdict].strip("*") for c in theirs if c.kind == kind]
                    first = ["fails" if mark == "failed" else mark for mark in first]
                    second = [_MARKS[c.verdict] for c in mine if c.kind == kind]
                    second = second[:1] if len(set(second)) == 1 else second
                    row.append("; ".join(part for part in (" ".join(first), " ".join(second)) if part))
                parts.append(f"| `{case.name}` | {' | '.join(row)} |")
            parts.append("")
    return parts


def _grouped(cells: Sequence[Cell]) -> list[str]:
    """One line for each format, reader and reason, with the cases and files that it is about."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.kind, cell.reader, _general(cell.reason, cell.case)), []).append(cell)
    lines = []
    for (kind, reader, reason), mine in groups.items():
        names = ", ".join(dict.fromkeys(f"`{cell.case}`" for cell in mine))
        files = sorted({_file(cell) for cell in mine if cell.source != "own"})
        made = f" (from {', '.join(files)})" if files else ""
        controls = sorted({_general(cell.control, cell.case) for cell in mine if cell.control})
        said = f"; its own file: {' / '.join(controls)}" if controls and controls != [reason] else ""
        lines.append(f"- {FORMATS[kind]}, {engine(reader).title}: {names}{made}: {reason}{said}")
    return lines


def _file(cell: Cell) -> str:
    return f"{FORMATS[cell.source]}, {engine(cell.writer).title}"


def _warnings(cells: Sequence[Cell]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for cell in cells:
        for words in cell.warned:
            groups.setdefault(_general(words, cell.case), []).append(f"`{cell.case}`")
    return [f"- {', '.join(dict.fromkeys(names))}: {words}" for words, names in groups.items()] or ["None."]


def _lacking(cases: Sequence[TrainingCase]) -> list[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for line in LINES:
            reason = _general(lacking(line, case.name), case.name)
            if reason:
                groups.setdefault((engine(line).title, reason[:140]), []).append(f"`{case.name}`")
    return [f"- {title}: {', '.join(names)}: {reason}" for (title, reason), names in groups.items()]


def _general(reason: str, case: str) -> str:
    """A reason without what differs from case to case, as Markdown."""
    text = re.sub(r"/\S*/", "…/", reason)
    text = re.sub(r"0x[0-9a-f]+", "…", text)
    text = re.sub(r"off by [\d.e+-]+|off by nan", "off", text)
    text = re.sub(r"\b(weight|variable) \d+", r"\1", text)
    text = " ".join(text.split()).replace("`", "'").replace("|", "/").replace("<", "‹").replace("*", "·")
    return text[:260]
