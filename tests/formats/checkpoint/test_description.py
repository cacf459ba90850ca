"""What `kerasfmt inspect` tells of a checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.formats.checkpoint.description import describe
from tests.formats.checkpoint.saved import put, small, unnamed


def test_by_objects(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    found = describe(tmp_path / "ckpt")
    assert found.facts == (
        "13 objects; the root has layer_with_weights-0, layer-0, layer_with_weights-1, layer-1, "
        "layer_with_weights-2, layer-2, root",
    )
    assert (found.size, found.nbytes, found.optimizer) == (42, 168, None)
    assert list(found.members) == ["ckpt.data-00000-of-00001", "ckpt.index"]
    assert found.rows[0].owner == "layer_with_weights-0"
    assert [str(weight) for weight in found.rows[0].weights] == ["bias float32[4]", "kernel float32[3, 4]"]
    assert (found.owners, found.weights) == ("object", "variables")


def test_a_directory(tmp_path: Path) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    assert describe(tmp_path).facts[1] == f"latest of 1: {tmp_path / 'ckpt'}"


def test_a_prefix_without_a_name(tmp_path: Path) -> None:
    found = describe(unnamed(tmp_path / "run", {"a": [1.0]}))
    assert list(found.members) == [".data-00000-of-00001", ".index"]


def test_by_names(tmp_path: Path) -> None:
    found = describe(put(tmp_path / "ckpt", {"a/kernel": [[1.0]], "step": 3, "words": ["a", "bc"]}))
    assert found.facts == ("by the names of its variables",)
    rows = [(row.owner, [str(weight) for weight in row.weights]) for row in found.rows]
    assert rows == [("a", ["kernel float64[1, 1]"]), ("", ["step int64[]", "words string[2]"])]
    assert found.owners == "scope"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    assert cli.main(["inspect", str(tmp_path / "ckpt")]) == 0
    shown = capsys.readouterr().out
    assert "a TensorFlow checkpoint" in shown
    assert "moving_variance float32[4]" in shown


@pytest.mark.parametrize(("legacy", "slots"), [(False, ()), (True, ("m", "v"))])
def test_the_optimizer_stands_for_itself(tmp_path: Path, legacy: bool, slots: tuple[str, ...]) -> None:
    model = small()
    entry = {"class_name": "Adam", "config": {"learning_rate": 0.5, "is_legacy_optimizer": legacy}}
    model.compile(entry if legacy else kerasfmt.optimizers.Adam(0.5), loss="mse")
    model.optimizer.iterations = 3
    for weight in model.trainable_weights:
        for slot in ("m", "v"):
            model.optimizer.set_slot(weight, slot, np.ones(weight.shape, np.float32))
    kerasfmt.save_weights(model, tmp_path / "ckpt", save_format="tf")
    found = describe(tmp_path / "ckpt")
    assert found.optimizer is not None
    assert (found.optimizer.kind, found.optimizer.slots) == ("", slots)
    assert len(found.optimizer.weights) > 2 * len(model.trainable_weights)
    assert not [row for row in found.rows if "optimizer" in row.owner.lower()]
