"""Stage 2, in a process that cannot import TensorFlow: kerasfmt converts, and predicts in NumPy."""

from __future__ import annotations

import shutil
import sys

from conformance.artefacts import directory, record, stored
from conformance.case import Case
from conformance.closeness import assert_close
from conformance.nested import fill, leaves
from conformance.read import Expected

FOREIGN = ("tensorflow", "keras", "tf_keras", "jax", "torch")


def convert(line: str, case: Case) -> None:
    """Writes `ours/` and records the checks `convert`, `predict` and `structure`."""
    where = directory(line, case)
    results = where / "results.json"
    shutil.rmtree(where / "ours", ignore_errors=True)
    results.unlink(missing_ok=True)
    if record(results, "convert", lambda: _convert(line, case)) and line not in case.unsaved:
        record(results, "structure", lambda: _structure(line, case))
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


def _predict(line: str, case: Case) -> None:
    import kerasfmt

    expected = Expected(line, case)
    model = kerasfmt.load_model(stored(line, case), custom_objects=case.objects(kerasfmt))
    got = leaves(expected.names["outputs"], model.predict(fill(expected.names["inputs"], expected.x)))
    for name, output, wanted in zip(
        expected.names["output_names"], got, expected.series("y", "output_names"), strict=True
    ):
        assert_close(f"kerasfmt's predict, output {name!r}", output, wanted, case.tolerance)


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
