"""Muon: what it is; its variables go by their numbers."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Sequential, TrainingConfig
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.layers import Dense
from tests.optimizers.one_optimizer import OptimizerTests, state


class TestMuon(OptimizerTests):
    optimizer = optimizers.Muon
    own = {
        "learning_rate": 0.001,
        "adam_beta_1": 0.9,
        "adam_beta_2": 0.999,
        "adam_weight_decay": 0.004,
        "epsilon": 1e-7,
        "exclude_layers": None,
        "exclude_embeddings": True,
        "muon_a": 3.4445,
        "muon_b": -4.775,
        "muon_c": 2.0315,
        "adam_lr_ratio": 1,
        "momentum": 0.95,
        "ns_steps": 5,
        "nesterov": True,
        "rms_rate": 0.2,
    }
    common = {"weight_decay": 0.004}


def trained() -> Sequential:
    """Of a model with a matrix and a vector: Adam's second moment is kept for the vector alone."""
    model = Sequential([Dense(4, input_shape=(3,), name="a")], name="m")
    model.made_by_keras = 3
    slots = [np.full(shape, n, np.float32) for n, shape in enumerate([(3, 4), (4,), (4,)])]
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": optimizers.Muon(0.5).entry()},
        [
            iteration_variable(np.asarray(7)),
            *(optimizer_variable(f"Muon/vars/{n}", slot) for n, slot in enumerate(slots)),
        ],
    )
    return model


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5"])
def test_its_state_goes_through_files_of_keras_3(tmp_path: Path, name: str) -> None:
    model = trained()
    if name == "m.keras":
        kerasfmt.save_model(model, tmp_path / name)
        assert state(kerasfmt.load_model(tmp_path / name)) == state(model)
    else:
        kerasfmt.save_weights(model, tmp_path / name)
        with h5py.File(tmp_path / name) as file:
            shapes = [file[f"optimizer/vars/{n}"].shape for n in range(len(file["optimizer/vars"]))]
        assert shapes == [(), (), (3, 4), (4,), (4,)]
        fresh = trained()
        for weight in fresh.training_config.variables:
            weight.value = np.zeros_like(weight.numpy())
        kerasfmt.load_weights(fresh, tmp_path / name)
        assert state(fresh) == state(model)
        del fresh.training_config.variables[1]
        with pytest.warns(UserWarning, match="which are not those of the model's Muon; skipped"):
            kerasfmt.load_weights(fresh, tmp_path / name)


def test_keras_2_has_not_got_it(tmp_path: Path) -> None:
    for name, save_format in (("m.h5", None), ("m.keras", "tf_keras")):
        with pytest.raises(UnsupportedLayerError, match=r"optimizer Muon: .*include_optimizer=False"):
            kerasfmt.save_model(trained(), tmp_path / name, save_format=save_format)
    with pytest.warns(UserWarning, match="the optimizer's variables are left out: optimizer Muon"):
        kerasfmt.save_weights(trained(), tmp_path / "m.weights.h5", save_format="tf_keras")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert "optimizer" not in file
