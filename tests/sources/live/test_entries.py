"""Which live layers have code of the user's, and what their entries say."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.sources.live.entries import (
    base,
    custom_entry,
    is_custom,
    is_network,
    layer_entry,
    model_entry,
)
from tests.sources.live.live_models import (
    Dense2,
    Dense3,
    Layer3,
    Model,
    Sequential2,
    Sequential3,
    dense2,
    dense3,
    model3,
)


class Custom(Layer3):
    pass


class Doubled(Dense3):
    def call(self, inputs: Any) -> Any:
        return 2 * inputs


class Named(Dense3):
    pass


@pytest.mark.parametrize(
    ("cls", "custom"), [(Dense3, False), (Named, False), (Custom, True), (Doubled, True)]
)
def test_classes(cls: type, custom: bool) -> None:
    assert is_custom(dense3(cls), {}) == custom
    assert not is_custom(dense3(cls), {cls.__name__: object()})


def test_functions_and_layers_inside() -> None:
    live = dense3()
    live.activation = lambda x: x
    assert is_custom(live, {})
    live = dense3()
    live.inner = dense3(Custom)
    assert is_custom(live, {})
    live = dense3()
    live.call = lambda inputs: inputs
    assert is_custom(live, {})


def test_lambdas() -> None:
    class Lambda(Dense3):
        __module__ = "keras.src.layers.core.lambda_layer"

    live = dense3(Lambda)
    assert is_custom(live, {})
    assert custom_entry(live, {"name": "dense"})["class_name"] == "Custom>Lambda"


def test_models() -> None:
    class Stack(Sequential3):
        def call(self, inputs: Any) -> Any:
            return inputs

    assert is_network(model3(), {})
    assert not is_network(Stack("live", [dense3()]), {})
    assert not is_network(Model({"name": "live"}), {})


def test_the_entry_of_a_custom_layer() -> None:
    live = dense3(Custom)
    assert layer_entry(live, {"config": {"name": "dense"}}, {}) == {
        "class_name": "Custom",
        "config": {"name": "dense"},
        "registered_name": "Custom",
    }


def test_a_function_of_tensorflow_has_a_call_of_its_own() -> None:
    class Function(Dense2):
        __module__ = "keras.src.layers.core.tf_op_layer"

    Function.__name__ = "TFOpLambda"
    layer = Function({"name": "tf.nn.relu", "trainable": True, "dtype": "float32", "function": "nn.relu"})
    layer.call = lambda inputs: inputs
    assert base(layer, {}) is Function
    layer.call = None
    Function.__module__ = "mine"
    assert base(layer, {}) is not Function


def test_a_sequential_model_of_a_dict() -> None:
    live = Sequential2("live", [dense2()], {"a": (None, 2)})
    with pytest.raises(UnsupportedLayerError, match="model live: a Sequential model whose input is a dict"):
        model_entry(live, {})


def test_layers_without_a_config_in_a_sequential_model_are_named() -> None:
    class Silent(Sequential2):
        __module__ = "keras.src.engine.sequential"

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, "layers": [{"class_name": "Dense", "config": {"unstated": True}}]}

    Silent.__name__ = "Sequential"
    live = Silent("live", [dense2()], (None, 2))
    (entry,) = model_entry(live, {})["config"]["layers"]
    assert entry["name"] == "dense"
