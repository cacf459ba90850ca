"""Compile states in archives: which optimizer, of whose kind, and its variables."""

from __future__ import annotations

import io
import json
from pathlib import Path

import h5py
import pytest

import kerasfmt
from kerasfmt import ir
from tests.formats.keras_archive.build import members, small, write


@pytest.mark.parametrize(("name", "rate"), [("Adam", 0.001), ("SGD", 0.01)])
def test_the_learning_rate_of_an_optimizer_given_by_name(tmp_path: Path, name: str, rate: float) -> None:
    """tf_keras stores the name alone; Keras 3 counts the rate among the variables, and the slots come after it."""
    model = small()
    model.training_config.config["optimizer_config"] = {"class_name": name, "config": {}}
    path = write(tmp_path / "m.keras", model)
    with h5py.File(io.BytesIO(members(path)["model.weights.h5"])) as file:
        stored = file["optimizer/vars"]
        assert float(stored["1"][()]) == pytest.approx(rate)
        assert stored["1"].shape == ()
        if name == "Adam":
            slots = [stored[str(number)][()].flat[0] for number in range(2, len(stored))]
            assert slots == [100.0 + number for number in range(len(slots))]


@pytest.mark.parametrize(
    ("kind", "module"), [("Custom>Adam", "keras.optimizers"), ("Adam", "keras.optimizers.legacy")]
)
def test_optimizers_of_keras_2_and_legacy_ones(tmp_path: Path, kind: str, module: str) -> None:
    options = {"learning_rate": 0.1} | ({"is_legacy_optimizer": False} if ">" in kind else {"decay": 0.0})
    model = small()
    model.training_config = ir.TrainingConfig(
        {"loss": "mse", "optimizer_config": {"class_name": kind, "config": options}}
    )
    write(tmp_path / "m.keras", model, "tf_keras")
    stored = json.loads(members(tmp_path / "m.keras")["config.json"])["compile_config"]["optimizer"]
    assert (stored["module"], stored["class_name"]) == (module, "Adam")
    found = kerasfmt.load_model(tmp_path / "m.keras").training_config
    assert found is not None
    assert found.config["optimizer_config"] == {"class_name": kind, "config": options}
