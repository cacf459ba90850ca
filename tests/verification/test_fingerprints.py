"""fingerprint.pb against what it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt import protos
from kerasfmt.verification.rules import integrity
from kerasfmt.verification.verify import verify
from tests.verification.making import rules_of, saved


def test_a_model_as_it_was_saved(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    assert verify(directory).checked["fingerprints"] == 1
    (directory / "fingerprint.pb").unlink()
    report = verify(directory)
    assert report.findings == ()
    assert "fingerprints" not in report.checked


@pytest.mark.parametrize(
    "field",
    [
        "saved_model_checksum",
        "graph_def_program_hash",
        "signature_def_hash",
        "saved_object_graph_hash",
        "checkpoint_hash",
    ],
)
def test_each_part_counts(tmp_path: Path, field: str) -> None:
    directory = saved(tmp_path)
    path = directory / "fingerprint.pb"
    stated = protos.FingerprintDef.FromString(path.read_bytes())
    setattr(stated, field, getattr(stated, field) ^ 1)
    path.write_bytes(stated.SerializeToString())
    report = verify(directory)
    assert rules_of(report) == {integrity.FINGERPRINT}
    assert field in report.findings[0].message
