"""Architectures of every Keras: the version that they state, or their words, decide how they are read."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.architecture import in_known_words, recognized
from kerasfmt.layers import Dense

OLD = {
    "output_dim": 2,
    "init": "uniform",
    "activation": "hard_sigmoid",
    "bias": False,
    "batch_input_shape": [None, 3],
}
PLAIN = {"units": 2, "activation": "hard_sigmoid", "use_bias": False, "batch_input_shape": [None, 3]}
INPUT = {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "x"}}
LATER = {key: value for key, value in PLAIN.items() if key != "batch_input_shape"}


def dense(config: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "Dense", "config": config}


def stated(layers: Any, version: str | None = None) -> dict[str, Any]:
    found = {"class_name": "Sequential", "config": layers, "backend": "tensorflow"}
    return found if version is None else {**found, "keras_version": version}


CASES = {
    "Keras 1": (stated([dense(OLD)], "1.2.2"), 2),
    "Keras 1, by its words": (stated([dense(OLD)]), 2),
    "Keras 2.1": (stated([dense(PLAIN)], "2.1.5"), 2),
    "Keras 2.1, by its words": (stated([dense(PLAIN)]), 2),
    "Keras 2.15": (stated({"name": "s", "layers": [dense(PLAIN)]}, "2.15.0"), 2),
    "Keras 3, by its words": (stated({"name": "s", "layers": [INPUT, dense(LATER)]}), 3),
    "Keras 3": (stated({"name": "s", "layers": [dense(PLAIN)]}, "3.4.1"), 3),
}


@pytest.mark.parametrize("name", CASES)
def test_every_version_is_read(name: str) -> None:
    config, keras = CASES[name]
    assert recognized(config)[1] == keras
    model = kerasfmt.model_from_config(config)
    assert model.count_params() == 6
    (layer,) = model.layers
    assert isinstance(layer, Dense)
    assert layer.activation.name == ("hard_sigmoid" if keras == 2 else "hard_sigmoid_keras3")


def test_the_version_of_a_file_decides() -> None:
    found, keras = in_known_words(stated([dense(OLD)]), None)
    assert keras == 2 and found["config"]["layers"][0]["config"]["units"] == 2
    assert in_known_words(stated([dense(OLD)]), "2.0.0")[0]["config"]["layers"][0] == dense(OLD)
