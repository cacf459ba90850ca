"""The variables of optimizers in order: what fits is named, what does not is left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.ir import TrainingConfig
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.optimizers.state import (
    default_rate,
    has_rate_variable,
    optimizer_class,
    slot_names,
    to_state,
    with_scalars,
)
from tests.optimizers.one_optimizer import compiled, state


def training_of(kind: str, **config: Any) -> TrainingConfig:
    return TrainingConfig({"optimizer_config": {"class_name": kind, "config": config}})


@pytest.mark.parametrize("spoil", ["one more", "one less", "another shape", "a matrix for the product"])
def test_values_that_are_not_the_state(spoil: str) -> None:
    model = compiled(optimizers.Nadam())
    assert model.training_config is not None
    values: list[Any] = [weight.value for weight in model.training_config.variables[1:]]
    assert to_state(model.training_config, values, model.trainable_weights, 3) is not None
    product = np.ones((1, 1) if "matrix" in spoil else (), np.float32)
    values = {
        "one more": [*values, product, product],
        "one less": values[:-1],
        "another shape": [values[2], *values[1:]],
        "a matrix for the product": [*values, product],
    }[spoil]
    assert to_state(model.training_config, values, model.trainable_weights, 3) is None


def test_keras_2_counts_no_scalars() -> None:
    model = compiled(optimizers.Nadam())
    assert model.training_config is not None
    values = [weight.value for weight in model.training_config.variables[1:]]
    weights = model.trainable_weights
    assert to_state(model.training_config, [*values, np.float32(1)], weights, 2) is None
    found = to_state(model.training_config, values, weights, 2)
    assert found is not None
    assert found.scalars == {}


def test_an_optimizer_that_is_not_known() -> None:
    model = compiled(optimizers.SGD())
    training = training_of("Sofia", use_ema=True)
    assert optimizer_class(training) is optimizers.Optimizer
    assert slot_names(training, model.trainable_weights, 3)[0] == "Sofia/average/a/kernel"
    assert slot_names(training_of("Sofia"), model.trainable_weights, 2) == []
    assert with_scalars(training, model.trainable_weights) == {}


@pytest.mark.parametrize("name", ["m.h5", "m.keras", "tf_keras"])
def test_an_optimizer_that_is_not_known_goes_through_files(tmp_path: Path, name: str) -> None:
    model = compiled(optimizers.SGD(0.5))
    config = {"class_name": "Sofia", "config": {"name": "Sofia", "learning_rate": 0.5, "rho": 0.04}}
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": config},
        [
            iteration_variable(np.asarray(3)),
            *(optimizer_variable(f"Sofia/vars/{n}", np.full(4, n, np.float32)) for n in range(3)),
        ],
    )
    kerasfmt.save_model(model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None)
    loaded = kerasfmt.load_model(tmp_path / name)
    assert loaded.training_config is not None
    assert loaded.training_config.optimizer_class == "Sofia"
    assert loaded.training_config.optimizer_config["rho"] == 0.04
    # Keras 3 would not find the slots that it expects; it starts with fresh ones.
    assert state(loaded) == (state(model)[:1] if name == "m.keras" else state(model))
    kerasfmt.save_model(loaded, tmp_path / "saved_model")


def test_rates() -> None:
    rates = {kind: default_rate(training_of(kind)) for kind in ("Adam", "SGD", "Lion", "Sofia")}
    assert rates == {"Adam": 0.001, "SGD": 0.01, "Lion": 0.0001, "Sofia": 0.001}
    assert has_rate_variable(training_of("Adam"))
    assert has_rate_variable(training_of("Adam", learning_rate=0.5))
    assert not has_rate_variable(
        training_of("Adam", learning_rate={"class_name": "CosineDecay", "config": {}})
    )


def test_scalars_are_kept_or_begin_anew() -> None:
    model = compiled(optimizers.Nadam())
    training = model.training_config
    assert training is not None
    assert with_scalars(training, model.trainable_weights) == training.scalars
    training.scalars = {}
    made = with_scalars(training, model.trainable_weights)["_u_product"]
    assert (made.name, made.dtype.name, made.numpy()) == ("Variable", "float32", 1)
