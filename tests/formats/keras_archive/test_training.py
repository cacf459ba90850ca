"""Compile states in archives: which optimizer, of whose kind, and its variables."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import ir
from kerasfmt.ir.compile_state import optimizer_variable
from tests.formats.keras_archive.build import members, small, write


@pytest.mark.parametrize(("name", "rate"), [("Adam", 0.001), ("SGD", 0.01)])
def test_the_learning_rate_of_an_optimizer_given_by_name(tmp_path: Path, name: str, rate: float) -> None:
    """tf_keras stores the name alone; Keras 3 counts the rate among the variables, and the slots come after it."""
    model = small()
    model.training_config.config["optimizer_config"] = {"class_name": name, "config": {}}
    if name == "SGD":
        del model.training_config.variables[1:]
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


LEGACY = {
    "SGD": {"momentum": 0.9},
    "RMSprop": {"rho": 0.9, "centered": True, "momentum": 0.5},
    "Adam": {"amsgrad": True},
    "Nadam": {},
    "Adagrad": {},
    "Ftrl": {},
}


def test_a_class_of_the_user_keeps_its_registered_name(tmp_path: Path) -> None:
    for name in ("Sofia", "mine>Sofia"):
        model = small()
        model.training_config = ir.TrainingConfig(
            {"loss": "mse", "optimizer_config": {"class_name": name, "config": {"rho": 0.5}}}
        )
        for dialect in ("keras3", "tf_keras"):
            path = write(tmp_path / f"{len(name)}{dialect}.keras", model, dialect)
            stored = json.loads(members(path)["config.json"])["compile_config"]["optimizer"]
            assert (stored["module"], stored["class_name"]) == (None, "Sofia")
            assert stored["registered_name"] == name
            found = kerasfmt.load_model(path).training_config
            assert found is not None
            assert found.optimizer_class == "Sofia"


SLOTS = {
    "SGD": ["momentum"],
    "RMSprop": ["rms", "momentum", "mg"],
    "Adam": ["m", "v", "vhat"],
    "Nadam": ["m", "v"],
    "Adagrad": ["accumulator"],
    "Ftrl": ["accumulator", "linear"],
}


def legacy(kind: str) -> ir.Model:
    """A model whose optimizer is legacy and has a state; its slots have one value each."""
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(2,), name="a", use_bias=False)])
    model.add(kerasfmt.layers.Dense(2, name="b", use_bias=False))  # weights of one shape
    config = {"class_name": kind, "config": {"name": kind, "learning_rate": 0.5, **LEGACY[kind]}}
    model.training_config = ir.TrainingConfig({"loss": "mse", "optimizer_config": config})
    found = [optimizer_variable(f"{kind}/iter", np.asarray(7, np.int64))]
    if kind == "Nadam":
        found.append(optimizer_variable("momentum_cache", np.asarray(0.25, np.float32)))
    order = [(w, s) for s in SLOTS[kind] for w in "ab"]
    if kind == "Ftrl":
        order = [(w, s) for w in "ab" for s in SLOTS[kind]]
    for n, (weight, slot) in enumerate(order):
        value = np.full((2, 2), n, np.float32)
        found.append(optimizer_variable(f"{kind}/{weight}/kernel/{slot}", value))
    model.training_config.variables = found
    return model


@pytest.mark.filterwarnings("ignore:optimizer Nadam. the momentum follows another schedule")
@pytest.mark.parametrize("kind", LEGACY)
@pytest.mark.parametrize("save_format", ["keras", "tf_keras"])
def test_the_state_of_a_legacy_optimizer_comes_back_from_weights(
    tmp_path: Path, kind: str, save_format: str
) -> None:
    model, fresh = legacy(kind), legacy(kind)
    kerasfmt.save_weights(model, tmp_path / "m.weights.h5", save_format=save_format)
    for variable in fresh.training_config.variables:
        variable.value = np.zeros_like(variable.value)
    kerasfmt.load_weights(fresh, tmp_path / "m.weights.h5")
    expected = {v.name: v.numpy().tolist() for v in model.training_config.variables}
    assert {v.name: v.numpy().tolist() for v in fresh.training_config.variables} == expected
    assert [v.name for v in fresh.training_config.variables] == list(expected)


@pytest.mark.parametrize("kind", LEGACY)
def test_the_state_of_a_legacy_optimizer_comes_back_from_an_archive(tmp_path: Path, kind: str) -> None:
    model = legacy(kind)
    kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    found = kerasfmt.load_model(tmp_path / "m.keras").training_config
    expected = [(v.name, v.numpy().tolist()) for v in model.training_config.variables]
    assert [(v.name, v.numpy().tolist()) for v in found.variables] == expected


def test_weights_for_a_model_with_a_layer_frozen_after_training(tmp_path: Path) -> None:
    """The optimizer keeps slots of weights that are trained no more; they come back by their places."""
    model, fresh = small(), small()
    for found in (model, fresh):
        found.layers[0].trainable = False
        assert len(found.training_config.variables) == 1 + 2 * 6
    for number, variable in enumerate(model.training_config.variables):
        variable.value = variable.numpy() + number
    kerasfmt.save_weights(model, tmp_path / "m.weights.h5", save_format="tf_keras")
    kerasfmt.load_weights(fresh, tmp_path / "m.weights.h5")
    expected = [variable.numpy().tolist() for variable in model.training_config.variables]
    assert [variable.numpy().tolist() for variable in fresh.training_config.variables] == expected


SCHEDULE = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.5, "decay_steps": 9}}


@pytest.mark.parametrize("save_format", ["keras", "tf_keras"])
@pytest.mark.parametrize("rate", [0.5, SCHEDULE])
def test_an_optimizer_that_has_done_no_step_comes_back_from_weights(
    tmp_path: Path, save_format: str, rate: Any
) -> None:
    model, fresh = small(), small()
    for each in (model, fresh):
        each.compile({"class_name": "Custom>RMSprop", "config": {"name": "RMSprop", "learning_rate": rate}})
    fresh.optimizer.iterations = 7
    kerasfmt.save_weights(model, tmp_path / "m.weights.h5", save_format=save_format)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kerasfmt.load_weights(fresh, tmp_path / "m.weights.h5")
    assert fresh.optimizer.iterations == 0
