"""Where a case's files lie, and how what was measured is compared with what TensorFlow gave.

.conformance/work/<line>/<case>/
    model.h5        TensorFlow's HDF5 file, the input of kerasfmt
    theirs/         the SavedModel that TensorFlow makes of that file
    expected.json   names, structures, and the key under which all this is cached
    expected.npz    sample inputs, outputs, and everything else that TensorFlow computed
    ours/           the SavedModel that kerasfmt makes of that file
    results.json    check -> {"ok", "detail"}
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conformance.cases import Case

ROOT = Path(__file__).resolve().parent.parent
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


def readers(case: Case) -> list[str]:
    """The readers that a case is given to; saved_model_cli is slow and gets one case of each layer."""
    with_cli = case.layer == "model" or case.name.endswith("-default")
    return [reader for reader in READERS if reader != "cli" or with_cli]


def checks(line: str, case: Case) -> list[str]:
    """Every check that a case has to pass on a line."""
    compared = [] if line in case.unsaved else ["structure"]
    return ["convert", *compared, *(["predict"] if case.runs else []), *readers(case)]


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


def template(structure: Any, flat: Sequence[Any]) -> Any:
    """`structure` with each leaf replaced by its position in `flat`, found by identity; JSON can hold it."""
    if isinstance(structure, dict):
        return {name: template(value, flat) for name, value in structure.items()}
    if isinstance(structure, list | tuple):
        return [template(value, flat) for value in structure]
    return next(i for i, leaf in enumerate(flat) if leaf is structure)


def fill(shape: Any, flat: Sequence[Any]) -> Any:
    """The structure that `template` was made of, with `flat` as its leaves."""
    if isinstance(shape, dict):
        return {name: fill(value, flat) for name, value in shape.items()}
    if isinstance(shape, list):
        return [fill(value, flat) for value in shape]
    return flat[shape]


def leaves(shape: Any, structure: Any) -> list[Any]:
    """The leaves of `structure`, in the order of the flat list that `template` was given."""
    found: dict[int, Any] = {}

    def walk(shape: Any, value: Any) -> None:
        if isinstance(shape, dict):
            if sorted(shape) != sorted(value):
                raise AssertionError(f"expected a dict of {sorted(shape)}, got {sorted(value)}")
            for name in shape:
                walk(shape[name], value[name])
        elif isinstance(shape, list):
            if isinstance(value, dict) or len(shape) != len(value):
                raise AssertionError(f"expected a list of {len(shape)}, got {value!r}")
            for part, inner in zip(shape, value, strict=True):
                walk(part, inner)
        else:
            found[shape] = value

    walk(shape, structure)
    return [found[i] for i in sorted(found)]


def assert_close(what: str, got: Any, expected: Any, tolerance: float) -> None:
    """Passes if every element is within `tolerance` of the expected one, relative to it and to the largest.

    Raises:
      AssertionError: naming `what`, both values, and where they are furthest apart.
    """
    got, expected = np.asarray(got), np.asarray(expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        raise AssertionError(
            f"{what}: expected {expected.dtype}{list(expected.shape)}, got {got.dtype}{list(got.shape)}"
        )
    if not expected.size:
        return
    if expected.dtype.kind not in "fc":
        if not np.array_equal(got, expected):
            raise AssertionError(f"{what}: expected {expected.ravel()[:4]}, got {got.ravel()[:4]}")
        return
    if expected.dtype == np.float64 and tolerance == 1e-5:
        tolerance = 1e-12
    got, expected = got.astype("float64"), expected.astype("float64")
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    close = np.isclose(got, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    if not close.all():
        worst = np.unravel_index(np.argmax(np.where(close, 0, np.abs(got - expected))), got.shape)
        raise AssertionError(
            f"{what}: {int((~close).sum())} of {close.size} elements differ; at {[int(i) for i in worst]} "
            f"expected {expected[worst]!r}, got {got[worst]!r} (tolerance {tolerance:g} of {scale:.3g})"
        )


def norms(arrays: Iterable[Any]) -> np.ndarray:
    """One number per array that hardly any mistake leaves as it was, float64 (number of arrays,)."""

    def norm(value: Any) -> float:
        flat = np.asarray(value).astype("float64").ravel()
        return float(flat @ (1.0 + 0.1 * np.cos(np.arange(flat.size))))

    return np.array([norm(value) for value in arrays], "float64")
