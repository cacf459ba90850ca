"""HDF5 files: healthy ones, packed ones, and what has two paths."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.verification.rules import integrity, reading, unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import changed_hdf5, hdf5, rules_of, small

DATA = Path(__file__).parents[1] / "data" / "hdf5"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.h5")), ids=lambda path: path.stem)
def test_files_of_keras_have_no_findings(path: Path) -> None:
    report = verify(path)
    assert report.findings == ()
    assert report.checked["datasets"] > 0


def test_weights_alone(tmp_path: Path) -> None:
    for name in ("model.weights.h5", "old.h5"):
        kerasfmt.save_weights(small(), tmp_path / name)
        assert verify(tmp_path / name).findings == ()


def test_packed_datasets_are_unpacked(tmp_path: Path) -> None:
    def change(file: h5py.File) -> None:
        data = np.arange(4096, dtype=np.float32).reshape(64, 64)
        file.create_dataset("more", data=data, compression="gzip", shuffle=True, fletcher32=True)

    assert integrity.UNREADABLE_DATASET not in rules_of(verify(changed_hdf5(change)(tmp_path)))


def test_two_paths_to_one_dataset(tmp_path: Path) -> None:
    def change(file: h5py.File) -> None:
        file["again"] = file["model_weights/dense/dense/kernel:0"]

    assert integrity.SHARED_BYTES in rules_of(verify(changed_hdf5(change)(tmp_path)))


def test_a_config_that_is_nested_too_deeply(tmp_path: Path) -> None:
    deep = "[" * 500 + "]" * 500
    make = changed_hdf5(lambda file: file.attrs.__setitem__("training_config", f'{{"a": {deep}}}'))
    assert reading.BEYOND_LIMITS in rules_of(verify(make(tmp_path)))


def test_bytes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["a"] = np.zeros(3)
    with path.open("r+b") as stream:
        stream.write(b"#!/bin/sh\n")
    assert {unsafe.BYTES_BETWEEN, unsafe.PROGRAM} <= rules_of(verify(path))


def test_a_healthy_file_says_what_was_checked(tmp_path: Path) -> None:
    report = verify(hdf5(tmp_path))
    assert report.findings == ()
    assert report.checked["datasets"] == 2
    assert report.checked["bytes of datasets"] == 32
