"""Compile states in words of each Keras, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.compile_config import (
    optimizer_to_keras2,
    read_compile_config,
    write_compile_config,
)
from kerasfmt.ir import TrainingConfig
from kerasfmt.ir.keras_facts import Major


def test_an_optimizer_is_one_of_keras_2_and_no_legacy_one() -> None:
    entry = {"class_name": "Adam", "config": {"name": "adam", "learning_rate": 0.5, "amsgrad": True}}
    assert optimizer_to_keras2(entry) == {
        "class_name": "Custom>Adam",
        "config": {
            "name": "Adam",
            "learning_rate": 0.5,
            "amsgrad": True,
            "jit_compile": False,
            "is_legacy_optimizer": False,
        },
    }
    assert entry["config"] == {"name": "adam", "learning_rate": 0.5, "amsgrad": True}


def test_a_prefix_is_not_doubled() -> None:
    assert optimizer_to_keras2({"class_name": "Custom>SGD", "config": {}})["class_name"] == "Custom>SGD"


@pytest.mark.parametrize(("value", "stays"), [(None, False), (1024.0, True)])
def test_options_that_keras_2_lacks_are_dropped_where_they_say_nothing(value: Any, stays: bool) -> None:
    found = optimizer_to_keras2({"class_name": "SGD", "config": {"loss_scale_factor": value}})
    assert ("loss_scale_factor" in found["config"]) == stays


@pytest.mark.parametrize("config", [None, {}])
def test_an_optimizer_without_options(config: Any) -> None:
    assert optimizer_to_keras2({"class_name": "SGD", "config": config})["config"]["name"] == "SGD"


ADAM = {"name": "Adam", "learning_rate": 0.5, "jit_compile": False, "is_legacy_optimizer": False}
HUBER = {"class_name": "Huber", "config": {"delta": 1.0, "reduction": "auto"}}


@pytest.mark.parametrize("keras", [2, 3])
def test_both_ways(keras: Major) -> None:
    config = {
        "loss": "mse",
        "metrics": [["mae"], ["acc"]],
        "loss_weights": [1.0, 2.0],
        "weighted_metrics": None,
        "optimizer_config": {"class_name": "Custom>Adam", "config": ADAM},
    }
    written = write_compile_config(TrainingConfig(config), keras)
    assert (written["optimizer"]["module"], written["optimizer"]["class_name"]) == (
        "keras.optimizers",
        "Adam",
    )
    assert ("jit_compile" in written["optimizer"]["config"]) == (keras == 2)
    assert read_compile_config(written, keras) == config


def test_an_optimizer_by_its_name_alone() -> None:
    assert read_compile_config({"optimizer": "rmsprop"}, 2)["optimizer_config"] == {
        "class_name": "Custom>RMSprop",
        "config": {"name": "RMSprop", "is_legacy_optimizer": False},
    }


def test_objects_are_described_as_each_keras_does() -> None:
    training = TrainingConfig({"loss": {"out": HUBER}, "metrics": ["mae"]})
    reductions = []
    for keras in (2, 3):
        found = write_compile_config(training, keras)["loss"]["out"]  # type: ignore[arg-type]
        assert (found["module"], found["class_name"]) == ("keras.losses", "Huber")
        reductions.append(found["config"]["reduction"])
    assert reductions == ["auto", "sum_over_batch_size"]


def test_a_schedule_is_described() -> None:
    rate = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1}}
    config = {"optimizer_config": {"class_name": "Custom>SGD", "config": {"learning_rate": rate}}}
    found = write_compile_config(TrainingConfig(config), 3)["optimizer"]["config"]["learning_rate"]
    assert (found["module"], found["class_name"]) == ("keras.optimizers.schedules", "CosineDecay")


@pytest.mark.parametrize("keras", [2, 3])
def test_other_arguments_of_compile_stay_where_the_reader_has_them(keras: Major) -> None:
    options = {"run_eagerly": None, "steps_per_execution": 4, "jit_compile": True, "auto_scale_loss": False}
    found = write_compile_config(TrainingConfig({"loss": "mse"}, options=options), keras)
    kept = {key: found[key] for key in options if key in found}
    if keras == 2:
        assert kept == {"run_eagerly": None, "steps_per_execution": 4, "jit_compile": True}
    else:
        assert kept == {"steps_per_execution": 4, "jit_compile": True, "auto_scale_loss": False}


@pytest.mark.parametrize("keras", [2, 3])
def test_an_optimizer_of_the_users_own_keeps_its_module_and_its_registered_name(keras: Major) -> None:
    stated = {
        "module": "mine.optimizers",
        "class_name": "MyAdam",
        "config": {"name": "my_adam", "learning_rate": 0.5},
        "registered_name": "Mine>MyAdam",
    }
    config = read_compile_config({"optimizer": stated}, keras)
    entry = config["optimizer_config"]
    assert (entry["class_name"], entry["module"]) == ("Mine>MyAdam", "mine.optimizers")
    found = write_compile_config(TrainingConfig(config), keras)["optimizer"]
    assert {key: found[key] for key in ("module", "class_name", "registered_name")} == {
        key: stated[key] for key in ("module", "class_name", "registered_name")
    }
