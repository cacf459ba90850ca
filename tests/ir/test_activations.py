from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kerasfmt.ir import activations as A
from kerasfmt.nn import activations as nn

# Keras's name, and what it means.
NAMED: dict[str, Callable[..., Any]] = {
    "linear": nn.linear,
    "relu": nn.relu,
    "relu6": nn.relu6,
    "leaky_relu": nn.leaky_relu,
    "elu": nn.elu,
    "selu": nn.selu,
    "softplus": nn.softplus,
    "softsign": nn.softsign,
    "tanh": nn.tanh,
    "sigmoid": nn.sigmoid,
    "exponential": nn.exponential,
    "swish": nn.silu,
    "hard_sigmoid": nn.hard_sigmoid,
    "hard_sigmoid_keras3": nn.relu6_sigmoid,
    "hard_silu": nn.hard_silu,
    "gelu": nn.gelu,
    "mish": nn.mish,
    "softmax": nn.softmax,
    "log_softmax": nn.log_softmax,
    "log_sigmoid": nn.log_sigmoid,
    "celu": nn.celu,
    "glu": nn.glu,
    "hard_tanh": nn.hard_tanh,
    "hard_shrink": nn.hard_shrink,
    "soft_shrink": nn.soft_shrink,
    "tanh_shrink": nn.tanh_shrink,
    "squareplus": nn.squareplus,
    "sparse_plus": nn.sparse_plus,
    "sparse_sigmoid": nn.sparse_sigmoid,
}


def test_every_activation_is_meant_by_its_name() -> None:
    assert {activation.name: activation.function for activation in A.known_activations()} == NAMED


ALIASES = {
    "silu": "swish",
    "hard_swish": "hard_silu",
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
}


@pytest.mark.parametrize(("identifier", "name"), [*ALIASES.items(), *((name, name) for name in NAMED)])
def test_identifiers(identifier: str, name: str) -> None:
    activation = A.get(identifier)
    assert A.to_config(activation) == name
    assert A.get(activation) is activation
    assert A.get({"class_name": identifier, "config": {}}) is activation
    keras3 = {
        "module": "builtins",
        "class_name": "function",
        "config": identifier,
        "registered_name": "function",
    }
    assert A.get(keras3) is activation


def test_none_is_linear() -> None:
    assert A.get(None) == A.get("linear")
