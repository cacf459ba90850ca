"""Compile states as the other Keras can express them."""

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
from kerasfmt.dialects.optimizer_target import for_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers.stored import read_state
from tests.optimizers.one_optimizer import compiled, state


def test_gradient_accumulation_is_for_keras_3_alone(tmp_path: Path) -> None:
    model = compiled(optimizers.Adam(0.5, gradient_accumulation_steps=2, use_ema=True), 3)
    names = [weight.name for weight in model.training_config.variables]
    assert names[1] == "Adam/average/a/kernel"
    assert names[5] == "Adam/gradient_accumulator/a/kernel"
    assert names[9:11] == ["Adam/m/a/kernel", "Adam/v/a/kernel"]
    kerasfmt.save_model(model, tmp_path / "m.keras")
    assert state(kerasfmt.load_model(tmp_path / "m.keras")) == state(model)
    words = "optimizer Adam: option gradient_accumulation_steps=2: .*include_optimizer=False"
    for name, save_format in (("m.h5", None), ("tf.keras", "tf_keras")):
        with pytest.raises(UnsupportedLayerError, match=words):
            kerasfmt.save_model(model, tmp_path / name, save_format=save_format)
        kerasfmt.save_model(model, tmp_path / name, save_format=save_format, include_optimizer=False)


@pytest.mark.parametrize("name", ["m.h5", "tf_keras"])
def test_sgd_without_momentum_gets_the_zeros_that_keras_2_looks_for(tmp_path: Path, name: str) -> None:
    model = compiled(optimizers.SGD(0.5), 3)
    assert len(model.training_config.variables) == 1
    kerasfmt.save_model(model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None)
    training = kerasfmt.load_model(tmp_path / name).training_config
    names = [weight.name for weight in training.variables]
    assert names == ["iteration", *(f"SGD/m/{w.name}" for w in model.trainable_weights)]
    assert not any(weight.numpy().any() for weight in training.variables[1:])
    assert int(training.variables[0].numpy()) == 7


