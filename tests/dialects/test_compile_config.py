"""Optimizers of Keras 3 in the words of Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.compile_config import optimizer_to_keras2


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
