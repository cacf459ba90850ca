"""Optimizers of keras.optimizers.legacy: what TensorFlow 2.15 keeps of each, and what older files hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from kerasfmt.ir import Model, Sequential, TrainingConfig
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.weight import Aggregation
from kerasfmt.layers import Dense
from kerasfmt.optimizers.legacy import LegacyState, is_legacy, legacy_state, to_current

SHAPES = {"kernel": (3, 2), "bias": (2,)}
MOMENTS = ["kernel/m", "bias/m", "kernel/v", "bias/v"]


def model() -> Model:
    return Sequential([Dense(2, input_shape=(3,), name="a")], name="m")


def training(kind: str, slots: Sequence[str], scalars: int = 0, **options: Any) -> TrainingConfig:
    """A compile state with variables under names that say nothing, as many files have them."""
    config = {"optimizer_config": {"class_name": kind, "config": {"name": kind, **options}}}
    values: list[Any] = [np.asarray(7, np.int64), *[np.asarray(0.5, np.float32)] * scalars]
    values += [np.full(SHAPES[slot.split("/")[0]], n, np.float32) for n, slot in enumerate(slots)]
    return TrainingConfig(
        config, [optimizer_variable(f"training/Variable_{n}", v) for n, v in enumerate(values)]
    )


def state_of(given: TrainingConfig) -> LegacyState:
    found = legacy_state(given, model().trainable_weights)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "options", "hyperparameters", "scalars", "slots"),
    [
        ("SGD", {}, "decay learning_rate momentum", [], []),
        ("SGD", {"momentum": 0.9}, "decay learning_rate momentum", [], ["kernel/momentum", "bias/momentum"]),
        ("Adam", {}, "beta_1 beta_2 decay learning_rate", [], MOMENTS),
        (
            "Adam",
            {"amsgrad": True},
            "beta_1 beta_2 decay learning_rate",
            [],
            [*MOMENTS, "kernel/vhat", "bias/vhat"],
        ),
        ("Adamax", {}, "beta_1 beta_2 decay learning_rate", [], MOMENTS),
        ("Nadam", {}, "beta_1 beta_2 decay learning_rate", ["momentum_cache"], MOMENTS),
        ("Adagrad", {}, "decay learning_rate", [], ["kernel/accumulator", "bias/accumulator"]),
        (
            "Adadelta",
            {},
            "decay learning_rate rho",
            [],
            ["kernel/accum_grad", "bias/accum_grad", "kernel/accum_var", "bias/accum_var"],
        ),
        (
            "Ftrl",
            {},
            "beta decay l1_regularization_strength l2_regularization_strength learning_rate learning_rate_power",
            [],
            ["kernel/accumulator", "kernel/linear", "bias/accumulator", "bias/linear"],
        ),
        ("RMSprop", {}, "decay learning_rate momentum rho", [], ["kernel/rms", "bias/rms"]),
        (
            "RMSprop",
            {"momentum": 0.5, "centered": True},
            "decay learning_rate momentum rho",
            [],
            ["kernel/rms", "bias/rms", "kernel/momentum", "bias/momentum", "kernel/mg", "bias/mg"],
        ),
    ],
)
def test_what_each_keeps(
    kind: str, options: dict[str, Any], hyperparameters: str, scalars: list[str], slots: list[str]
) -> None:
    state = state_of(training(kind, slots, len(scalars), **options))
    assert list(state.hyperparameters) == hyperparameters.split()
    assert list(state.scalars) == scalars
    assert [slot.variable.name for slot in state.slots] == [f"a/{slot}" for slot in slots]
    assert [slot.weight.name + "/" + slot.slot for slot in state.slots] == [f"a/{slot}" for slot in slots]
    assert [float(slot.variable.numpy().ravel()[0]) for slot in state.slots] == list(range(len(slots)))
    assert state.iterations.name == "iter"
    assert state.iterations.numpy() == 7
    once = (state.iterations, *state.hyperparameters.values(), *state.scalars.values())
    assert {weight.aggregation for weight in once} == {Aggregation.ONLY_FIRST_REPLICA}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 0.001),
        ({"learning_rate": 0.25}, 0.25),
        ({"lr": 0.125}, 0.125),
        ({"learning_rate": {"class_name": "ExponentialDecay", "config": {}}}, None),
    ],
)
def test_the_learning_rate_is_a_variable_unless_it_is_a_schedule(
    options: dict[str, Any], expected: float | None
) -> None:
    found = state_of(training("Adam", MOMENTS, **options)).hyperparameters.get("learning_rate")
    assert (None if found is None else float(found.numpy())) == (
        None if expected is None else float(np.float32(expected))
    )


def test_nadam_decays_unless_the_config_denies_it() -> None:
    for options, expected in (({}, 0.004), ({"schedule_decay": 0.5}, 0.5), ({"decay": 0.25}, 0.25)):
        state = state_of(training("Nadam", MOMENTS, 1, **options))
        assert float(state.hyperparameters["decay"].numpy()) == float(np.float32(expected))


def test_what_keras_2_0_stored_otherwise() -> None:
    with_placeholders = training("Adam", MOMENTS)
    with_placeholders.variables += [
        optimizer_variable(f"unused_{n}", np.zeros((1,), np.float32)) for n in range(2)
    ]
    assert [slot.variable.name for slot in state_of(with_placeholders).slots] == [f"a/{m}" for m in MOMENTS]
    without_steps = training("RMSprop", ["kernel/rms", "bias/rms"])
    del without_steps.variables[0]
    state = state_of(without_steps)
    assert state.iterations.numpy() == 0
    assert [slot.variable.name for slot in state.slots] == ["a/kernel/rms", "a/bias/rms"]


def test_what_does_not_fit_is_no_state() -> None:
    weights = model().trainable_weights
    fits = training("Adam", MOMENTS)
    assert legacy_state(fits, weights) is not None
    for variables in ([], fits.variables[:-1], [*fits.variables, fits.variables[-1]], fits.variables[::-1]):
        assert legacy_state(TrainingConfig(fits.config, variables), weights) is None


def test_which_optimizers_are_legacy() -> None:
    def config(kind: str, **options: Any) -> TrainingConfig:
        return TrainingConfig({"optimizer_config": {"class_name": kind, "config": options}})

    assert is_legacy(config("Adam", lr=0.1))
    assert not is_legacy(config("Adam"))
    assert is_legacy(config("Adam", is_legacy_optimizer=True))
    assert not is_legacy(config("Adam", is_legacy_optimizer=False))
    assert not is_legacy(config("Custom>Adam", lr=0.1))
    assert not is_legacy(config("Lion", lr=0.1))
    assert not is_legacy(config("MyOwn", lr=0.1))
    assert not is_legacy(TrainingConfig({}))


def test_keras_3_gets_the_current_class_with_the_same_state() -> None:
    weights = model().trainable_weights
    given = training("Adam", MOMENTS, lr=0.5, decay=0.0, beta_1=0.75, epsilon=None, clipnorm=1.0)
    found = to_current(given, weights)
    assert not is_legacy(found)
    assert found.optimizer_class == "Adam"
    options = {"name": "Adam", "beta_1": 0.75, "clipnorm": 1.0, "learning_rate": 0.5}
    assert found.optimizer_config == {**options, "is_legacy_optimizer": False}
    names = ["Adam/m/a/kernel", "Adam/v/a/kernel", "Adam/m/a/bias", "Adam/v/a/bias"]
    assert [weight.name for weight in found.variables] == ["iteration", *names]
    assert [float(weight.numpy().ravel()[0]) for weight in found.variables] == [7, 0, 2, 1, 3]
    assert to_current(found, weights) is found
    assert given.config["optimizer_config"]["config"]["lr"] == 0.5


def test_a_decay_becomes_a_schedule() -> None:
    found = to_current(training("SGD", [], learning_rate=0.5, decay=0.25), model().trainable_weights)
    assert found.optimizer_config["learning_rate"] == {
        "class_name": "InverseTimeDecay",
        "config": {"initial_learning_rate": 0.5, "decay_steps": 1, "decay_rate": 0.25},
    }
    assert "decay" not in found.optimizer_config


def test_nadam_keeps_its_state_and_warns_of_its_schedule() -> None:
    with pytest.warns(UserWarning, match="optimizer Nadam: the momentum follows another schedule"):
        found = to_current(training("Nadam", MOMENTS, 1), model().trainable_weights)
    assert len(found.variables) == 5
    assert {name: float(weight.numpy()) for name, weight in found.scalars.items()} == {"_u_product": 0.5}


def test_a_state_that_does_not_fit_is_left_out_with_a_warning() -> None:
    given = training("Adam", MOMENTS)
    del given.variables[-1]
    with pytest.warns(UserWarning, match="optimizer Adam: its 4 variables do not fit .* is left out"):
        found = to_current(given, model().trainable_weights)
    assert not found.variables
