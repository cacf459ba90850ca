from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.activations import (
    activation_to_keras2,
    activation_to_keras3,
    in_keras2,
    is_activation,
)
from kerasfmt.ir.activations import known_activations

KERAS2 = {
    *("elu", "exponential", "gelu", "hard_sigmoid", "leaky_relu", "linear", "log_softmax"),
    *("log_softmax_v2", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softmax_v2"),
    *("softplus", "softsign", "swish", "tanh"),
}
"""Activations that Keras 2.15 finds by name."""


def test_the_names_of_keras_2() -> None:
    names = {found.name for found in known_activations()} | KERAS2
    assert {name for name in names if in_keras2(name)} == KERAS2
    assert in_keras2("a function of the user")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hard_sigmoid_keras3", "hard_sigmoid"),
        ("hard_sigmoid", None),
        ("swish", "silu"),
        ("softmax_v2", "softmax"),
        ("log_softmax_v2", "log_softmax"),
        ("relu", "relu"),
        ("of the user's", "of the user's"),
    ],
)
def test_the_names_of_keras_3(name: str, expected: str | None) -> None:
    assert activation_to_keras3(name) == expected


@pytest.mark.parametrize("found", known_activations(), ids=lambda found: found.name)
def test_what_keras_3_means_by_a_name(found: Any) -> None:
    name = activation_to_keras3(found.name)
    if name is not None:
        again = activation_to_keras2(name)
        assert activation_to_keras3(again) == name
        assert (again == found.name) or name == "silu"


def test_a_function_that_is_described() -> None:
    function = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    assert activation_to_keras2(function) == "relu"
    layer = {"module": "keras.layers", "class_name": "ReLU", "config": {}, "registered_name": None}
    assert activation_to_keras2(layer) == layer
    assert activation_to_keras2(None) is None


def test_the_options_that_are_activations() -> None:
    assert [is_activation(key) for key in ("activation", "recurrent_activation", "activity_regularizer")] == [
        True,
        True,
        False,
    ]
