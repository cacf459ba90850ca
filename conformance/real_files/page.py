"""Writes `REAL_FILES.md`: a row for each file, and what is refused and why."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.artefacts import read_json
from conformance.formats.layout import sources_digest
from conformance.formats.page import versions
from conformance.real_files.files import Package
from conformance.real_files.worker import FORMATS, READ, writer_line

TARGET = Path(__file__).parent.with_name("REAL_FILES.md")
_TITLES = {"tf": "SavedModel", "h5": ".h5", "tf_keras": ".keras of Keras 2", "keras": ".keras of Keras 3"}


@dataclass(frozen=True)
class Row:
    """What came of a file.

    Attributes:
      package: its package.
      member: its path there.
      theirs: what the Keras of the file said.
      ours: what kerasfmt said.
      read: what the readers of converted files said, by format.
    """

    package: Package
    member: str
    theirs: dict[str, Any]
    ours: dict[str, Any]
    read: dict[str, dict[str, Any]]

    @property
    def verdict(self) -> str:
        """equal, refused (by name), described (weights of unknown classes), theirs (its Keras fails), or failed."""
        loaded = self.ours.get("loaded", {"ok": False, "error": "not run"})
        if self.package.architecture == "none":
            return "described" if self.ours.get("described", {}).get("ok") else "failed"
        if not self.theirs.get("ok"):
            return "theirs"
        if not loaded["ok"]:
            own = ("UnsupportedLayerError", "UnsupportedFormatError", "UnsafeFileError")
            return "refused" if loaded["error"].startswith(own) else "failed"
        if not self.ours.get("equal", {}).get("ok"):
            return "failed"
        wrong = [kind for kind, said in self.read.items() if not said["ok"]]
        return "failed" if wrong else "equal"

    @property
    def said(self) -> str:
        """Why it is not equal; empty if it is."""
        told = [self.ours.get("loaded", {}), self.ours.get("equal", {}), *self.read.values()]
        if self.verdict == "theirs":
            told = [self.theirs]
        elif self.verdict == "described":
            return "weights of classes that only the package has: described, and read by their paths"
        return "; ".join(one["error"] for one in told if one.get("error"))

    def cell(self, kind: str) -> str:
        """What came of a conversion."""
        written = self.ours.get("written", {}).get(kind)
        if written is None:
            return ""
        if not written["ok"]:
            return "refused"
        found = self.read.get(kind)
        return "written" if found is None else "=" if found["ok"] else "**failed**"


def rows(packages: Sequence[Package]) -> list[Row]:
    """A row for each file of packages, of the last results."""
    from conformance.real_files.command import jobs

    found = []
    for package in packages:
        for _, path, directory in jobs([package]):
            home = Path(directory)
            read: dict[str, dict[str, Any]] = {}
            for line in {line for _, line in FORMATS.values()}:
                read |= read_json(home / f"read-{line}.json")
            member = home.name.partition("+")[2].replace("+", "/")
            theirs = read_json(home / f"theirs-{writer_line(Path(path))}.json")
            found.append(Row(package, member, theirs, read_json(home / "ours-core.json"), read))
    return found


def summary(found: Sequence[Row]) -> str:
    """The counts in a sentence."""
    loaded = [row for row in found if row.theirs.get("ok")]
    equal = [row for row in loaded if row.verdict == "equal"]
    cells = [row.cell(kind) for row in equal for kind in FORMATS]
    verdicts = [row.verdict for row in found]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in dict.fromkeys(verdicts))
    return (
        f"{len(found)} files of {len({row.package.name for row in found})} packages: {counts}. Their own Keras or "
        f"TensorFlow loads {len(loaded)}; {len(equal)} of these also load here and predict equally. Of their "
        f"{len(cells)} conversions, {cells.count('=')} were read by the Keras of the format and predict equally there, "
        f"{cells.count('written')} were written only, {cells.count('refused')} are refused."
    )


def write(found: Sequence[Row]) -> Path:
    """Writes the page; returns where it is."""
    lines = {line for _, line in FORMATS.values()}
    parts = [
        "# Model files that others published",
        "",
        f"Written by `python -m conformance real_files --report` on {datetime.date.today()}; not to be edited.",
        "",
        "The files are in packages of the Python Package Index, which are downloaded for the run. Each is loaded by a",
        "Keras of its writer's major version and by kerasfmt, with the same custom objects; the predictions on random",
        "inputs are compared. kerasfmt converts it to each format, and the Keras of that format loads and predicts.",
        "",
        "- `=`: equal, up to the rounding of float32. `refused`: kerasfmt refuses it by name; why is below.",
        f"- `written`: kerasfmt wrote it; of each package, {READ} files are read by the Keras of each format.",
        "- `theirs`: its own Keras does not load it here. `described`: weights of classes that only the package has.",
        "",
        summary(found),
        "",
        *(f"- {line}" for line in versions(lines | {"core"})),
        f"- kerasfmt: sources {sources_digest()}",
        "",
        f"| package, file | what | written by | kerasfmt | {' | '.join(_TITLES[kind] for kind in FORMATS)} |",
        f"|---|---|---|---|{'---|' * len(FORMATS)}",
    ]
    for row in found:
        described = row.ours.get("described", {}).get("value") or {}
        cells = " | ".join(row.cell(kind) for kind in FORMATS)
        verdict = {"equal": "=", "failed": "**failed**"}.get(row.verdict, row.verdict)
        name = f"`{row.package.name}` {row.member.rpartition('/')[2]}"
        parts.append(f"| {name} | {row.package.what} | {described.get('writer', '')} | {verdict} | {cells} |")
    parts += ["", "## Why", "", *(_reasons(found) or ["Everything is equal."])]
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return TARGET


def _reasons(found: Sequence[Row]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in found:
        own = f"`{row.package.name}` {row.member.rpartition('/')[2]}"
        if row.said:
            groups.setdefault(f"{row.verdict}: {_plain(row.said)}", []).append(own)
        for kind, written in row.ours.get("written", {}).items():
            if not written["ok"]:
                groups.setdefault(f"{_TITLES[kind]}: {_plain(written['error'])}", []).append(own)
    return [f"- {why} ({', '.join(names)})" for why, names in groups.items()]


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("<", "‹").replace("*", "·")[:400]
