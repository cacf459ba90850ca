"""An optimizer in the middle of its training: what is given is kept, the rest is new, what does not fit is an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes, optimizers
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Sequential, TrainingConfig, Weight
from kerasfmt.layers import Dense
from kerasfmt.optimizers import StartedOptimizer
from kerasfmt.optimizers.state import initial_variables


def weights_of(**shapes: tuple[int, ...]) -> list[Weight]:
    found = []
    for name, shape in shapes.items():
        found.append(Weight(name, shape, dtypes.float32))
        found[-1].value = np.full(shape, 2.5, np.float32)
    return found


KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.arange(2, dtype=np.float32)


def test_what_is_given_is_kept_as_it_is() -> None:
    kernel, bias = weights_of(kernel=(3, 2), bias=(2,))
    started = StartedOptimizer(optimizers.Adam(), 7, {(kernel, "m"): KERNEL, ("bias", "v"): BIAS})
    found = started.variables([kernel, bias])
    assert [variable.name for variable in found] == [
        "iteration", "Adam/m/kernel", "Adam/v/kernel", "Adam/m/bias", "Adam/v/bias",
    ]  # fmt: skip
    assert (found[0].numpy(), found[0].dtype) == (7, dtypes.int64)
    assert found[1].value is KERNEL
    assert found[4].value is BIAS
    assert not found[2].numpy().any() and not found[3].numpy().any()


def test_nothing_given_is_a_new_optimizer() -> None:
    weights = weights_of(kernel=(3, 2), bias=(2,))
    for optimizer in (optimizers.Ftrl(), optimizers.Adafactor(use_ema=True), optimizers.SGD()):
        new = initial_variables(TrainingConfig({"optimizer_config": optimizer.entry()}), weights)
        found = StartedOptimizer(optimizer).variables(weights)
        assert [(w.name, w.numpy().tolist()) for w in found] == [(w.name, w.numpy().tolist()) for w in new]


@pytest.mark.parametrize("keras", [2, 3])
def test_an_average_that_is_not_given_is_its_weight(keras: Any) -> None:
    (kernel,) = weights_of(kernel=(3, 2))
    started = StartedOptimizer(optimizers.Lion(use_ema=True), 7)
    average = started.variables([kernel], keras)[1]
    assert (average.name, average.value is kernel.value) == ("Lion/average/kernel", True)


def test_two_weights_of_one_name_are_told_apart() -> None:
    first, second = weights_of(kernel=(3, 2)) + weights_of(kernel=(3, 2))
    started = StartedOptimizer(optimizers.Lion(), 1, {(second, "m"): KERNEL})
    found = started.variables([first, second])
    assert [variable.numpy().any() for variable in found[1:]] == [False, True]
    with pytest.raises(InvalidModelError, match="2 weights have this name; give the weight"):
        StartedOptimizer(optimizers.Lion(), 1, {("kernel", "m"): KERNEL}).variables([first, second])


def test_scalars() -> None:
    weights = weights_of(kernel=(3, 2))
    started = StartedOptimizer(optimizers.Nadam(), 3, scalars={"_u_product": np.asarray(0.5, np.float32)})
    assert started.scalar_variables(weights)["_u_product"].numpy() == 0.5
    assert StartedOptimizer(optimizers.Nadam(), 3).scalar_variables(weights)["_u_product"].numpy() == 1
    assert StartedOptimizer(optimizers.Adam(), 3).scalar_variables(weights) == {}
    spoilt = StartedOptimizer(optimizers.Nadam(), 3, scalars={"_u_product": KERNEL})
    with pytest.raises(InvalidModelError, match=r"'_u_product': expected a number, got an array of"):
        spoilt.scalar_variables(weights)


def test_bfloat16_stays_bfloat16() -> None:
    weight = Weight("kernel", (3, 2), dtypes.bfloat16)
    array = KERNEL.astype(ml_dtypes.bfloat16)
    found = StartedOptimizer(optimizers.Lion(), 1, {("kernel", "m"): array}).variables([weight])
    assert found[1].value is array
    assert found[1].dtype == dtypes.bfloat16


def test_it_does_not_change() -> None:
    slots: dict[Any, Any] = {("kernel", "m"): KERNEL}
    started = StartedOptimizer(optimizers.Lion(), np.int64(4), slots)  # type: ignore[arg-type]
    slots.clear()
    assert list(started.slots) == [("kernel", "m")]
    assert type(started.iterations) is int
    assert repr(started).endswith(", 4 iterations, 1 slots>")
    assert started != StartedOptimizer(optimizers.Lion(), 4, started.slots)
    with pytest.raises(AttributeError):
        started.iterations = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        started.slots["bias", "m"] = BIAS  # type: ignore[index]


SGD, ADAM, LION = optimizers.SGD(), optimizers.Adam(), optimizers.Lion()


@pytest.mark.parametrize(
    ("optimizer", "given", "message"),
    [
        (ADAM, {"iterations": -1}, "optimizer Adam: iterations: expected at least 0, got -1"),
        (ADAM, {"iterations": 1.5}, "iterations: expected a whole number, got 1.5"),
        (ADAM, {"slots": {("k", "momentum"): BIAS}}, r"slot 'momentum' of weight k: it keeps average, grad.*, m, v, v"),
        (ADAM, {"slots": {("k", "vha"): BIAS}}, "did you mean 'vhat'"),
        (ADAM, {"slots": {("k", "vhat"): BIAS}}, "only with the option amsgrad, which is False"),
        (SGD, {"slots": {("k", "average"): BIAS}}, "only with the option use_ema, which is False"),
        (optimizers.Muon(), {"slots": {("k", "m"): BIAS}}, "kerasfmt does not know which slots it keeps"),
        (ADAM, {"scalars": {"_u_product": BIAS}}, "scalar '_u_product': it has no scalars"),
        (optimizers.Nadam(), {"scalars": {"u": BIAS}}, "scalar 'u': it has _u_product"),
    ],
)  # fmt: skip
def test_what_cannot_be_given(
    optimizer: optimizers.Optimizer, given: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(InvalidModelError, match=message):
        StartedOptimizer(optimizer, **given)


ACCUMULATING = optimizers.Lion(gradient_accumulation_steps=2)


@pytest.mark.parametrize(
    ("optimizer", "slots", "message"),
    [
        (LION, {("kernel", "m"): BIAS}, r"Lion: slot 'm' of weight kernel: expected shape \(3, 2\), got \(2,"),
        (LION, {("kernels", "m"): KERNEL}, "weight kernels: the model has no such trainable weight; did you mean 'k"),
        (LION, {(weights_of(kernel=(3, 2))[0], "m"): KERNEL}, "weight kernel: the model has no such trainable weight"),
        (LION, {("kernel", "m"): KERNEL.astype(float)}, "expected dtype float32, got float64"),
        (LION, {("kernel", "m"): 1.5}, "expected an array, got float"),
        (optimizers.Adafactor(), {("bias", "r"): BIAS}, r"keeps it for matrices only, the weight has shape \(2,\)"),
        (ACCUMULATING, {("bias", "gradient_accumulator"): BIAS}, "Keras 2 keeps none with these options"),
    ],
)  # fmt: skip
def test_slots_that_do_not_fit_the_weights(
    optimizer: optimizers.Optimizer, slots: Mapping[Any, Any], message: str
) -> None:
    started = StartedOptimizer(optimizer, 1, slots)
    with pytest.raises(InvalidModelError, match=message):
        started.variables(weights_of(kernel=(3, 2), bias=(2,)))


def test_a_slot_is_given_once() -> None:
    (kernel,) = weights_of(kernel=(3, 2))
    started = StartedOptimizer(LION, 1, {("kernel", "m"): KERNEL, (kernel, "m"): KERNEL})
    with pytest.raises(InvalidModelError, match="slot 'm' of weight kernel: it is given twice"):
        started.variables([kernel])


def test_gradients_of_a_step_that_is_not_complete() -> None:
    weights = weights_of(kernel=(3, 2), bias=(2,))
    started = StartedOptimizer(ACCUMULATING, 3, {("bias", "gradient_accumulator"): BIAS})
    found = {variable.name: variable for variable in started.variables(weights, 3)}
    assert found["Lion/gradient_accumulator/bias"].value is BIAS
    assert not found["Lion/gradient_accumulator/kernel"].numpy().any()


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
def test_it_goes_into_a_file(tmp_path: Path, name: str) -> None:
    model = Sequential([Dense(2, input_shape=(3,), name="dense")], name="m")
    started = StartedOptimizer(optimizers.Adam(0.5), 1000, {("dense/kernel", "v"): KERNEL})
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": started.optimizer.entry()},
        started.variables(model.trainable_weights),
    )
    kerasfmt.save_model(model, tmp_path / name)
    training = kerasfmt.load_model(tmp_path / name).training_config
    assert training is not None
    held = {variable.name: variable.numpy() for variable in training.variables}
    assert held["iteration"] == 1000
    assert held["Adam/v/dense/kernel"].tolist() == KERNEL.tolist()
    assert not held["Adam/m/dense/kernel"].any()


def test_slots_for_keras_2_are_enough_for_an_archive(tmp_path: Path) -> None:
    model = Sequential([Dense(2, input_shape=(3,), name="dense")], name="m")
    started = StartedOptimizer(ACCUMULATING, 4, {("dense/kernel", "m"): KERNEL})
    model.training_config = TrainingConfig(
        {"loss": "mse", "optimizer_config": started.optimizer.entry()},
        started.variables(model.trainable_weights),
    )
    kerasfmt.save_model(model, tmp_path / "m.keras")
    training = kerasfmt.load_model(tmp_path / "m.keras").training_config
    assert training is not None
    held = {variable.name: variable.numpy() for variable in training.variables}
    assert held["Lion/m/dense/kernel"].tolist() == KERNEL.tolist()
    assert held["Lion/gradient_accumulator/dense/kernel"].tolist() == np.zeros((3, 2)).tolist()
