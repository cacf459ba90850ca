"""What is in an HDF5 file, link by link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.survey import DatasetFacts, dataset_facts, walk


def written(path: Path, fill: Any) -> Path:
    with h5py.File(path / "x.h5", "w") as file:
        fill(file)
    return path / "x.h5"


def kinds(path: Path) -> dict[str, str]:
    with opened(path) as file:
        return {entry.path: entry.kind for entry in walk(file.root)}


def facts(path: Path) -> dict[str, DatasetFacts]:
    with opened(path) as file:
        found = [entry for entry in walk(file.root) if entry.kind == "dataset"]
        return {entry.path: dataset_facts(entry.node) for entry in found if entry.node is not None}


def test_every_kind_of_link(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file["g/d"] = np.zeros(3)
        file["soft"] = h5py.SoftLink("/g")
        file["out"] = h5py.ExternalLink("/etc/passwd", "/")
        file["type"] = np.dtype("f4")

    assert kinds(written(tmp_path, fill)) == {
        "/g": "group",
        "/g/d": "dataset",
        "/soft": "soft",
        "/out": "external",
        "/type": "named type",
    }


def test_a_circle_is_walked_once(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file.create_group("a/b")
        file["a/b/up"] = file["a"]

    assert kinds(written(tmp_path, fill)) == {"/a": "group", "/a/b": "group", "/a/b/up": "group"}


def test_facts_of_datasets(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file["plain"] = np.zeros(3)
        file["texts"] = [b"a"]
        file["opaque"] = np.void(b"abc")
        file["bfloat16"] = np.zeros(2, "V2")
        file["complex"] = np.zeros(2, np.complex64)
        file["records"] = np.zeros(2, [("a", "f4")])
        file.create_dataset("packed", data=np.zeros(8), compression="gzip", shuffle=True)
        file.create_dataset("external", (3,), "f4", external=[("/etc/passwd", 0, 12)])
        layout = h5py.VirtualLayout((3,), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
        file.create_virtual_dataset("virtual", layout)

    found = facts(written(tmp_path, fill))
    assert found["/plain"] == DatasetFacts(False, False, 0, "numbers", ())
    assert found["/packed"] == DatasetFacts(False, True, 0, "numbers", (2, 1))
    assert found["/external"].external == 1
    assert found["/virtual"].is_virtual
    elements = {path: each.elements for path, each in found.items()}
    assert elements["/texts"] == "texts"
    assert elements["/opaque"] == "opaque bytes"
    assert elements["/records"] == "records"
    assert elements["/bfloat16"] == elements["/complex"] == "numbers"
