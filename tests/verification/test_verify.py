"""The verb: formats are recognized, shards are followed, limits hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.verification.rules import integrity, reading, unsafe
from kerasfmt.verification.verify import verify
from tests.growth import seconds
from tests.verification.making import rules_of, saved, small


def shards(folder: Path) -> Path:
    path = folder / "model.weights.json"
    kerasfmt.save_weights(small(), path, max_shard_size=30 / (1 << 30))
    return path


def test_formats(tmp_path: Path) -> None:
    kerasfmt.save_model(small(), tmp_path / "m.keras")
    kerasfmt.save_model(small(), tmp_path / "m.h5")
    kerasfmt.save_weights(small(), tmp_path / "m.npz")
    kerasfmt.save_weights(small(), tmp_path / "c", save_format="tf")
    found = {name: verify(tmp_path / name) for name in ("m.keras", "m.h5", "m.npz", "c")}
    found["saved"] = verify(saved(tmp_path))
    found["shards"] = verify(shards(tmp_path))
    assert {name: report.format for name, report in found.items()} == {
        "m.keras": "a .keras archive",
        "m.h5": "HDF5",
        "m.npz": "an .npz archive",
        "c": "a TensorFlow checkpoint",
        "saved": "a SavedModel",
        "shards": "weights in shards",
    }
    assert [report.findings for report in found.values()] == [()] * len(found)


def test_a_shard_that_is_missing_or_of_another_save(tmp_path: Path) -> None:
    path = shards(tmp_path)
    names = sorted(name for name in json.loads(path.read_text())["metadata"]["crc32c"])
    assert len(names) == 2
    (tmp_path / names[0]).rename(tmp_path / "kept")
    assert rules_of(verify(path)) == {integrity.MISSING_BYTES}
    other = tmp_path / "other"
    other.mkdir()
    model = small()
    model.weights[0].value = np.zeros((3, 2), np.float32)
    kerasfmt.save_weights(model, other / "model.weights.json", max_shard_size=30 / (1 << 30))
    (other / names[0]).rename(tmp_path / names[0])
    assert verify(path).fails() or (tmp_path / names[0]).read_bytes() == (tmp_path / "kept").read_bytes()


def test_a_shard_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "model.weights.json"
    path.write_text(json.dumps({"weight_map": {"/a": "../x.weights.h5"}}))
    assert rules_of(verify(path)) == {unsafe.PATH_OUTSIDE}


def test_a_device() -> None:
    assert rules_of(verify("/dev/null")) == {unsafe.SPECIAL_FILE}


@pytest.mark.parametrize("name", ["nothing", "a\0b", "x" * 300])
def test_paths_that_lead_nowhere(tmp_path: Path, name: str) -> None:
    report = verify(tmp_path / name)
    assert reading.UNREADABLE in rules_of(report)


def test_a_limit_that_is_lifted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="max_expansion"):
        verify(saved(tmp_path), max_expansion=-1)
    for tolerance in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="tolerance"):
            verify(saved(tmp_path), tolerance=tolerance)


def test_time_is_linear_in_the_bytes_of_tensors(tmp_path: Path) -> None:
    for size in (1, 4):
        kerasfmt.tensorbundle.write(tmp_path / str(size), {"a": np.zeros(size << 21)}.items())
    small_time, large_time = (seconds(lambda size=size: verify(tmp_path / str(size))) for size in (1, 4))
    assert large_time < 10 * max(small_time, 0.005)
