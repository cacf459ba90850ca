"""Writes `KERAS3_VERSIONS.md`: a table of the minor versions of Keras 3 for each format, and what failed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from conformance.case import Case
from conformance.formats import layout
from conformance.formats.layout import FORMATS, KERAS2_MODELS, MINORS, MINORS_MATRIX, NEWEST, OURS
from conformance.formats.matrix import Cell
from conformance.formats.page import codes, count, lists, summary, versions

TARGET = Path(__file__).parent.with_name("KERAS3_VERSIONS.md")


def write(cases: Sequence[Case], found: Sequence[Cell]) -> Path:
    """Writes the page; returns where it is."""
    engines = MINORS_MATRIX.engines.values()
    parts = [*_head(cases, found), *_tables(found), *lists(cases, found, engines)]
    TARGET.write_text("\n".join(parts).rstrip("\n") + "\n", encoding="utf-8")
    return TARGET


def _head(cases: Sequence[Case], found: Sequence[Cell]) -> list[str]:
    whole = sum(case.about == "model" for case in cases)
    newest = MINORS[NEWEST].title
    return [
        "# The minor versions of Keras 3",
        "",
        f"Written by `python -m conformance keras3_versions` on {datetime.date.today()}; not to be edited.",
        "",
        f"Each of {len(cases)} models ({whole} whole models of conformance; the others are a layer each, in one",
        "configuration) is built in each minor version of Keras 3, given weights of its own, and saved by it.",
        "kerasfmt reads these files. It writes the model again: from the live model, and from each file of a whole",
        "model. The same minor version reads what kerasfmt wrote. It also reads what kerasfmt wrote of the models of",
        f"{newest} and of {KERAS2_MODELS.title}. A cell says with how many models the reader gave equal weights, an",
        "equal config, equal optimizer slots, and predictions within 1e-5 of the largest one of the live model's.",
        "*n limit*: the version cannot build or save the model itself, or fails on its own file too; both were run.",
        "*n explained*: it fails for a reason that is known, and given below. [FORMATS.md](FORMATS.md) is about the",
        "backends of the last version.",
        "",
        *summary(cases, found, layout.chosen(slow=False)),
        f"- Keras: {', '.join(_installed(name) for name in MINORS)}, all on JAX",
        *(f"- {line}" for line in _environments()),
        f"- kerasfmt: {codes(cases, NEWEST)}",
        "",
    ]


def _installed(name: str) -> str:
    """The release of a minor version that is installed."""
    where = MINORS[name].packages
    assert where is not None
    return next(path.name.split("-")[1].removesuffix(".dist") for path in where.glob("keras-*.dist-info"))


def _environments() -> list[str]:
    """What is installed in the environments, each named once."""
    said = versions(engines=(KERAS2_MODELS, MINORS[NEWEST]))
    return [line.replace(f"{MINORS[NEWEST].title}:", "The environment of these:") for line in said]


def _tables(found: Sequence[Cell]) -> list[str]:
    parts: list[str] = []
    for kind in MINORS_MATRIX.kinds:
        columns = _columns(found, kind)
        parts += [
            f"## {FORMATS[kind].title}",
            "",
            f"| | {' | '.join(columns)} |",
            "|---|" + "---|" * len(columns),
        ]
        for name, engine in MINORS.items():
            cells = [_among(found, kind, name, column) for column in columns.values()]
            if any(cells):
                parts.append(f"| {engine.title} | {' | '.join(count(c) if c else '' for c in cells)} |")
        parts.append("")
    return parts


_Column = tuple[str, str, str]
"""Reader, writer and source; "" is the minor version of the row."""


def _columns(found: Sequence[Cell], kind: str) -> dict[str, _Column]:
    """The columns of a format's table that have cells, by their heads."""
    columns: dict[str, _Column] = {
        "its own, read by kerasfmt": (OURS, "", "own"),
        "its own, read by itself": ("", "", "own"),
    }
    for source in layout.sources(MINORS[NEWEST]):
        if source != "own":
            columns[f"kerasfmt's of its {_named(source)}, read by kerasfmt"] = (OURS, "", source)
            columns[f"kerasfmt's of its {_named(source)}, read by it"] = ("", "", source)
    for engine in (MINORS[NEWEST], KERAS2_MODELS):
        for source in layout.sources(engine):
            if source != "own":
                columns[f"kerasfmt's of {engine.title}'s {_named(source)}, read by it"] = (
                    "",
                    engine.name,
                    source,
                )
    return {
        head: column
        for head, column in columns.items()
        if any(_among(found, kind, name, column) for name in MINORS)
    }


def _named(source: str) -> str:
    return "live model" if source == "live" else f"`{FORMATS[source.partition('-')[2]].suffix}`"


def _among(found: Sequence[Cell], kind: str, name: str, column: _Column) -> list[Cell]:
    reader, writer, source = column
    wanted = (kind, reader or name, writer or name, source)
    return [c for c in found if (c.kind, c.reader, c.writer, c.source) == wanted]
