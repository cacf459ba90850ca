"""Writes `FORMATS.md`: a table of writers and readers for each format, and what failed."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from conformance import round_trips
from conformance.artefacts import LINES, read_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.environments import python
from conformance.formats import layout
from conformance.formats.layout import ENGINES, EVERY_ENGINE, FORMATS, FORMATS_MATRIX, OURS, Engine
from conformance.formats.matrix import Cell

TARGET = Path(__file__).parent.with_name("FORMATS.md")
_SHOWN = ("keras", "tensorflow", "tensorflow_cpu", "tf_keras", "jax", "torch", "h5py", "numpy")


def write(cases: Sequence[Case], found: Sequence[Cell]) -> Path:
    """Writes the page; returns where it is."""
    parts = [*_head(cases, found), *_tables(found), *_round_trips(), *lists(cases, found, ENGINES.values())]
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return TARGET


def _head(cases: Sequence[Case], found: Sequence[Cell]) -> list[str]:
    whole = sum(case.about == "model" for case in cases)
    return [
        "# Writers, readers and formats",
        "",
        f"Written by `python -m conformance formats` on {datetime.date.today()}; not to be edited.",
        "",
        f"Each of {len(cases)} models ({whole} whole models of conformance, and {_layers(len(cases) - whole)} in one",
        "configuration) is built in each Keras, given weights of its own, and saved: by that Keras itself, by",
        "kerasfmt from the live model, and by kerasfmt from each file that the Keras wrote. Every reader then reads",
        "every file.",
        "A cell says with how many models the reader gave equal weights, an equal config, equal optimizer",
        "slots, and predictions within 1e-5 of the largest one of the live model's. *n limit*: the reader fails",
        "in the same way on the file that the model's own Keras (or, where that does not write the format,",
        "the one whose format it is), or the reader itself, wrote of the same model; both were run. So it is where no",
        "Keras of the format has the model, and the reader refuses the seed model in that format too. *n explained*:",
        "it fails for a reason that is known, and given below. Left out are Lambda, whose function is Python code that",
        "kerasfmt does not store, and models that differ from others in the options of saving alone.",
        "",
        *summary(cases, found, layout.chosen()),
        *(f"- {line}" for line in versions()),
        f"- kerasfmt: {codes(cases, next(iter(ENGINES)))}",
        "",
    ]


def summary(cases: Sequence[Case], found: Sequence[Cell], every: Sequence[Case]) -> list[str]:
    """What became of the cells, and which of all models the run was about."""
    counts = {v: sum(c.verdict == v for c in found) for v in ("passed", "limit", "explained", "failed")}
    names = {case.name for case in cases}
    missing = [f"`{case.name}`" for case in every if case.name not in names]
    return [
        f"{counts['passed']:,} cells passed, {counts['limit']:,} are limits of the reader, "
        f"{counts['explained']:,} are explained, {counts['failed']:,} failed.",
        "",
        f"In this run: {', '.join(f'`{case.name}`' for case in cases)}.",
        "",
        *([f"Not in this run: {', '.join(missing)}.", ""] if missing else []),
    ]


def _layers(number: int) -> str:
    return f"{number} layer" if number == 1 else f"{number} layers"


def codes(cases: Sequence[Case], writer: str) -> str:
    """The digests of the sources of kerasfmt that wrote the files, of a writer's models."""
    found = [str(layout.stated(writer, case).get("code", "")) for case in cases]
    counts = {code: found.count(code) for code in dict.fromkeys(found)}
    return "; ".join(
        f"sources {code}" + (f" for {n} models" if len(counts) > 1 else "") for code, n in counts.items()
    )


def versions(
    chosen: Container[str] | None = None, engines: Iterable[Engine] = tuple(ENGINES.values())
) -> list[str]:
    """What is installed in the environments of the engines and of kerasfmt; only in the chosen ones, if any are."""
    engines = list(engines)
    program = (
        "import importlib.metadata as m, json, platform; print(json.dumps({'Python': platform.python_version(), "
        "**{d.metadata['Name'].lower().replace('-', '_'): d.version for d in m.distributions()}}))"
    )
    said = []
    environments = dict.fromkeys([*(engine.environment for engine in engines), "core"])
    for environment in environments:
        if chosen is not None and environment not in chosen:
            continue
        command = [str(python(environment)), "-c", program]
        installed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        titles = [e.title for e in engines if e.environment == environment] or [OURS]
        named = ", ".join(f"{n} {installed[n]}" for n in ("Python", *_SHOWN) if n in installed)
        said.append(f"{'; '.join(titles)}: {named}")
    return said


def _row_title(writer: str, source: str) -> str:
    title = EVERY_ENGINE[writer].title
    if source == "own":
        return title
    if source == "live":
        return f"kerasfmt, live model of {title}"
    form = FORMATS[source.partition("-")[2]]
    return f"kerasfmt, {f'`{form.suffix}`' if form.suffix else form.title} of {title}"


def _tables(found: Sequence[Cell]) -> list[str]:
    parts: list[str] = []
    for kind in FORMATS_MATRIX.kinds:
        form = FORMATS[kind]
        head = " | ".join(title(reader) for reader in FORMATS_MATRIX.readers)
        parts += [
            f"## {form.title}",
            "",
            f"| written by | {head} |",
            "|---|" + "---|" * len(FORMATS_MATRIX.readers),
        ]
        rows = sorted(
            {(c.source != "own", "-" in c.source, c.writer, c.source) for c in found if c.kind == kind},
            key=lambda row: (row[0], row[1], list(ENGINES).index(row[2]), row[3]),
        )
        for _, _, writer, source in rows:
            mine = [c for c in found if (c.kind, c.writer, c.source) == (kind, writer, source)]
            line = " | ".join(
                count([c for c in mine if c.reader == reader]) for reader in FORMATS_MATRIX.readers
            )
            parts.append(f"| {_row_title(writer, source)} | {line} |")
        parts.append("")
    return parts


