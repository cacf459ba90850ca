"""Nadam: what it is, and what it keeps: a product that Keras 2 does not count among its variables."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.optimizers.state import to_state
from tests.optimizers.one_optimizer import OptimizerTests, compiled, lists_of, state


class TestNadam(OptimizerTests):
    optimizer = optimizers.Nadam
    own = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    kept = [({}, [["m", "v"]], [["m", "v"]])]
    attributes = {"m": "_momentums", "v": "_velocities"}

    def test_one_of_an_archive_of_keras_3_keeps_its_slots_in_a_saved_model(self, tmp_path: Path) -> None:
        model = compiled(optimizers.Nadam())
        kerasfmt.save_model(model, tmp_path / "m.keras")
        found = kerasfmt.load_model(tmp_path / "m.keras")
        weights = [weight.name for weight in model.trainable_weights]
        assert lists_of(found) == {
            "_iterations": ["iteration"],
            "_learning_rate": ["learning_rate"],
            "_momentums": [f"m/{name}" for name in weights],
            "_velocities": [f"v/{name}" for name in weights],
            "_u_product": ["Variable"],
        }

    def test_the_product_begins_anew_where_a_file_has_none(self, tmp_path: Path) -> None:
        kerasfmt.save_model(compiled(optimizers.Nadam()), tmp_path / "m.h5")
        model = kerasfmt.load_model(tmp_path / "m.h5")
        assert model.training_config is not None
        assert model.training_config.scalars == {}
        assert lists_of(model)["_u_product"] == ["Variable"]
        kerasfmt.save_model(model, tmp_path / "m.keras")
        again = kerasfmt.load_model(tmp_path / "m.keras")
        assert again.training_config is not None
        assert again.training_config.scalars["_u_product"].numpy() == 1
        assert state(again) == state(model)

    def test_it_is_last_in_an_archive(self, tmp_path: Path) -> None:
        kerasfmt.save_weights(compiled(optimizers.Nadam()), tmp_path / "m.weights.h5")
        with h5py.File(tmp_path / "m.weights.h5") as file:
            held = file["optimizer/vars"]
            assert len(held) == 2 + 8 + 1
            assert held["10"][()] == 0.25

    @pytest.mark.parametrize("use_ema", [False, True])
    def test_keras_up_to_3_9_has_it_before_the_slots(self, use_ema: bool) -> None:
        model = compiled(optimizers.Nadam(use_ema=use_ema))
        training = model.training_config
        assert training is not None
        values = [weight.value for weight in training.variables[1:]]
        place = len(model.trainable_weights) if use_ema else 0
        values.insert(place, np.asarray(0.5, np.float32))
        found = to_state(training, values, model.trainable_weights, 3)
        assert found is not None
        assert [slot.name for slot in found.slots] == [slot.name for slot in training.variables[1:]]
        assert found.scalars["_u_product"].numpy() == 0.5
