"""LossScaleOptimizer: what it is, what it keeps, and what each Keras has in its place."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.ir import Model
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers.loss_scale import is_loss_scaled, unwrapped, wrap
from tests.optimizers.one_optimizer import compiled, state

KERAS3_OWN = 4
"""Keras 3.15 keeps four variables of its own: iteration, learning_rate, step_counter, dynamic_scale."""


def scaled(made_by: int = 2, **options: Any) -> Model:
    """A model in the middle of its training by Adam with a scaled loss."""
    model = compiled(optimizers.Adam(0.5))
    assert model.training_config is not None
    model.training_config = wrap(model.training_config, **options)
    model.made_by_keras = made_by
    return model


def archive(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The described optimizer of an archive, and the values of its groups by path."""
    with zipfile.ZipFile(path) as members:
        stated = json.loads(members.read("config.json"))["compile_config"]["optimizer"]
        with h5py.File(io.BytesIO(members.read("model.weights.h5"))) as file:
            return stated, groups(file)


def groups(file: h5py.File) -> dict[str, Any]:
    paths = ("optimizer/vars", "optimizer/inner_optimizer/vars")
    return {p: [file[p][str(n)][()] for n in range(len(file[p]))] for p in paths if p in file}


def test_its_entry() -> None:
    inner = optimizers.Adam(0.5)
    made = optimizers.LossScaleOptimizer(inner, initial_scale=64.0)
    entry = made.entry()
    assert entry["class_name"] == "LossScaleOptimizerV3"
    assert entry["config"] == {
        "inner_optimizer": {
            "module": "keras.optimizers",
            "class_name": "Adam",
            "config": inner.get_config(),
            "registered_name": None,
        },
        "dynamic": True,
        "initial_scale": 64.0,
        "dynamic_growth_steps": 2000,
    }
    assert (
        optimizers.LossScaleOptimizer(inner, dynamic=False).entry()["config"]["dynamic_growth_steps"] is None
    )
    training = scaled().training_config
    assert training is not None
    assert is_loss_scaled(training)
    assert unwrapped(training).config["optimizer_config"] == inner.entry()
    assert training.config["optimizer_config"] == optimizers.LossScaleOptimizer(inner).entry()


@pytest.mark.parametrize("name", ["m.h5", "tf_keras", "m.keras"])
def test_its_state_goes_through_files(tmp_path: Path, name: str) -> None:
    model = scaled()
    kerasfmt.save_model(model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None)
    loaded = kerasfmt.load_model(tmp_path / name)
    assert state(loaded) == state(model)
    assert loaded.training_config is not None
    assert (
        loaded.training_config.config["optimizer_config"] == model.training_config.config["optimizer_config"]
    )


def test_an_archive_of_tf_keras(tmp_path: Path) -> None:
    model = scaled()
    kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    stated, held = archive(tmp_path / "m.keras")
    # In the module of this name, both tf_keras and Keras 2.15 find the class.
    assert stated["module"] == "keras.src.mixed_precision.loss_scale_optimizer"
    assert stated["class_name"] == stated["registered_name"] == "LossScaleOptimizerV3"
    assert stated["config"]["inner_optimizer"]["module"] == "keras.optimizers"
    assert list(stated["config"]) == ["inner_optimizer", "dynamic", "initial_scale", "dynamic_growth_steps"]
    own, inner = held.values()
    assert len(own) == len(inner) == len(model.training_config.variables)
    assert all(np.array_equal(a, b) for a, b in zip(own, inner, strict=True))


def test_an_archive_of_keras_3(tmp_path: Path) -> None:
    model = scaled(made_by=3)
    model.training_config.scalars = {
        "step_counter": optimizer_variable("good_steps", np.asarray(3, np.int64)),
        "dynamic_scale": optimizer_variable("current_loss_scale", np.asarray(1024, np.float32)),
    }
    kerasfmt.save_model(model, tmp_path / "m.keras")
    stated, held = archive(tmp_path / "m.keras")
    assert (stated["module"], stated["class_name"]) == ("keras.optimizers", "LossScaleOptimizer")
    assert list(stated["config"]) == ["name", "inner_optimizer", "initial_scale", "dynamic_growth_steps"]
    assert "is_legacy_optimizer" not in stated["config"]["inner_optimizer"]["config"]
    own, inner = held.values()
    assert [float(value) for value in own[:KERAS3_OWN]] == [0, 0, 3, 1024]
    assert len(own) == KERAS3_OWN + len(inner)
    assert (int(inner[0]), float(inner[1])) == (7, 0.5)
    loaded = kerasfmt.load_model(tmp_path / "m.keras")
    scalars = loaded.training_config.scalars
    assert {key: float(weight.numpy()) for key, weight in scalars.items()} == {
        "step_counter": 3,
        "dynamic_scale": 1024,
    }
    # Files of Keras 2 keep no scale; training there begins with the one that was reached.
    kerasfmt.save_model(loaded, tmp_path / "m.h5")
    options = kerasfmt.load_model(tmp_path / "m.h5").training_config.optimizer_config
    assert options["initial_scale"] == 1024
    assert loaded.training_config.optimizer_config["initial_scale"] == 2.0**15


