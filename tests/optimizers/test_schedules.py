"""Schedules: their options, and which Keras has them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.ir import Model
from kerasfmt.optimizers import schedules
from kerasfmt.optimizers.schedules import SCHEDULES, LearningRateSchedule
from tests.optimizers.one_optimizer import compiled

CASES: list[tuple[LearningRateSchedule, dict[str, Any]]] = [
    (
        schedules.ExponentialDecay(0.1, 100, 0.5),
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.5, "staircase": False},
    ),
    (
        schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.01, 0.001]),
        {"boundaries": [2, 4], "values": [0.1, 0.01, 0.001]},
    ),
    (
        schedules.PolynomialDecay(0.1, 100, cycle=True),
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 100,
            "end_learning_rate": 0.0001,
            "power": 1.0,
            "cycle": True,
        },
    ),
    (
        schedules.InverseTimeDecay(0.1, 100, 0.5, True),
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.5, "staircase": True},
    ),
    (
        schedules.CosineDecay(0.1, 100, warmup_target=1.0, warmup_steps=5),
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 100,
            "alpha": 0.0,
            "warmup_target": 1.0,
            "warmup_steps": 5,
        },
    ),
    (
        schedules.CosineDecayRestarts(0.1, 100),
        {"initial_learning_rate": 0.1, "first_decay_steps": 100, "t_mul": 2.0, "m_mul": 1.0, "alpha": 0.0},
    ),
]
"""A schedule, and its config without the name."""
IDS = [type(schedule).__name__ for schedule, _ in CASES]


def rate(path: Path) -> dict[str, Any]:
    """The learning rate that an archive states."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        config = json.loads(archive.read("config.json"))
    found: dict[str, Any] = config["compile_config"]["optimizer"]["config"]["learning_rate"]
    return found


def trained(schedule: Any) -> Model:
    return compiled(optimizers.Adam(schedule))


@pytest.mark.parametrize(("schedule", "config"), CASES, ids=IDS)
def test_configs(schedule: LearningRateSchedule, config: dict[str, Any]) -> None:
    found = schedule.get_config()
    assert found == {**config, "name": None}
    assert type(schedule).from_config(found) == schedule
    assert SCHEDULES.find(type(schedule).__name__) is type(schedule)
    held = optimizers.Adam(schedule).get_config()["learning_rate"]
    assert held == {"class_name": type(schedule).__name__, "config": found}
    assert optimizers.Adam(held) == optimizers.Adam(schedule)


@pytest.mark.parametrize(("schedule", "config"), CASES, ids=IDS)
def test_archives(tmp_path: Path, schedule: LearningRateSchedule, config: dict[str, Any]) -> None:
    model = trained(schedule)
    for save_format, name in (("keras", {}), ("tf_keras", {"name": None})):
        kerasfmt.save_model(model, tmp_path / f"{save_format}.keras", save_format=save_format)
        stated = rate(tmp_path / f"{save_format}.keras")
        assert (stated["module"], stated["class_name"]) == (
            "keras.optimizers.schedules",
            type(schedule).__name__,
        )
        assert stated["config"] == {**config, **name}  # Keras 3 fails on a name that is None
        loaded = kerasfmt.load_model(tmp_path / f"{save_format}.keras").training_config
        assert loaded is not None
        assert loaded.optimizer_config["learning_rate"]["config"] == {**config, **name}


def test_one_that_keras_3_lacks(tmp_path: Path) -> None:
    model = trained(schedules.LinearCosineDecay(0.1, 100))
    kerasfmt.save_model(model, tmp_path / "m.h5")
    kerasfmt.save_model(model, tmp_path / "tf.keras", save_format="tf_keras")
    with pytest.raises(UnsupportedLayerError, match="Keras 3 has no schedule LinearCosineDecay"):
        kerasfmt.save_model(model, tmp_path / "m.keras")
    assert not (tmp_path / "m.keras").exists()
    kerasfmt.save_model(model, tmp_path / "m.keras", include_optimizer=False)


def test_one_of_the_user_keeps_its_module_and_registered_name(tmp_path: Path) -> None:
    own = {"module": "mine", "class_name": "Mine", "config": {"name": None}, "registered_name": "mine>Mine"}
    kerasfmt.save_model(trained(own), tmp_path / "m.keras")
    assert rate(tmp_path / "m.keras") == own


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: schedules.ExponentialDecay("x", 100, 0.5),
            "schedule ExponentialDecay: option initial_learning",
        ),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1]), "expected one value more than boundaries"),
        (lambda: schedules.PiecewiseConstantDecay(1, [0.1]), "option boundaries: expected a list of numbers"),
        (lambda: schedules.CosineDecay(0.1, 10, warmup=1), "unknown option warmup=1"),
    ],
)
def test_bad_options(make: Any, words: str) -> None:
    with pytest.raises(KerasfmtError, match=words):
        make()
