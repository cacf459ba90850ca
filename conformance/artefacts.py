"""The files of a case: where they are, and what they hold.

.conformance/work/<line>/<case>/
    model.h5        TensorFlow's HDF5 file, the input of kerasfmt; model.keras where Keras has no HDF5 of a layer
    theirs/         the SavedModel that TensorFlow makes of that file
    expected.json   names, structures, and the key under which all this is cached
    expected.npz    sample inputs, outputs, and everything else that TensorFlow computed
    ours/           the SavedModel that kerasfmt makes of that file
    again/          the SavedModel that kerasfmt makes of theirs/
    results.json    check -> {"ok", "detail"}
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.case import Case
from conformance.environments import ROOT

WORK = Path(os.environ.get("KERASFMT_CONFORMANCE_WORK", ROOT / ".conformance" / "work"))

ARCHITECTURES = ROOT / ".conformance" / "architectures"
"""<line>.json: what the last run of `test_architectures.py` found."""

LINES = ("2.15", "2.21")
"""The TensorFlow lines: 2.15 with its own Keras 2, 2.21 with tf_keras."""

GENERATION = 2
"""To be raised when `build.py` changes what it writes: all cached artefacts are then made anew."""

READERS = ("keras", "saved_model", "v1", "cli")
"""TensorFlow's ways to read a SavedModel."""


def directory(line: str, case: Case) -> Path:
    """Where the files of `case` lie for `line`."""
    return WORK / line / case.name


def stored(line: str, case: Case) -> Path:
    """The file that TensorFlow wrote, from which kerasfmt gets the model of `case`."""
    return directory(line, case) / f"model.{case.suffix}"


def readers(case: Case) -> list[str]:
    """The readers that a case is given to; saved_model_cli is slow and gets one case of each layer."""
    with_cli = case.about == "model" or case.name.endswith("-default")
    return [reader for reader in READERS if reader != "cli" or with_cli]


def checks(line: str, case: Case) -> list[str]:
    """Every check that a case has to pass on a line."""
    compared = [] if line in case.unsaved else ["structure", "twin"]
    return ["convert", "back", *compared, *(["predict"] if case.runs else []), *readers(case)]


def read_json(path: Path) -> Any:
    """What the file holds; an empty dict if there is none."""
    return json.loads(path.read_text()) if path.exists() else {}


def write_json(path: Path, value: Any) -> None:
    """Writes `value` in place of the file, whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
    partial.replace(path)


def cache_key(case: Case) -> str:
    """Changes when the case changes, or `GENERATION` does."""
    return f"{case.key}-{GENERATION}"


def record(results: Path, check: str, run: Callable[[], None]) -> bool:
    """Runs one check and notes in `results` whether it passed; returns that."""
    noted = read_json(results)
    noted[check] = {"ok": False, "detail": "the process died during this check"}
    write_json(results, noted)
    try:
        run()
        noted[check] = {"ok": True, "detail": ""}
    except Exception as error:
        lines = [*traceback.format_exc().splitlines()]
        detail = f"{type(error).__name__}: {error}"
        noted[check] = {"ok": False, "detail": detail, "traceback": "\n".join(lines[-25:])}
    write_json(results, noted)
    return bool(noted[check]["ok"])