def test_weights_come_back(tmp_path: Path) -> None:
    for save_format in ("keras", "tf_keras"):
        model, fresh = scaled(), scaled()
        for weight in model.training_config.variables:
            weight.value = weight.numpy() + 1
        kerasfmt.save_weights(model, tmp_path / f"{save_format}.weights.h5", save_format=save_format)
        kerasfmt.load_weights(fresh, tmp_path / f"{save_format}.weights.h5")
        assert state(fresh) == state(model)
        assert ("dynamic_scale" in fresh.training_config.scalars) == (save_format == "keras")


def test_a_wrapped_optimizer_that_the_config_gives_by_name(tmp_path: Path) -> None:
    """tf_keras wraps the optimizer of `compile("adam")` in a model of mixed precision, and stores the name alone."""
    model = scaled()
    kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as source:
        content = {name: source.read(name) for name in source.namelist()}
    config = json.loads(content["config.json"])
    config["compile_config"]["optimizer"] = "adam"
    content["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "named.keras", "w") as target:
        for name, data in content.items():
            target.writestr(name, data)
    loaded = kerasfmt.load_model(tmp_path / "named.keras")
    assert is_loss_scaled(loaded.training_config)
    assert unwrapped(loaded.training_config).optimizer_class == "Adam"
    assert state(loaded) == state(model)


def test_a_fixed_scale_is_a_factor_in_keras_3(tmp_path: Path) -> None:
    model = scaled(dynamic=False, initial_scale=128.0)
    kerasfmt.save_model(model, tmp_path / "m.keras")
    stated, held = archive(tmp_path / "m.keras")
    assert stated["class_name"] == "Adam"
    assert stated["config"]["loss_scale_factor"] == 128.0
    assert list(held) == ["optimizer/vars"]
    loaded = kerasfmt.load_model(tmp_path / "m.keras")
    assert state(loaded) == state(model)
    kerasfmt.save_model(loaded, tmp_path / "m.h5")
    again = kerasfmt.load_model(tmp_path / "m.h5")
    assert again.training_config.optimizer_config == model.training_config.optimizer_config
    assert state(again) == state(model)


def test_an_inner_optimizer_of_keras_up_to_2_10(tmp_path: Path) -> None:
    model = compiled(optimizers.SGD(0.5, momentum=0.9))
    entry = {
        "class_name": "SGD",
        "config": {"name": "SGD", "learning_rate": 0.5, "decay": 0.0, "momentum": 0.9},
    }
    model.training_config.config["optimizer_config"] = entry
    inner, names = model.training_config, [w.name for w in model.trainable_weights]
    inner.variables[0].name = "SGD/iter"
    model.training_config = wrap(inner)
    assert model.training_config.optimizer_class == "LossScaleOptimizer"
    kerasfmt.save_model(model, tmp_path / "m.h5")
    loaded = kerasfmt.load_model(tmp_path / "m.h5")
    assert state(loaded) == state(model)
    kerasfmt.save_model(loaded, tmp_path / "m.keras")
    stated, held = archive(tmp_path / "m.keras")
    assert stated["class_name"] == "LossScaleOptimizer"
    assert "decay" not in stated["config"]["inner_optimizer"]["config"]
    assert len(held["optimizer/inner_optimizer/vars"]) == 2 + len(names)


def test_parts_of_an_optimizer_that_are_not_known_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.weights.h5"
    kerasfmt.save_weights(compiled(optimizers.SGD(0.5)), path)
    with h5py.File(path, "a") as file:
        for number in range(3):
            file[f"optimizer/other/vars/{number}"] = 1.0
    with pytest.warns(
        UserWarning, match=r"unknown parts of the optimizer are left out: optimizer/other \(3\)"
    ):
        kerasfmt.load_weights(compiled(optimizers.SGD(0.5)), path)
