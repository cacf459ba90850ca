"""Zip archives: healthy ones of every kind, and those of others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.verification.rules import consistency, reading, unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import archive, rules_of, small


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_have_no_findings(tmp_path: Path, method: int) -> None:
    report = verify(archive(tmp_path, None, compression=method))
    assert report.findings == ()
    assert report.checked["members"] == 3
    assert report.checked["datasets"] == 2


def test_of_tf_keras(tmp_path: Path) -> None:
    kerasfmt.save_model(small(), tmp_path / "m.keras", save_format="tf_keras")
    assert verify(tmp_path / "m.keras").findings == ()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays(tmp_path: Path, save: object) -> None:
    save(tmp_path / "w.npz", a=np.zeros(3), b=np.arange(4))  # type: ignore[operator]
    report = verify(tmp_path / "w.npz")
    assert report.findings == ()
    assert report.format == "an .npz archive"
    assert report.checked["arrays"] == 2


def test_arrays_of_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=np.array([{}], object))
    assert unsafe.PICKLE in rules_of(verify(tmp_path / "w.npz"))


def test_without_a_config(tmp_path: Path) -> None:
    path = archive(tmp_path, lambda members: members.pop("config.json"))  # type: ignore[arg-type, return-value]
    assert reading.UNKNOWN_FORMAT in rules_of(verify(path))


def test_without_weights(tmp_path: Path) -> None:
    path = archive(tmp_path, lambda members: members.pop("model.weights.h5"))  # type: ignore[arg-type, return-value]
    assert consistency.WEIGHTS in rules_of(verify(path))


def test_programs_among_the_members(tmp_path: Path) -> None:
    path = archive(tmp_path, lambda members: members.update({"assets/tool": b"\x7fELF", "run.py": b"x"}))
    report = verify(path)
    assert {found.inside for found in report.findings if found.rule is unsafe.PROGRAM} == {
        "assets/tool",
        "run.py",
    }
    assert unsafe.UNEXPECTED_FILE in rules_of(report)
