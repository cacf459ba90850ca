"""Adafactor: what it is, and what it keeps: for a vector less than for a matrix."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.ir import Model, Sequential, TrainingConfig
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.layers import Dense
from kerasfmt.optimizers.state import initial_variables, slot_names, to_state
from tests.optimizers.one_optimizer import OptimizerTests, lists_of, state

KERAS2 = {
    "r/a/kernel": (3,), "c/a/kernel": (4,), "v/a/kernel": (3, 4), "v/a/bias": (4,),
    "r/b/kernel": (4,), "c/b/kernel": (2,), "v/b/kernel": (4, 2), "v/b/bias": (2,),
}  # fmt: skip
"""The variables of tf_keras 2.21 for two layers, in its order."""
KERAS3 = [(), (), (3,), (4,), (3, 4), (), (), (4,), (4,), (2,), (4, 2), (), (), (2,)]
"""The shapes of the variables of Keras 3.15."""


class TestAdafactor(OptimizerTests):
    optimizer = optimizers.Adafactor
    own = {
        "learning_rate": 0.001,
        "beta_2_decay": -0.8,
        "epsilon_1": 1e-30,
        "epsilon_2": 0.001,
        "clip_threshold": 1.0,
        "relative_step": True,
    }

    def test_a_vector_has_no_rows_and_columns(self) -> None:
        model = _compiled()
        assert model.training_config is not None
        shapes = {w.name: w.shape for w in initial_variables(model.training_config, model.trainable_weights)}
        assert shapes == {
            "iteration": (),
            "Adafactor/r/a/kernel": (3,),
            "Adafactor/c/a/kernel": (4,),
            "Adafactor/v/a/kernel": (3, 4),
            "Adafactor/v/a/bias": (4,),
        }

    def test_keras_3_keeps_integers_in_their_place(self, tmp_path: Path) -> None:
        model = _compiled()
        assert model.training_config is not None
        kerasfmt.save_model(model, tmp_path / "m.keras")
        kerasfmt.save_weights(model, tmp_path / "m.weights.h5")
        with h5py.File(tmp_path / "m.weights.h5") as file:
            stored = [file["optimizer/vars"][str(n)][()] for n in range(8)]
        assert [(array.shape, array.dtype.name) for array in map(np.asarray, stored[2:])] == [
            ((3,), "float32"), ((4,), "float32"), ((3, 4), "float32"), ((), "int32"), ((), "int32"), ((4,), "float32"),
        ]  # fmt: skip
        found = to_state(model.training_config, stored[2:], model.trainable_weights, 3)
        assert found is not None
        assert [weight.name for weight in found.slots] == slot_names(
            model.training_config, model.trainable_weights, 2
        )
        assert state(kerasfmt.load_model(tmp_path / "m.keras")) == state(model)

    @pytest.mark.parametrize("name", ["m.h5", "tf_keras"])
    def test_keras_2_does_not(self, tmp_path: Path, name: str) -> None:
        model = _compiled()
        kerasfmt.save_model(model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None)
        assert state(kerasfmt.load_model(tmp_path / name)) == state(model)
        assert model.training_config is not None
        assert lists_of(model) == {
            "_iterations": ["iteration"],
            "_learning_rate": ["learning_rate"],
            "_r": ["Adafactor/r/a/kernel", "Adafactor/r/a/bias"],
            "_c": ["Adafactor/c/a/kernel", "Adafactor/r/a/bias"],
            "_v": ["Adafactor/v/a/kernel", "Adafactor/v/a/bias"],
        }


def _compiled() -> Model:
    model = Sequential([Dense(4, input_shape=(3,), name="a")], name="m")
    training = TrainingConfig({"loss": "mse", "optimizer_config": optimizers.Adafactor().entry()})
    rng = np.random.default_rng(2)
    _, *slots = initial_variables(training, model.trainable_weights)
    training.variables = [
        iteration_variable(np.asarray(5)),
        *(optimizer_variable(slot.name, rng.random(slot.shape).astype(np.float32)) for slot in slots),
    ]
    model.training_config = training
    return model


def trained() -> Sequential:
    model = Sequential([Dense(4, input_shape=(3,), name="a"), Dense(2, name="b")], name="m")
    slots = [
        optimizer_variable(f"Adafactor/{name}", np.full(shape, number, np.float32))
        for number, (name, shape) in enumerate(KERAS2.items())
    ]
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": optimizers.Adafactor(0.5).entry()},
        [iteration_variable(np.asarray(7)), *slots],
    )
    return model


def test_its_state_goes_from_keras_2_to_keras_3_and_back(tmp_path: Path) -> None:
    model = trained()
    kerasfmt.save_weights(model, tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        held = file["optimizer/vars"]
        stored = [held[str(number)] for number in range(len(held))]
        assert [dataset.shape for dataset in stored] == KERAS3
        assert [n for n, dataset in enumerate(stored) if dataset.dtype == "int32"] == [5, 6, 11, 12]
    kerasfmt.save_model(model, tmp_path / "m.keras")
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "m.keras"), tmp_path / "m.h5")
    assert state(kerasfmt.load_model(tmp_path / "m.h5")) == state(model)
    kerasfmt.save_model(model, tmp_path / "m2.keras", save_format="tf_keras")
    assert state(kerasfmt.load_model(tmp_path / "m2.keras")) == state(model)
