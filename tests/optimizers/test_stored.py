"""Compile states of variables in order, with or without the variables of an optimizer inside of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import optimizers
from kerasfmt.optimizers.loss_scale import is_loss_scaled
from kerasfmt.optimizers.stored import read_state
from tests.optimizers.one_optimizer import compiled

SCALED = {
    "loss": "mse",
    "optimizer_config": optimizers.LossScaleOptimizer(optimizers.SGD(0.5, momentum=0.9)).entry(),
}
MODEL = compiled(optimizers.SGD(0.5, momentum=0.9))
WEIGHTS = MODEL.trainable_weights
NAMES = ["iteration", *(f"SGD/m/{weight.name}" for weight in WEIGHTS)]


def slots() -> list[Any]:
    return [np.full(weight.shape, number, np.float32) for number, weight in enumerate(WEIGHTS)]


def own() -> list[Any]:
    """What Keras 3 keeps for a LossScaleOptimizer: iteration, rate, counter, scale."""
    return [np.int32(0), np.float32(0), np.int32(2), np.float32(64)]


@pytest.mark.parametrize("beside", [False, True])
def test_a_scaled_loss_in_keras_3(beside: bool) -> None:
    """HDF5 has one list of variables; an archive has those of the inner optimizer beside it too."""
    inner = [np.int32(7), np.float32(0.25), *slots()]
    found = read_state(SCALED, [*own(), *inner], inner if beside else [], WEIGHTS, 3)
    assert [weight.name for weight in found.variables] == NAMES
    assert int(found.variables[0].numpy()) == 7
    assert found.learning_rate is not None
    assert float(found.learning_rate.numpy()) == 0.25
    scalars = {key: float(weight.numpy()) for key, weight in found.scalars.items()}
    assert scalars == {"step_counter": 2, "dynamic_scale": 64}


def test_a_scaled_loss_in_keras_2() -> None:
    found = read_state(SCALED, [np.int64(7), *slots()], [], WEIGHTS, 2)
    assert [weight.name for weight in found.variables] == NAMES
    assert found.scalars == {}


def test_an_optimizer_that_was_wrapped_without_a_word() -> None:
    stored = [np.int64(7), *slots()]
    config = {"loss": "mse", "optimizer_config": optimizers.SGD(0.5, momentum=0.9).entry()}
    found = read_state(config, stored, stored, WEIGHTS, 2)
    assert is_loss_scaled(found)
    assert [weight.name for weight in found.variables] == NAMES
    assert not is_loss_scaled(read_state(config, stored, [], WEIGHTS, 2))


def test_variables_that_do_not_fit_are_called_by_their_numbers() -> None:
    config = {"loss": "mse", "optimizer_config": optimizers.SGD(0.5, momentum=0.9).entry()}
    found = read_state(config, [np.int64(7), *slots()[:2]], [], WEIGHTS, 2)
    assert [weight.name for weight in found.variables] == ["iteration", "SGD/vars/0", "SGD/vars/1"]
    assert read_state(config, [], [], WEIGHTS, 2).variables == []
