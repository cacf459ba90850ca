"""The variables of optimizers in order: what fits is named, what does not is left as it is."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import kerasfmt
from kerasfmt import optimizers
from kerasfmt.ir import TrainingConfig
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.optimizers.state import (
    default_rate,
    has_rate_variable,
    initial_variables,
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


@pytest.mark.parametrize("made_by", [2, 3])
@pytest.mark.parametrize("name", ["m.h5", "m.keras", "tf_keras"])
def test_an_optimizer_that_is_not_known_goes_through_files(
    tmp_path: Path, name: str, made_by: Literal[2, 3]
) -> None:
    model = compiled(optimizers.SGD(0.5))
    model.made_by_keras = made_by
    config = {"class_name": "Sofia", "config": {"name": "Sofia", "learning_rate": 0.5, "rho": 0.04}}
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": config},
        [
            iteration_variable(np.asarray(3)),
            *(optimizer_variable(f"Sofia/vars/{n}", np.full(4, n, np.float32)) for n in range(3)),
        ],
    )
    same = made_by == (3 if name == "m.keras" else 2)
    warned = nullcontext() if same else pytest.warns(UserWarning, match="Sofia: its 3 variables cannot")
    with warned:
        kerasfmt.save_model(model, tmp_path / name, save_format="tf_keras" if name == "tf_keras" else None)
    loaded = kerasfmt.load_model(tmp_path / name)
    assert loaded.training_config is not None
    assert loaded.training_config.optimizer_class == "Sofia"
    assert loaded.training_config.optimizer_config["rho"] == 0.04
    # The other Keras may keep the variables in another order.
    assert state(loaded) == (state(model) if same else state(model)[:1])
    in_order = name != "m.keras" or len(state(loaded)) == 1
    with nullcontext() if in_order else pytest.warns(UserWarning, match="Sofia: its 3 variables cannot"):
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


@pytest.mark.parametrize(("use_ema", "keras"), [(False, 2), (True, 2), (True, 3)])
def test_first_values(use_ema: bool, keras: Literal[2, 3]) -> None:
    model = compiled(optimizers.Ftrl(initial_accumulator_value=0.5, use_ema=use_ema))
    assert model.training_config is not None
    weights = model.trainable_weights
    iteration, *slots = initial_variables(model.training_config, weights, keras)
    assert (iteration.name, iteration.numpy()) == ("iteration", 0)
    assert [slot.name for slot in slots] == slot_names(model.training_config, weights, keras)
    by_name = {weight.name: weight for weight in weights}
    for slot in slots:
        kind, of = slot.name.split("/", 2)[1:]
        average = by_name[of].numpy() if keras == 2 else np.zeros(by_name[of].shape)
        first = {"average": average, "accumulator": np.full(slot.shape, 0.5), "linear": np.zeros(slot.shape)}
        assert slot.numpy().tolist() == first[kind].tolist()
        assert slot.dtype == by_name[of].dtype


def test_first_values_by_default_and_where_no_slots_are_known() -> None:
    weights = compiled(optimizers.SGD()).trainable_weights
    made = initial_variables(training_of("Adagrad"), weights)
    assert {float(value) for slot in made[1:] for value in slot.numpy().ravel()} == {float(np.float32(0.1))}
    assert [weight.name for weight in initial_variables(training_of("Sofia"), weights)] == ["iteration"]


def test_gradients_that_are_accumulated_are_of_keras_3() -> None:
    optimizer = optimizers.Lion(gradient_accumulation_steps=4, use_ema=True)
    training = TrainingConfig({"optimizer_config": optimizer.entry()})
    weights = compiled(optimizers.SGD()).trainable_weights[:1]
    assert slot_names(training, weights, 2) == ["Lion/average/a/kernel", "Lion/m/a/kernel"]
    assert slot_names(training, weights, 3) == [
        "Lion/average/a/kernel",
        "Lion/gradient_accumulator/a/kernel",
        "Lion/m/a/kernel",
    ]
