"""Configs of the first versions of Keras 2."""

from __future__ import annotations

from typing import Any

from kerasfmt import model_from_config
from kerasfmt.dialects.older_keras2 import in_todays_words


def dense(name: str, **options: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": 2, **options}}


def test_a_sequential_that_is_a_list_of_layers() -> None:
    config = {"class_name": "Sequential", "config": [dense("a", batch_input_shape=[None, 3]), dense("b")]}
    model = model_from_config(in_todays_words(config))
    assert [layer.name for layer in model.layers] == ["a", "b"]


def test_a_list_in_a_list_has_the_name_at_its_place() -> None:
    inner = {"class_name": "Sequential", "config": [dense("b", batch_input_shape=[None, 2])]}
    config = {"class_name": "Sequential", "config": [dense("a", batch_input_shape=[None, 3]), inner]}
    model = model_from_config(in_todays_words(config, ["a", "sequential_1"]))
    assert [layer.name for layer in model.layers] == ["a", "sequential_1"]
    assert "name" not in in_todays_words(config, ["a"])["config"]["layers"][1]["config"]


def test_a_list_in_a_functional_model() -> None:
    config = {
        "class_name": "Model",
        "config": {
            "name": "m",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "name": "x",
                    "config": {"name": "x", "batch_input_shape": [None, 3]},
                    "inbound_nodes": [],
                },
                {
                    "class_name": "Sequential",
                    "name": "tower",
                    "config": [dense("a", batch_input_shape=[None, 3])],
                    "inbound_nodes": [[["x", 0, 0, {}]]],
                },
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["tower", 1, 0]],
        },
    }
    model = model_from_config(in_todays_words(config))
    assert [layer.name for layer in model.layers] == ["x", "tower"]


def test_a_gru_without_the_option() -> None:
    cell = {"class_name": "GRUCell", "config": {"units": 2}}
    config = {"class_name": "RNN", "config": {"cell": cell}}
    assert in_todays_words(config)["config"]["cell"]["config"]["reset_after"] is False
    stated = {"class_name": "GRU", "config": {"units": 2, "reset_after": True}}
    assert in_todays_words(stated) == stated


def test_what_is_no_config_stays() -> None:
    for value in (None, 3, [1, {"config": 2}], {"class_name": "Sequential", "config": None}):
        assert in_todays_words(value) == value
