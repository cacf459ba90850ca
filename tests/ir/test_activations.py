from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import activations as A
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import Dense, Dropout, LeakyReLU, PReLU, ReLU
from kerasfmt.nn import activations as nn
from tests.layers.one_layer import apply

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
    "sparsemax": nn.sparsemax,
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


def test_a_layer_is_an_activation() -> None:
    dense = Dense(2, activation=LeakyReLU(0.5, name="act"))
    described = dense.get_config()["activation"]
    assert (described["class_name"], described["config"]["alpha"]) == ("LeakyReLU", 0.5)
    assert Dense.from_config(dense.get_config()).get_config() == dense.get_config()
    dense.kernel_initializer = "ones"  # type: ignore[assignment]
    x = np.array([[-2.0, -1.0]], np.float32)
    np.testing.assert_allclose(apply(dense, x), [[-1.5, -1.5]])
    assert A.get(ReLU(1.0)) != A.get(ReLU(2.0))


@pytest.mark.parametrize("layer", [PReLU(name="p"), Dropout(0.5, name="p")])
def test_a_layer_that_is_no_activation(layer: Layer) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"expected a layer without weights.*put it after the layer"
    ):
        apply(Dense(2, activation=layer), np.ones((1, 2), np.float32))
