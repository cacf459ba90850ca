"""What became of every file with every reader, and whose limit it is where it failed."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from conformance.artefacts import read_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.closeness import assert_close
from conformance.formats import layout
from conformance.formats.explained import KERAS2, Explained, explanation
from conformance.formats.layout import EVERY_ENGINE, FORMATS, OURS, Matrix, file_name
from conformance.formats.live import outputs_of
from conformance.round_trips import meant_in_both

SEED = "seed"
"""The model that shows whether a reader takes a format at all."""
_ASPECT = re.compile(r"[a-z ]*")
"""The first words of a fault: what is other than expected."""
Verdict = Literal["passed", "limit", "explained", "failed"]


@dataclass(frozen=True)
class Cell:
    """One file with one reader."""

    kind: str
    writer: str
    source: str
    case: str
    reader: str
    verdict: Verdict
    reason: str = ""
    known: Explained | None = None


def cells(cases: Sequence[Case], matrix: Matrix) -> list[Cell]:
    """Every cell; a model that a Keras cannot build has none, nor has a format that is not for it."""
    return [
        cell
        for case in cases
        for writer in matrix.engines
        if "key" in layout.stated(writer, case) and "error" not in layout.stated(writer, case)
        for kind in matrix.kinds
        for source in layout.sources(EVERY_ENGINE[writer])
        for cell in _of_file(case, writer, source, kind, matrix)
    ]


def _of_file(case: Case, writer: str, source: str, kind: str, matrix: Matrix) -> list[Cell]:
    files = _files(writer, case.name)
    file = files.get(file_name(source, kind))
    readers = [r for r in matrix.readers if matrix.reads(r, writer, source, kind)]
    if file is None or not readers:
        return []
    origin = files[file_name(*source.split("-", 1))] if "-" in source else None
    if origin is not None and not origin["ok"]:
        return []
    if not file["ok"]:
        if source == "own":
            return []
        reason = f"not written: {file['error']}"
        known = explanation(matrix.explained, case.name, kind, "", writer, reason)
        verdict: Verdict = "failed" if known is None else "explained"
        shown = {"limit": None, "failed": None, "explained": known}
        verdicts = {r: "limit" if _lacking(case, kind, r, matrix) else verdict for r in readers}
        return [Cell(kind, writer, source, case.name, r, v, reason, shown[v]) for r, v in verdicts.items()]
    return [_cell(case, writer, source, kind, reader, matrix) for reader in readers]


def _lacking(case: Case, kind: str, reader: str, matrix: Matrix) -> bool:
    """Whether no Keras that is to read the file can build the model, or write it itself."""
    if matrix.shared is not None and reader != OURS:
        own = [reader]
    else:
        dialect = own_kind(kind).removeprefix("paths_")
        own = [engine.name for engine in matrix.engines.values() if engine.dialect == dialect]
    files = [_files(name, case.name).get(file_name("own", own_kind(kind)), {}) for name in own]
    return bool(own) and not any(file.get("ok") for file in files)


def own_kind(kind: str) -> str:
    """The format in which a Keras itself writes what kerasfmt writes in this one."""
    return {"early_keras3": "keras3", "keras_h5": "hdf5"}.get(kind, kind)


def _cell(case: Case, writer: str, source: str, kind: str, reader: str, matrix: Matrix) -> Cell:
    reason = _fault(case, writer, _files(writer, case.name)[file_name(source, kind)], kind, reader)
    if not reason:
        return Cell(kind, writer, source, case.name, reader, "passed")
    own_model = matrix.shared is not None or not FORMATS[kind].whole
    if reader != OURS and own_model and "error" in layout.stated(reader, case):
        return Cell(kind, writer, source, case.name, reader, "limit", f"cannot build the model: {reason}")
    known = explanation(matrix.explained, case.name, kind, reader, writer, reason)
    if reader != OURS and (source == "own" or _is_limit(case, writer, source, kind, reader, matrix)):
        return Cell(kind, writer, source, case.name, reader, "limit", reason)
    if known is not None:
        return Cell(kind, writer, source, case.name, reader, "explained", reason, known)
    return Cell(kind, writer, source, case.name, reader, "failed", reason)


def _fault(case: Case, writer: str, file: Mapping[str, Any], kind: str, reader: str) -> str:
    """What is wrong with what a reader made of a file; empty if nothing is."""
    found = _reading(reader, case.name, kind, file["digest"])
    if not found:
        return "not read"
    if not found["ok"]:
        return str(found["error"])
    expected = _stated(writer, case.name)
    if found["weights"].keys() == {""}:
        flat = sorted(d for digests in expected["weights"].values() for d in digests)
        if found["weights"][""] != flat:
            return "other weights"
    elif found["weights"] != expected["weights"]:
        return f"other weights: {_difference(found['weights'], expected['weights'])}"
    if case.runs and (fault := _other_outputs(case, writer, reader, kind, file["digest"], found)):
        return fault
    if "config" in found:
        ours, theirs = _meaning(reader, found["config"]), _meaning(writer, expected["config"])
        if ours != theirs:
            return f"other config: {_difference(ours, theirs)}"
    restored = kind != "saved_model" or reader == OURS  # Keras restores the slots when it first uses them
    if restored and found.get("slots", expected["slots"]) != expected["slots"]:
        return f"other optimizer state: {len(found['slots'])} slots, expected {len(expected['slots'])}"
    return ""


def _other_outputs(
    case: Case, writer: str, reader: str, kind: str, digest: str, found: Mapping[str, Any]
) -> str:
    expected = outputs_of(writer, case)
    with np.load(layout.read_result(reader, case, kind, digest).with_suffix(".npz")) as arrays:
        got = [arrays[name] for name in found["names"]]
    if kind == "saved_model" and found["weights"].keys() == {""}:  # in the order of their names
        got, expected = ([*sorted(a, key=_order)] for a in (got, expected))
    if len(got) != len(expected):
        return f"{len(got)} outputs, expected {len(expected)}"
    try:
        for number, (a, b) in enumerate(zip(got, expected, strict=True)):
            assert_close(f"output {number}", a, b, case.tolerance)
    except AssertionError as error:
        return str(error)
    return ""


def _order(array: np.ndarray) -> Any:
    return array.shape, float(np.round(np.asarray(array, "f8").sum(), 3))


def _is_limit(case: Case, writer: str, source: str, kind: str, reader: str, matrix: Matrix) -> bool:
    return (
        _fails_alike(case, writer, source, kind, reader, reader)
        or _same_with_own(case, writer, source, kind, reader, matrix)
        or (_lacking(case, kind, reader, matrix) and _refuses_all(kind, reader, matrix))
    )


def _refuses_all(kind: str, reader: str, matrix: Matrix) -> bool:
    """Whether a reader refuses a format, shown by the seed model as every Keras wrote it that does."""
    files = [_files(name, SEED).get(file_name("own", own_kind(kind)), {}) for name in matrix.engines]
    found = [_reading(reader, SEED, own_kind(kind), file["digest"]) for file in files if file.get("ok")]
    return bool(found) and not any(reading.get("ok", True) for reading in found)


def _same_with_own(case: Case, writer: str, source: str, kind: str, reader: str, matrix: Matrix) -> bool:
    """Whether the reader fails in the same way on the equivalent file of the Keras that has the model.

    The file is the same writer's. Where that does not write this format, every Keras that does is taken. A minor
    version of Keras 3 is held against its own file.
    """
    if matrix.shared is not None:
        return any(
            _fails_alike(case, writer, source, kind, reader, other)
            for other in matrix.yardsticks(reader, kind)
        )
    own = _files(writer, case.name).get(file_name("own", kind))
    # The HDF5 of kerasfmt is Keras 2's, which Keras 2 has to read, whatever it makes of Keras 3's own.
    dialect = "tf_keras" if kind == "hdf5" and reader in KERAS2 else EVERY_ENGINE[writer].dialect
    if own and own["ok"] and dialect == EVERY_ENGINE[writer].dialect:
        return _fails_alike(case, writer, source, kind, reader, writer)
    others = [
        name
        for name, engine in matrix.engines.items()
        if name != writer
        and (kind != "hdf5" or engine.dialect == dialect)
        and _files(name, case.name).get(file_name("own", kind), {}).get("ok")
    ]
    return bool(others) and all(_fails_alike(case, writer, source, kind, reader, name) for name in others)


def _fails_alike(case: Case, writer: str, source: str, kind: str, reader: str, other: str) -> bool:
    file = _files(writer, case.name)[file_name(source, kind)]
    own = _files(other, case.name).get(file_name("own", own_kind(kind)), {})
    if not own.get("ok"):
        return False
    ours = _reading(reader, case.name, kind, file["digest"])
    theirs = _reading(reader, case.name, own_kind(kind), own["digest"])
    if not ours or not theirs:
        return False
    if not ours["ok"] or not theirs["ok"]:
        return bool(ours["ok"] == theirs["ok"])
    faults = (_fault(case, writer, file, kind, reader), _fault(case, other, own, own_kind(kind), reader))
    return bool(faults[1]) and len({_ASPECT.match(fault)[0] for fault in faults}) == 1  # type: ignore[index]


def _difference(a: Any, b: Any, path: str = "") -> str:
    """The first place where two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(a.keys() | b.keys()):
            if name not in a or name not in b:
                side = "expected only" if name not in a else "not expected"
                return f"{path}.{name}: {side}: {str((a if name in a else b)[name])[:60]}"
            if a[name] != b[name]:
                return _difference(a[name], b[name], f"{path}.{name}")
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next(
            _difference(x, y, f"{path}[{n}]") for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y
        )
    return f"{path.lstrip('.')}: {str(a)[:80]}, expected {str(b)[:80]}"


def _meaning(name: str, config: Mapping[str, Any]) -> Any:
    """A config of a Keras, or of kerasfmt, in the one dialect of kerasfmt."""
    return _meant(json.dumps(config), name != OURS and EVERY_ENGINE[name].dialect == "keras3")


@functools.cache
def _meant(config: str, keras3: bool) -> Any:
    import kerasfmt
    from conformance.formats.configs import plain

    entry = json.loads(config)
    try:
        return meant_in_both(plain(kerasfmt.model_from_config(entry, keras=3 if keras3 else 2).get_config()))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@functools.cache
def _files(writer: str, case: str) -> dict[str, dict[str, Any]]:
    return layout.written(writer, CASES[case])


@functools.cache
def _stated(writer: str, case: str) -> dict[str, Any]:
    return layout.stated(writer, CASES[case])


@functools.lru_cache(20_000)
def _reading(reader: str, case: str, kind: str, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = read_json(layout.read_result(reader, CASES[case], kind, digest))
    return found
