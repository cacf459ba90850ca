"""The cells of the matrix: a file, its reader, and whether training went on as if nothing had happened.

A cell is compared with 6 steps without a break: bit by bit or within 1e-6 of the largest value in the Keras that wrote
the file, and within 1e-5 where another Keras goes on.

A cell that fails is explained where the reader fails on the file that it wrote itself of the same case in the same
format (or of the case's twin, where it lacks the case), or the writer on the file that was converted. A reader that
raises is explained only by one that raises. A cell is warned of where kerasfmt said, when it wrote the file, what of
the optimizer the other Keras lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from conformance.artefacts import read_json
from conformance.training import layout
from conformance.training.cases import CASES, TrainingCase
from conformance.training.stages import kind_of

Verdict = Literal["equal", "close", "explained", "warned", "refused", "failed"]
SAME_KERAS = 1e-6


@dataclass(frozen=True)
class Cell:
    """A file and a reader.

    Attributes:
      case: the case's name.
      writer: the line that trained first.
      source: the format of the writer's file that kerasfmt converted; "own" for the file itself.
      kind: the format that is read.
      reader: the line that trains on.
      verdict: how it went.
      reason: what differs, or what was raised.
      control: how the reader's own file of the case fared in this format; empty where it has none.
      warned: what kerasfmt warned of when it wrote the file.
      raised: whether it was not written, or not read, or the reader could not train at all.
    """

    case: str
    writer: str
    source: str
    kind: str
    reader: str
    verdict: Verdict
    reason: str = ""
    control: str = ""
    warned: tuple[str, ...] = ()
    raised: bool = False


def cells(lines: Sequence[str], cases: Sequence[TrainingCase]) -> list[Cell]:
    """Every cell of these readers."""
    return [cell for case in cases for reader in lines for cell in _cells(case, reader)]


def lacking(line: str, case: str) -> str:
    """Why a Keras cannot train a case; empty if it can."""
    known = read_json(layout.directory(line, case) / "expected.json")
    return str(known.get("error", "") if known else "not run")


def _cells(case: TrainingCase, reader: str) -> Iterator[Cell]:
    controls = {}
    lacks = lacking(reader, case.name)
    control = CASES[case.twin] if lacks and case.twin else case
    for kind in layout.own_formats(reader):
        own = _cell(control, reader, layout.file_name("own", kind), kind, reader, "own")
        controls[kind] = own
        if own is not None and not lacks:
            yield own
    for writer in layout.writers(reader):
        for source in layout.sources(writer):
            converted = _cell(case, writer, layout.file_name("own", source), source, writer, "own")
            for kind in layout.targets(reader):
                if kind in layout.WEIGHTS and lacks:
                    continue  # the reader has no such model to load weights into
                found = _cell(case, writer, layout.file_name(source, kind), kind, reader, source)
                if found is not None:
                    yield _with_controls(found, controls.get(kind), converted)


def _with_controls(cell: Cell, control: Cell | None, converted: Cell | None) -> Cell:
    """The cell with what the reader makes of its own file, and else what the writer makes of the converted file."""
    fails = [
        own
        for own in (control, converted)
        if own is not None and own.verdict == "failed" and (own.raised or not cell.raised)
    ]
    verdict, shown = cell.verdict, control
    if cell.verdict == "failed" and fails:
        verdict, shown = "explained", fails[0]
    elif cell.verdict == "failed" and any(words.startswith("optimizer ") for words in cell.warned):
        verdict = "warned"
    words = "" if shown is None else shown.reason or shown.verdict
    if shown is not None and shown is not control:
        words = f"the file that was converted: {words}"
    elif shown is not None and shown.case != cell.case:
        words = f"its file of {shown.case}: {words}"
    return replace(cell, verdict=verdict, control=words)


def _cell(case: TrainingCase, writer: str, file: str, kind: str, reader: str, source: str) -> Cell | None:
    home = layout.directory(writer, case.name)
    known = read_json(home / "files.json").get(file)
    if known is None:
        return None
    warned = tuple(known.get("warnings", ()))

    def cell(verdict: Verdict, reason: str = "", raised: bool = False) -> Cell:
        return Cell(case.name, writer, source, kind_of(file), reader, verdict, reason, "", warned, raised)

    if not known["ok"]:
        refused = source != "own" and known["error"].startswith("UnsupportedLayerError: optimizer ")
        return cell("refused" if refused else "failed", known["error"], raised=True)
    result = layout.result(reader, case.name, kind, known["digest"])
    state = read_json(result)
    if not state:
        return None
    if not state["ok"]:
        return cell("failed", state["error"], raised=True)
    expected = read_json(home / "expected.json")
    same = writer == reader
    tolerance = SAME_KERAS if same else case.tolerance
    verdict, reason = compared(
        {**expected, **_arrays(home / "expected.json")}, {**state, **_arrays(result)}, tolerance, same
    )
    return cell(verdict, reason)


def _arrays(path: Path) -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {"weights": [], "variables": []}
    with np.load(path.with_suffix(".npz")) as held:
        for key, values in found.items():
            count = sum(name.startswith(f"{key}/") for name in held.files)
            values += [held[f"{key}/{number}"] for number in range(count)]
    return found


def compared(
    expected: Mapping[str, Any], state: Mapping[str, Any], tolerance: float, same: bool
) -> tuple[Verdict, str]:
    """Whether a state is the expected one; if not, what differs first.

    Args:
      expected: after training without a break.
      state: after training on from a file.
      tolerance: relative to the largest value of each array.
      same: whether one Keras made both, so that they have the same variables in the same order.
    """
    if state["iterations"] != expected["iterations"]:
        return "failed", f"{state['iterations']} steps counted, not {expected['iterations']}"
    parts = [("loss", [expected["losses"]], [state["losses"]]), ("rate", [expected["rate"]], [state["rate"]])]
    parts.append(("weight", expected["weights"], state["weights"]))
    if same:
        if state["optimizer"] != expected["optimizer"]:
            return "failed", f"the optimizer is {state['optimizer']}, not {expected['optimizer']}"
        parts.append(("variable", expected["variables"], state["variables"]))
    equal = True
    for what, theirs, mine in parts:
        if len(theirs) != len(mine):
            return "failed", f"{len(mine)} of {len(theirs)} values: {what}"
        for number, (left, right) in enumerate(zip(theirs, mine, strict=True)):
            left, right = np.asarray(left), np.asarray(right)
            if left.shape != right.shape:
                return "failed", f"{what} {number}: shape {right.shape}, not {left.shape}"
            if np.array_equal(left, right):
                continue
            equal = False
            scale = float(np.max(np.abs(left))) or 1.0
            off = float(np.max(np.abs(left.astype(np.float64) - right.astype(np.float64)))) / scale
            if not off <= tolerance:
                return "failed", f"{what} {number}: off by {off:.1e} of the largest value"
    return ("equal", "") if equal else ("close", "")