def test_it_loses_them_on_the_way_back(tmp_path: Path) -> None:
    kerasfmt.save_weights(compiled(optimizers.SGD(0.5)), tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert len(file["optimizer/vars"]) == 2


def test_slots_are_put_in_order_by_name() -> None:
    model = compiled(optimizers.Adam(0.5))
    expected = [weight.name for weight in model.training_config.variables]
    model.training_config.variables[1:] = reversed(model.training_config.variables[1:])
    for keras in (2, 3):
        found = for_keras(model.training_config, model.trainable_weights, keras, 2)
        assert [weight.name for weight in found.variables] == expected


def test_slots_of_weights_that_are_not_trained_any_more() -> None:
    model = compiled(optimizers.SGD(0.5, momentum=0.9))
    weights = model.trainable_weights[2:]
    assert for_keras(model.training_config, weights, 2, 2) is model.training_config
    with pytest.warns(UserWarning, match=r"2 of its variables are for no trainable weight \(SGD/m/a/bias"):
        found = for_keras(model.training_config, weights, 3, 2)
    assert [weight.name for weight in found.variables[1:]] == ["SGD/m/b/kernel", "SGD/m/b/bias"]


def test_slots_of_other_names_are_known_by_their_places() -> None:
    model = compiled(optimizers.Adam(0.5))
    expected = [weight.name for weight in model.training_config.variables]
    for weight in model.training_config.variables[1:]:
        weight.name = weight.name.removeprefix(
            "Adam/"
        )  # as tf_keras calls them inside of a LossScaleOptimizer
    found = for_keras(model.training_config, model.trainable_weights, 3, 2)
    assert [weight.name for weight in found.variables] == expected


def test_slots_that_fit_nothing_are_left_out_with_a_warning() -> None:
    model = compiled(optimizers.Adam(0.5))
    del model.training_config.variables[3:]
    assert for_keras(model.training_config, model.trainable_weights, 2, 2) is model.training_config
    with pytest.warns(UserWarning, match="optimizer Adam: its 2 variables cannot be brought"):
        found = for_keras(model.training_config, model.trainable_weights, 3, 2)
    assert [weight.name for weight in found.variables] == ["iteration"]


def test_untrained_optimizers_stay_as_they_are() -> None:
    model = compiled(optimizers.SGD(0.5))
    model.training_config.variables = []
    assert for_keras(model.training_config, model.trainable_weights, 2, 3) is model.training_config
    model.training_config.variables = [optimizer_variable("iteration", np.asarray(0, np.int64))]
    assert len(for_keras(model.training_config, model.trainable_weights, 3, 2).variables) == 1


def multi(path: Path) -> Path:
    """An archive of Keras 3 whose optimizer is a MultiOptimizer: it lists the variables of its parts as its own."""
    model = compiled(optimizers.Adam(0.5), 3)
    kerasfmt.save_model(model, path)
    with zipfile.ZipFile(path) as source:
        content = {name: source.read(name) for name in source.namelist()}
    config = json.loads(content["config.json"])
    inner = config["compile_config"]["optimizer"]
    parts = {"default_optimizer": inner, "optimizer_map": {}}
    table = {
        "module": "keras.optimizers",
        "class_name": "OptimizerMap",
        "config": parts,
        "registered_name": None,
    }
    options = {"optimizer_map": table, "loss_scale_factor": None, "name": "multi_optimizer"}
    config["compile_config"]["optimizer"] = {**inner, "class_name": "MultiOptimizer", "config": options}
    content["config.json"] = json.dumps(config).encode()
    weights = io.BytesIO(content["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file.copy("optimizer/vars", file, "optimizer/optimizers/adam/vars")
        held = [file[f"optimizer/vars/{n}"][()] for n in range(len(file["optimizer/vars"]))]
        del file["optimizer/vars"]
        for number, value in enumerate([np.int32(0), np.float32(0), *held]):
            file[f"optimizer/vars/{number}"] = value
    content["model.weights.h5"] = weights.getvalue()
    with zipfile.ZipFile(path, "w") as target:
        for name, data in content.items():
            target.writestr(name, data)
    return path


def test_an_optimizer_of_several_keeps_its_variables_in_keras_3(tmp_path: Path) -> None:
    model = kerasfmt.load_model(multi(tmp_path / "m.keras"))
    kerasfmt.save_model(model, tmp_path / "again.keras")
    assert state(kerasfmt.load_model(tmp_path / "again.keras")) == state(model)
    assert len(model.training_config.variables) == 1 + 2 + 2 * len(model.trainable_weights)
    with pytest.raises(UnsupportedLayerError, match="optimizer MultiOptimizer: Keras 2 has no such"):
        kerasfmt.save_model(model, tmp_path / "m.h5")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"initial_scale": "much"}, "option initial_scale: expected a number, got 'much'"),
        ({"inner_optimizer": optimizers.LossScaleOptimizer(optimizers.SGD()).entry()}, "wraps another"),
    ],
)
def test_loss_scales_that_make_no_sense(options: dict[str, Any], words: str) -> None:
    model = compiled(optimizers.SGD(0.5))
    entry = optimizers.LossScaleOptimizer(optimizers.SGD(0.5)).entry()
    model.training_config.config["optimizer_config"] = {**entry, "config": {**entry["config"], **options}}
    for keras in (2, 3):
        with pytest.raises(InvalidModelError, match=words):
            for_keras(model.training_config, model.trainable_weights, keras, 2)


def test_scalars_of_another_shape_are_not_taken() -> None:
    model = compiled(optimizers.SGD(0.5), 3)
    config = {"optimizer_config": optimizers.LossScaleOptimizer(optimizers.SGD(0.5)).entry()}
    own = [np.int32(0), np.float32(0), np.int32(2), np.zeros(3, np.float32)]
    found = read_state(config, [*own, np.int32(7), np.float32(0.5)], [], model.trainable_weights, 3)
    assert found.scalars == {}