def count(mine: Sequence[Cell]) -> str:
    """What a table says of some cells: how many passed, and how many of the others there are."""
    verdicts = ("passed", "limit", "explained", "failed")
    passed, limits, explained, failed = (sum(c.verdict == v for c in mine) for v in verdicts)
    if not passed and not explained and not failed:
        return "limit"
    text = f"{passed}" + (f", {limits} limit" if limits else "")
    text += f", {explained} explained" if explained else ""
    return f"**{text}, {failed} failed**" if failed else text


def title(reader: str) -> str:
    """A reader's name in a table's head."""
    return OURS if reader == OURS else EVERY_ENGINE[reader].title


def _round_trips() -> list[str]:
    """How the cases of the coverage table fared on the way from HDF5 through each format and back."""
    kinds = list(round_trips.FORMATS)
    if not any((layout.HOME / "round_trips").rglob("*.json")):
        return [
            "## Round trips",
            "",
            "Not in this run: TensorFlow's HDF5 files of the cases were not there.",
            "",
        ]
    parts = [
        "## Round trips",
        "",
        "Every configuration of every layer of [COVERAGE.md](COVERAGE.md), as TensorFlow wrote it to HDF5: read,",
        "written in each format, and read again, by kerasfmt alone. The config, the weights with their bits, names",
        "and order, and the optimizer's state are the same. *refused*: the Keras has no such layer or option, or would",
        "make another mask, which the error says.",
        "",
        f"| | {' | '.join(FORMATS[kind].title for kind in kinds)} |",
        "|---|" + "---|" * len(kinds),
    ]
    failures = []
    for line in LINES:
        found = {c: read_json(layout.HOME / "round_trips" / line / f"{c}.json") for c in CASES}
        found = {case: results for case, results in found.items() if results}
        counts = []
        for kind in kinds:
            said = [results[kind] for results in found.values()]
            text = f"{said.count('same')} of {len(said)}"
            counts.append(f"{text}, {said.count('refused')} refused" if "refused" in said else text)
            failures += [
                f"- {line}, `{case}`, {FORMATS[kind].title}: {_general(results[kind], case)}"
                for case, results in found.items()
                if results[kind] not in ("same", "refused")
            ]
        parts.append(f"| HDF5 of TensorFlow {line} | {' | '.join(counts)} |")
    return [*parts, "", *failures, *([""] if failures else [])]


def lists(cases: Sequence[Case], found: Sequence[Cell], engines: Iterable[Engine]) -> list[str]:
    """What failed, what is explained, what the engines do not build, and the limits of readers."""
    parts = ["## Failures", "", *(_grouped(found, "failed") or ["None."]), ""]
    parts += ["## Explained", "", *(_explained(found) or ["None."]), ""]
    parts += ["## Models that a Keras does not build", "", *_unbuilt(cases, list(engines)), ""]
    parts += ["## Limits of readers", "", *(_grouped(found, "limit") or ["None."]), ""]
    return parts


def _grouped(found: Sequence[Cell], verdict: str) -> list[str]:
    """One line for each format and reason, with the readers, models and writers that it is about."""
    groups: dict[tuple[str, str], tuple[dict[str, None], dict[str, None], set[str]]] = {}
    for c in found:
        if c.verdict == verdict:
            key = (FORMATS[c.kind].title, _general(c.reason, c.case))
            readers, models, rows = groups.setdefault(key, ({}, {}, set()))
            readers[title(c.reader)] = models[f"`{c.case}`"] = None
            rows.add(_row_title(c.writer, c.source))
    return [
        f"- {kind}, read by {'; '.join(readers)}: {_listed(list(models), 12)}"
        f" (written by {_listed(sorted(rows), 3)}): {reason}"
        for (kind, reason), (readers, models, rows) in groups.items()
    ]


def _explained(found: Sequence[Cell]) -> list[str]:
    """One line for each explanation, with what it is about."""
    lines = []
    for known in dict.fromkeys(c.known for c in found if c.known is not None):
        mine = [c for c in found if c.known == known]
        models = ", ".join(dict.fromkeys(f"`{c.case}`" for c in mine))
        kinds = ", ".join(dict.fromkeys(FORMATS[c.kind].title for c in mine))
        readers = ", ".join(dict.fromkeys(title(c.reader) for c in mine))
        lines.append(f"- {models}; {kinds}; read by {readers} ({len(mine)} cells): {known.why}")
    return lines


def _listed(items: Sequence[str], most: int) -> str:
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + rest


def _general(reason: str, case: str) -> str:
    """A reason without what differs from model to model, as Markdown."""
    text = re.sub(r"0x[0-9a-f]+|/\S*/", "…", reason)
    text = re.sub(r"at \[[\d, ]*\] expected .*", "", text)
    text = re.sub(r"(config=|config: )\{.*", r"\1…", text)
    text = text.replace("`", "'").replace("|", "/").replace("<", "‹").replace("*", "·")
    return text[:220]


def _unbuilt(cases: Sequence[Case], engines: Sequence[Engine]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for case in cases:
        errors = {e.title: layout.stated(e.name, case).get("error") for e in engines}
        lacking = {title: error for title, error in errors.items() if error is not None}
        if lacking:
            error = _general(str(next(iter(lacking.values()))), case.name)[:160]
            groups.setdefault(f"{', '.join(lacking)}: {error}", []).append(f"`{case.name}`")
    return [f"- {', '.join(names)}: {reason}" for reason, names in groups.items()] or ["None."]
