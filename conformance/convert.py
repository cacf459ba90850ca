"""Stage 2, in a process that cannot import TensorFlow: kerasfmt converts, and predicts in NumPy."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from conformance.artefacts import directory, record, stored
from conformance.case import Case
from conformance.round_trips import round_trip
from conformance.twins import assert_predicts, twin

FOREIGN = ("tensorflow", "keras", "tf_keras", "jax", "torch")


def convert(line: str, case: Case, whose: str = "ours") -> None:
    """Writes `ours/` and records the checks `convert`, `predict`, `structure`, `back` and `twin`.

    Of `theirs` it records `twin` alone.
    """
    where = directory(line, case)
    if whose != "ours":
        if line not in case.unsaved:
            record(where / f"{whose}.json", "twin", lambda: twin(line, case))
        return
    results = where / "results.json"
    shutil.rmtree(where / "ours", ignore_errors=True)
    results.unlink(missing_ok=True)
    if record(results, "convert", lambda: _convert(line, case)) and line not in case.unsaved:
        record(results, "structure", lambda: _structure(line, case))
        record(results, "twin", lambda: twin(line, case))
    record(results, "back", lambda: _back(line, case))
    if case.runs:
        record(results, "predict", lambda: _predict(line, case))


def _convert(line: str, case: Case) -> None:
    import kerasfmt

    kerasfmt.clear_session()
    where = directory(line, case)
    model = kerasfmt.load_model(stored(line, case), custom_objects=case.objects(kerasfmt))
    kerasfmt.save_model(model, where / "ours", **case.save)
    loaded = [name for name in FOREIGN if name in sys.modules]
    if loaded:
        raise AssertionError(f"kerasfmt imported {loaded}")


def _back(line: str, case: Case) -> None:
    """What is written as a SavedModel comes back as the model that was written."""
    with tempfile.TemporaryDirectory() as scratch:
        round_trip(line, case, "saved_model", Path(scratch))


def _predict(line: str, case: Case) -> None:
    import kerasfmt

    model = kerasfmt.load_model(stored(line, case), custom_objects=case.objects(kerasfmt))
    assert_predicts(model, line, case)


def _structure(line: str, case: Case) -> None:
    from conformance.structure import compare
    from conformance.structure.rules import DIFFERENT

    where = directory(line, case)
    found = [d for d in compare(where / "ours", where / "theirs") if not d.accepted]
    if case.name in DIFFERENT:
        if not found:
            raise AssertionError(
                f"no differences any more: take {case.name} out of structure.rules.DIFFERENT"
            )
    elif found:
        more = f"\n  and {len(found) - 40} more" if len(found) > 40 else ""
        raise AssertionError(f"{len(found)} differences\n  " + "\n  ".join(map(str, found[:40])) + more)
