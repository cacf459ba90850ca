"""Writes `REAL_FILES.md`: a row for each file, and what is refused and why."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.artefacts import read_json
from conformance.formats.layout import sources_digest
from conformance.formats.page import versions
from conformance.pages import replace_part
from conformance.real_files.files import Package
from conformance.real_files.worker import AS_GRAPH, FORMATS, READ, TODAY, writer_line

TARGET = Path(__file__).parent.with_name("REAL_FILES.md")
_KERAS3: Final = "3.15"
_OWN: Final = ("UnsupportedLayerError", "UnsupportedFormatError", "UnsafeFileError")
_SHOWN: Final = 4
_LONG: Final = 300
_NO_LAYERS: Final = "not a file of layers"
_NUMBERED: Final = ("amp_", "ph_", "saved_model")
_TITLES: Final = {
    "tf": "SavedModel",
    "h5": ".h5",
    "tf_keras": ".keras of Keras 2",
    "keras": ".keras of Keras 3",
}


@dataclass(frozen=True)
class Row:
    """What came of a file.

    Attributes:
      package: its package.
      member: its path there.
      line: the line of TensorFlow whose Keras stands for its own.
      theirs: what that Keras said.
      also: what Keras 3 of today said of it.
      ours: what kerasfmt said.
      read: what the readers of converted files said, by format.
    """

    package: Package
    member: str
    line: str
    theirs: dict[str, Any]
    also: dict[str, Any]
    ours: dict[str, Any]
    read: dict[str, dict[str, Any]]

    @property
    def verdict(self) -> str:
        """equal, only (kerasfmt loads it), refused, described (weights alone), neither (loads it), or failed."""
        loaded = self.ours.get("loaded", {"ok": False, "error": "not run"})
        if self.package.architecture == "none":
            return "described" if self.ours.get("described", {}).get("ok") else "failed"
        refused = not loaded["ok"] and loaded["error"].startswith(_OWN)
        theirs = self.theirs.get("ok", False)
        if not loaded["ok"]:
            return ("refused" if theirs else "neither") if refused else "failed"
        if theirs and not self.ours.get("equal", {}).get("ok"):
            return "failed"
        if any(self.cell(kind).startswith("**") for kind in FORMATS):
            return "failed"
        return "equal" if theirs else "only"

    @property
    def said(self) -> str:
        """Why it is not equal; empty if it is."""
        told = [self.ours.get("loaded", {}), self.ours.get("equal", {}), *self.read.values()]
        if self.verdict == "only":
            return f"its own Keras: {self.theirs['error']}"
        if self.verdict == "neither":
            return f"Keras: {self.theirs.get('error', 'not run')}; kerasfmt: {told[0]['error']}"
        if self.verdict == "described":
            return "weights of classes that only the package has: described, each array counted"
        return "; ".join(one["error"] for one in told if one.get("error"))

    @property
    def own(self) -> str:
        """What its own Keras did."""
        return self.line if self.theirs.get("ok") else f"{self.line}: no"

    @property
    def today(self) -> str:
        """What Keras 3 of today did."""
        if self.line == TODAY:
            return "=" if self.theirs.get("ok") else "no"
        if not self.also or _NO_LAYERS in str(self.also.get("error")):
            return ""
        return "=" if self.also["ok"] else "no"

    def cell(self, kind: str) -> str:
        """What came of a conversion."""
        written = self.ours.get("written", {}).get(kind)
        if written is None:
            return ""
        if not written["ok"]:
            return "refused" if written["error"].startswith(_OWN) else "**failed**"
        found = self.read.get(kind)
        if found is None:
            return "same" if isinstance(written["value"], float) else "written"
        if written["value"] == AS_GRAPH and found["ok"]:
            return f"= {AS_GRAPH}"
        return "=" if found["ok"] else "**failed**"


def rows(packages: Sequence[Package]) -> list[Row]:
    """A row for each file of packages, of the last results."""
    from conformance.real_files.command import jobs

    found = []
    for package in packages:
        for _, path, directory, _ in jobs([package]):
            home = Path(directory)
            read: dict[str, dict[str, Any]] = {}
            for line in {line for _, line in FORMATS.values()}:
                read |= read_json(home / f"read-{line}.json")
            member = home.name.partition("+")[2].replace("+", "/")
            line = writer_line(Path(path))
            theirs, also = read_json(home / f"theirs-{line}.json"), read_json(home / f"also-{TODAY}.json")
            found.append(Row(package, member, line, theirs, also, read_json(home / "ours-core.json"), read))
    return found


def summary(found: Sequence[Row]) -> str:
    """The counts in a few sentences."""
    loaded = [row for row in found if row.theirs.get("ok")]
    equal = [row for row in loaded if row.verdict == "equal"]
    cells = [row.cell(kind) for row in equal for kind in FORMATS if row.cell(kind)]
    verdicts = [row.verdict for row in found]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in dict.fromkeys(verdicts))
    share = 100 * len(equal) / max(len(loaded), 1)
    read = sum(cell.startswith("=") for cell in cells)
    today = sum(row.today == "=" for row in loaded)
    return (
        f"{len(found)} files of {len({row.package.name for row in found})} packages: {counts}. Their own Keras or "
        f"TensorFlow loads {len(loaded)}. Of these, kerasfmt loads {len(equal)}, which predict equally and convert to "
        f"every format that holds them: {share:.1f} %. Keras {_KERAS3} loads {today} of them and predicts equally. Of "
        f"the {len(cells)} conversions, {read} were read by the Keras of the format and predict equally "
        f"there, {cells.count('same')} were read by kerasfmt and do, {cells.count('written')} were written only, "
        f"{cells.count('refused')} are refused."
    )


def in_short(found: Sequence[Row]) -> str:
    """The counts for the README."""
    loaded = [row for row in found if row.theirs.get("ok")]
    equal = sum(row.verdict == "equal" for row in loaded)
    more = sum(row.verdict == "only" for row in found)
    today = sum(row.today == "=" for row in loaded)
    share = 100 * equal / max(len(loaded), 1)
    failed = sum(row.verdict == "failed" for row in found)
    open_ones = f" {failed} fail, in the conversions that the page marks." if failed else ""
    return (
        f"On {datetime.date.today()}, [{len(found)} files](conformance/REAL_FILES.md) of "
        f"{len({row.package.name for row in found})} packages of the Python Package Index. TensorFlow 2.12, 2.15 or\n"
        f"2.21 loads {len(loaded)}. Of these, kerasfmt loads {equal} ({share:.1f} %), which "
        f"predict equally and convert to every format that\nholds them, and {more} more that none of the three loads. "
        f"Keras {_KERAS3} loads {today} of the {len(loaded)}.{open_ones}"
    )


def write(found: Sequence[Row]) -> Path:
    """Writes the page, and the counts to the README; returns where the page is."""
    lines = {line for _, line in FORMATS.values()}
    parts = [
        "# Model files that others published",
        "",
        f"Written by `python -m conformance real_files --report` on {datetime.date.today()}; not to be edited.",
        "",
        "The files are in packages of the Python Package Index, which are downloaded for the run. Each is loaded by a",
        "Keras of its writer's major version and by kerasfmt, with the same custom objects; the predictions on random",
        "inputs are compared. kerasfmt converts it to each format, and the Keras of that format loads and predicts.",
        "Of a checkpoint, each array is compared.",
        "",
        "- *own Keras*: the TensorFlow line (2.12 and 2.15 with Keras 2, 2.21 with Keras 3) that loads it.",
        f"- *Keras {_KERAS3}*: `=` loads it too and predicts equally; `no` does not; empty: not of layers.",
        "- *kerasfmt*: the largest difference of a prediction, relative to the largest number of that output.",
        f"- `=`: equal, up to 1e-05 of it. `same`: of each package, {READ} files are read by the Keras of each",
        "  format; this one was read by kerasfmt, and predicts equally. `written`: read by nothing in this run.",
        "- `as a graph`: by `load_graph_model`; TensorFlow computes its signature as that of the original.",
        "- `refused`: by name; why is below.",
        "- `only`: its own Keras does not load it here, kerasfmt does; the Keras of each format predicts as kerasfmt.",
        "- `neither`: its own Keras does not load it here, and kerasfmt refuses it by name; why is below.",
        "- `described`: weights alone, of classes that only the package has; `inspect` tells of each array.",
        "",
        summary(found),
        "",
        *(f"- {line}" for line in versions(lines | {"2.12", "core"})),
        f"- kerasfmt: sources {sources_digest()}",
        "",
        f"| package, file | what | written by | own Keras | Keras {_KERAS3} | kerasfmt | "
        f"{' | '.join(_TITLES[kind] for kind in FORMATS)} |",
        f"|---|---|---|---|---|---|{'---|' * len(FORMATS)}",
    ]
    for row in found:
        described = row.ours.get("described", {}).get("value") or {}
        cells = " | ".join(row.cell(kind) for kind in FORMATS)
        name = f"`{row.package.name}` {_plain(short(row.member))}"
        what = _plain(row.package.what)
        parts.append(
            f"| {name} | {what} | {described.get('writer', '')} | {row.own} | {row.today} | {_verdict(row)} | {cells} |"
        )
    parts += ["", "## Why", "", *(_reasons(found) or ["Everything is equal."])]
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")
    replace_part("real files", "python -m conformance real_files --report", in_short(found))
    return TARGET


def short(member: str) -> str:
    """The end of a path that tells it from the others of its package."""
    parts = member.split("/")
    generic = ("weights.h5", ".index", "variables.index", "classifier", "model.h5", "model")
    if len(parts) > 1 and (parts[-1] in generic or parts[-1].isdigit() or parts[-1].startswith(_NUMBERED)):
        return "/".join(parts[-2:])
    return parts[-1]


def _verdict(row: Row) -> str:
    if row.verdict == "failed":
        return "**failed**"
    if "value" not in row.ours.get("equal", {}):
        return row.verdict
    difference = row.ours["equal"]["value"]
    return "= (0)" if not difference else f"= ({difference:.0e})"


def _reasons(found: Sequence[Row]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in found:
        if row.package.why:
            why = f"compared up to {row.package.tolerance:g}: {row.package.why}"
            groups.setdefault(why, []).append(f"`{row.package.name}`")
        own = f"`{row.package.name}` {_plain(short(row.member))}"
        if row.said:
            groups.setdefault(f"{row.verdict}: {_general(row.said)}", []).append(own)
        if row.also and not row.also["ok"] and row.today:
            groups.setdefault(f"Keras {_KERAS3}: {_general(row.also['error'])}", []).append(own)
        for kind, written in row.ours.get("written", {}).items():
            if not written["ok"]:
                groups.setdefault(f"{_TITLES[kind]}: {_general(written['error'])}", []).append(own)
    return [f"- {why} ({_listed(names)})" for why, names in sorted(groups.items())]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _general(text: str) -> str:
    """A reason without what differs from file to file."""
    text = re.sub(r"\S*==\S*/\S*?(?=:? )", "...", text)
    text = re.sub(r"(layer|model) \S+ of class \S+:", r"\1 ... of class ...:", text)
    text = re.sub(r"custom_objects=\{'\w+': (\w+)\}", r"custom_objects={'...': \1}", text)
    text = re.sub(r"(filepath=|trainable=|shape=|input of shape |Received: )[^ ]+|\x1b\[\S*", r"\1...", text)
    text = re.sub(r"(config=|config: |kwargs=)\{.*", r"\1...", text)
    return _plain(re.sub(r"(?<=[a-zA-Z])_\d+\b", "", text))[:_LONG]


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("<", "‹").replace("*", "·")
