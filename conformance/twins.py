"""TensorFlow's SavedModel of a case through kerasfmt and back, without TensorFlow: what is written is the source.

kerasfmt reads theirs/, predicts with the model, and writes again/, which `structure` compares with theirs/.
"""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import kerasfmt
from conformance.artefacts import directory
from conformance.case import Case
from conformance.closeness import assert_close
from conformance.nested import fill, leaves
from conformance.read import Expected
from conformance.structure import compare
from conformance.structure.rules import DIFFERENT
from kerasfmt.ir import Model

FORGOTTEN = {
    "mlp_without_optimizer": "the compile state is not in the file, so that the metrics beside it are not kept",
}
"""Cases of which a part is not written again, and why."""


def twin(line: str, case: Case) -> None:
    """Reads TensorFlow's SavedModel of a case and writes it again.

    Raises:
      AssertionError: the model computes something else, or what is written differs from what was read.
    """
    where = directory(line, case)
    kerasfmt.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = kerasfmt.load_model(where / "theirs", custom_objects=case.objects(kerasfmt))
    again = where / "again"
    shutil.rmtree(again, ignore_errors=True)
    kerasfmt.save_model(model, again, **case.save)
    _assert_same(again, where, case)
    if case.runs:
        assert_predicts(model, line, case)  # last: it changes what a stateful layer keeps


def assert_predicts(model: Model, line: str, case: Case) -> None:
    """Fails unless a model gives the outputs that TensorFlow computed for a case."""
    expected = Expected(line, case)
    got = leaves(expected.names["outputs"], model.predict(fill(expected.names["inputs"], expected.x)))
    for name, output, wanted in zip(
        expected.names["output_names"], got, expected.series("y", "output_names"), strict=True
    ):
        assert_close(f"kerasfmt's predict, output {name!r}", output, wanted, case.tolerance)


def _assert_same(again: Path, where: Path, case: Case) -> None:
    """Fails if what is written differs from the source; a case of DIFFERENT may differ where ours/ does."""
    found = [d for d in compare(again, where / "theirs") if not d.accepted]
    if case.name in DIFFERENT:
        known = {(d.path, d.what) for d in compare(where / "ours", where / "theirs")}
        found = [d for d in found if (d.path, d.what) not in known]
    if case.name in FORGOTTEN:
        if not found:
            raise AssertionError(f"no differences any more: take {case.name} out of twins.FORGOTTEN")
    elif found:
        raise AssertionError(f"{len(found)} differences\n  " + "\n  ".join(map(str, found[:40])))
