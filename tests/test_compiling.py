"""Compiling models without training them, and the state of their optimizers from arrays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Model, Sequential
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import Dense
from kerasfmt.optimizers import SGD, Adam, StartedOptimizer


def model(*, frozen: bool = False) -> Sequential:
    found = Sequential([Dense(2, input_shape=(3,), name="a"), Dense(1, name="b")], name="m")
    found.get_layer("a").trainable = not frozen
    return found


def config_of(compiled: Model) -> dict[str, Any]:
    assert compiled.training_config is not None
    return compiled.training_config.config


def test_names_objects_and_configs_are_one_compile_state() -> None:
    given = model()
    stated: dict[str, Any] = {"class_name": "Custom>Adam", "config": Adam(0.25).get_config()}
    metrics = ["mae", kerasfmt.metrics.AUC(5)]
    configs = []
    for optimizer in (Adam(0.25), stated, StartedOptimizer(Adam(0.25))):
        given.compile(optimizer, loss=kerasfmt.losses.Huber(0.5), metrics=metrics)
        configs.append(config_of(given))
    assert configs[0] == configs[1]
    assert configs[0]["optimizer_config"] == configs[2]["optimizer_config"] == stated
    assert configs[0]["loss"]["class_name"] == "Huber"
    assert [configs[0]["metrics"][0], configs[0]["metrics"][1]["class_name"]] == ["mae", "AUC"]


@pytest.mark.parametrize(("name", "kind"), [("sgd", "SGD"), ("RMSprop", "RMSprop"), ("adamw", "AdamW")])
def test_an_optimizer_by_name(name: str, kind: str) -> None:
    given = model()
    given.compile(name)
    assert config_of(given)["optimizer_config"] == getattr(kerasfmt.optimizers, kind)().entry()
    assert given.optimizer.options == getattr(kerasfmt.optimizers, kind)()


@pytest.mark.parametrize("save_format", ["h5", "keras", "tf_keras", "tf"])
def test_what_is_compiled_is_saved(tmp_path: Path, save_format: str) -> None:
    given = model()
    given.compile(Adam(0.25), loss="mse", metrics=["mae"], steps_per_execution=4)
    given.optimizer.iterations = 1000
    given.optimizer.set_slot(given.get_layer("b").kernel, "v", np.full((2, 1), 3.0))
    kerasfmt.save_model(given, tmp_path / "m", save_format=save_format)
    if save_format == "tf":
        stored = kerasfmt.tensorbundle.read(tmp_path / "m" / "variables" / "variables")
        values = [np.asarray(value) for key, value in stored.items() if key.startswith("optimizer/")]
        assert any(np.array_equal(value, 1000) for value in values)
        assert any(np.array_equal(value, np.full((2, 1), 3.0)) for value in values)
        return
    found = kerasfmt.load_model(tmp_path / "m")
    assert found.optimizer.iterations == 1000
    assert found.optimizer.slots[found.get_layer("b").kernel, "v"].numpy().tolist() == [[3.0], [3.0]]
    assert found.optimizer.slots[found.get_layer("b").kernel, "m"].numpy().tolist() == [[0.0], [0.0]]


def test_slots_are_those_of_the_trainable_weights() -> None:
    given = model(frozen=True)
    given.compile(SGD(momentum=0.9))
    assert [(weight.name, slot) for weight, slot in given.optimizer.slots] == [
        ("b/kernel", "m"),
        ("b/bias", "m"),
    ]
    frozen = given.get_layer("a").kernel
    with pytest.raises(InvalidModelError, match=r"slot 'm' of weight a/kernel: it trains no such weight"):
        given.optimizer.set_slot(frozen, "m", np.zeros((3, 2)))


def test_slots_that_do_not_fit() -> None:
    given = model()
    given.compile("adam")
    kernel = given.get_layer("a").kernel
    with pytest.raises(InvalidModelError, match=r"slot 'w' of weight a/kernel: it keeps m, v"):
        given.optimizer.set_slot(kernel, "w", np.zeros((3, 2)))
    with pytest.raises(InvalidModelError, match=r"expected shape \(3, 2\), got \(2, 3\)"):
        given.optimizer.set_slot(kernel, "m", np.zeros((2, 3)))
    for steps in (-1, 0.5, True, "3"):
        with pytest.raises(InvalidModelError, match="iterations: expected a count"):
            given.optimizer.iterations = steps


@pytest.mark.parametrize("kind", ["Adam", "Ftrl", "Nadam"])
def test_slots_of_a_legacy_optimizer(tmp_path: Path, kind: str) -> None:
    given = model()
    given.compile({"class_name": kind, "config": {"name": kind, "learning_rate": 0.5}}, loss="mse")
    slot = {"Ftrl": "linear"}.get(kind, "v")
    assert given.optimizer.options is None
    given.optimizer.iterations = 7
    given.optimizer.set_slot(given.get_layer("a").bias, slot, np.full(2, 3.0))
    if kind == "Ftrl":
        first = given.optimizer.slots[given.get_layer("a").bias, "accumulator"]
        assert first.numpy().tolist() == pytest.approx([0.1, 0.1])
    kerasfmt.save_model(given, tmp_path / "m.h5")
    found = kerasfmt.load_model(tmp_path / "m.h5")
    assert found.optimizer.iterations == 7
    assert found.optimizer.slots[found.get_layer("a").bias, slot].numpy().tolist() == [3.0, 3.0]


def test_a_model_that_is_not_compiled_has_no_optimizer() -> None:
    assert model().optimizer is None


def test_arguments_that_cannot_be_stored() -> None:
    given = model()
    with pytest.raises(UnsupportedLayerError, match="optimizer 'adm': not known; did you mean 'Adam'"):
        given.compile("adm")
    with pytest.raises(TypeError, match="optimizer: expected a name, a config or an optimizer, got 3"):
        given.compile(3)
    with pytest.raises(TypeError, match="metrics: expected names, configs and objects of kerasfmt"):
        given.compile("adam", metrics=[max])
    assert given.training_config is None


def test_an_optimizer_whose_loss_is_scaled(tmp_path: Path) -> None:
    given = model()
    given.compile(kerasfmt.optimizers.LossScaleOptimizer(Adam(0.25)), loss="mse")
    given.optimizer.set_slot(given.get_layer("b").kernel, "v", np.full((2, 1), 3.0))
    kerasfmt.save_model(given, tmp_path / "m.h5")
    found = kerasfmt.load_model(tmp_path / "m.h5")
    assert config_of(found)["optimizer_config"]["class_name"] == "LossScaleOptimizerV3"
    assert found.optimizer.slots[found.get_layer("b").kernel, "v"].numpy().tolist() == [[3.0], [3.0]]


@pytest.mark.parametrize("name", ["m", "m.h5", "m.keras"])
@pytest.mark.parametrize(
    "asked", ["model.optimizer.iterations", "model.compile('sgd') or model.optimizer.iterations"]
)
def test_a_process_that_only_loads_has_the_methods(tmp_path: Path, name: str, asked: str) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
    model.compile("adam", loss="mse")
    kerasfmt.save_model(model, tmp_path / name)
    program = f"import sys, kerasfmt; model = kerasfmt.load_model(sys.argv[1]); print({asked})"
    command = [sys.executable, "-c", program, str(tmp_path / name)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0\n"
