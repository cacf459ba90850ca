"""What a config of Keras 3 means in words of Keras 2; what is written is tested with archives."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.keras3 import keras3_to_keras2, read_call, write_model
from kerasfmt.errors import InvalidModelError


def layer(kind: str, name: str, *calls: Any, **options: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, "trainable": True, **options},
        "name": name,
        "inbound_nodes": list(calls),
    }


def functional(*layers: Any) -> dict[str, Any]:
    ends = {"input_layers": ["x", 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": list(layers), **ends}}


@pytest.mark.parametrize("training", [False, True, None, 1])
def test_training_argument_is_the_calls_default(training: Any) -> None:
    call = {"args": [], "kwargs": {"training": training, "mask": None}}
    found = keras3_to_keras2(functional(layer("Dropout", "d", call, rate=0.5)))
    stated = {} if training is None else {"default_training": bool(training)}
    assert found["config"]["layers"][0]["inbound_nodes"] == [{"args": [], "kwargs": {"mask": None}, **stated}]


def test_a_training_argument_that_is_no_mode_stays() -> None:
    call = {"args": [], "kwargs": {"training": "yes"}}
    found = keras3_to_keras2(functional(layer("Dropout", "d", call, rate=0.5)))
    assert found["config"]["layers"][0]["inbound_nodes"] == [call]


FUNCTION = {"module": "builtins", "class_name": "function", "config": "hard_sigmoid"}


@pytest.mark.parametrize("stated", ["hard_sigmoid", FUNCTION])
@pytest.mark.parametrize("key", ["activation", "recurrent_activation"])
def test_hard_sigmoid_is_another_function(stated: Any, key: str) -> None:
    entry = layer("Dense", "d", **{key: stated})
    assert keras3_to_keras2(entry)["config"][key] == "hard_sigmoid_keras3"
    around = layer("TimeDistributed", "t", layer=entry)
    assert keras3_to_keras2(around)["config"]["layer"]["config"][key] == "hard_sigmoid_keras3"
    model = functional(layer("TimeDistributed", "t", layer=functional(entry)))
    inner = keras3_to_keras2(model)["config"]["layers"][0]["config"]["layer"]
    assert inner["config"]["layers"][0]["config"][key] == "hard_sigmoid_keras3"


def test_other_words_mean_the_same() -> None:
    entry = layer("Dense", "hard_sigmoid", activation="relu", note="hard_sigmoid")
    assert keras3_to_keras2(entry) == entry


def test_only_a_file_without_modules_gets_those_of_operations() -> None:
    call = {"args": [], "kwargs": {}}
    operation = {"class_name": "Add", "config": {"name": "a"}, "name": "a", "inbound_nodes": [call]}
    found = keras3_to_keras2(functional(operation))
    assert found["config"]["layers"][0]["module"] == "keras.src.ops.numpy"
    custom = {**operation, "module": None, "registered_name": "mine>Add"}
    assert keras3_to_keras2(functional(custom))["config"]["layers"] == [custom]


def test_a_call_in_words_of_keras_2() -> None:
    with pytest.raises(InvalidModelError, match="expected a call with args and kwargs"):
        read_call([["x", 0, 0, {}]], lambda ref: None, False)


def test_an_operation_is_told_from_one_without_the_argument() -> None:
    call = {"args": [], "kwargs": {"scale": None}}
    assert read_call(call, lambda ref: None, True)[1] == {"scale": None}
    assert read_call(call, lambda ref: None, False)[1] == {}


def test_an_activation_of_the_user_is_described_as_a_function() -> None:
    layer = kerasfmt.layers.Dense(2, activation=lambda x: x * 2.0, input_shape=(3,))
    config = write_model(kerasfmt.Sequential([layer]))["config"]["layers"][-1]["config"]
    assert config["activation"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "<lambda>",
        "registered_name": "function",
    }
