"""The words of Keras 2 in archives: every object described, and what Keras 2 lacks."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.dialects.keras2_archive import write_model
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Functional, Input, Layer, Model, Sequential
from kerasfmt.layers import AdaptiveAveragePooling1D, Dense, Discretization


def one(layer: Layer, name: str = "m") -> Model:
    x = Input((3,), name="x")
    return Functional(x, layer(x), name=name)


def test_every_object_is_described() -> None:
    config = write_model(one(Dense(2, kernel_regularizer="l2", name="d")))
    assert (config["module"], config["class_name"], config["registered_name"]) == (
        "keras.src.engine.functional",
        "Functional",
        "Functional",
    )
    dense = config["config"]["layers"][1]
    assert (dense["module"], dense["class_name"], dense["registered_name"]) == ("keras.layers", "Dense", None)
    assert dense["build_config"] == {"input_shape": [None, 3]}
    assert dense["inbound_nodes"] == [[["x", 0, 0, {}]]]
    described = {key: value["module"] for key, value in dense["config"].items() if isinstance(value, dict)}
    assert described == {
        "kernel_initializer": "keras.initializers",
        "bias_initializer": "keras.initializers",
        "kernel_regularizer": "keras.regularizers",
    }


def test_models_within_models() -> None:
    inner = Sequential([Dense(2, input_shape=(3,), name="d")], name="inner")
    found = write_model(one(inner))["config"]["layers"][1]
    assert (found["module"], found["class_name"]) == ("keras", "Sequential")
    assert [layer["class_name"] for layer in found["config"]["layers"]] == ["InputLayer", "Dense"]
    assert found["config"]["layers"][1]["module"] == "keras.layers"


def test_a_layer_of_the_users_own() -> None:
    class Mine(Layer, register=False):
        def call(self, inputs: Any) -> Any:
            return inputs * 2.0

    found = write_model(one(Mine(name="own")))["config"]["layers"][1]
    assert (found["module"], found["class_name"], found["registered_name"]) == (None, "Mine", "Mine")


def test_what_keras_2_lacks() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"layer d \(Dense\): option activation: .*'celu'"):
        write_model(one(Dense(2, activation="celu", name="d")))
    x = Input((3, 4), name="x")
    pool = AdaptiveAveragePooling1D(2, name="pool")
    with pytest.raises(UnsupportedLayerError, match=r"layer pool \(Adaptive.*\): Keras 2 has no such layer"):
        write_model(Functional(x, pool(x), name="m"))


def test_what_keras_2_forgets() -> None:
    layer = Discretization(num_bins=2, name="bins")
    x = Input((1,))
    model = Model(x, layer(x))
    write_model(model)  # nothing is learned yet
    layer.adapt([[1.0], [2.0], [3.0], [4.0]])
    with pytest.warns(UserWarning, match=r"layer bins \(Discretization\): Keras 2 does not restore"):
        write_model(model)
