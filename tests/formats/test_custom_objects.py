"""Custom objects that the options of layers name: loaded from every format and written to it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.layers import LSTM, Bidirectional, Conv1D, Dense


def capped(x: Value) -> Value:
    return ops.minimum(ops.relu(x), 0.5)


def decay(x: Value) -> Value:
    return ops.reduce_sum(ops.abs(x)) * 0.1


def halves(shape: tuple[int, ...], dtype: Any) -> Any:
    return np.full(shape, 0.5, dtype)


def positive(w: Any) -> Any:
    return np.abs(w)


class Steps(kerasfmt.initializers.Initializer):
    size: float = 0.25

    def _draw(self, shape: tuple[int, ...], dtype: Any, rng: Any) -> Any:
        return (np.arange(np.prod(shape)) * self.size).reshape(shape).astype(dtype.numpy)


class Decay(kerasfmt.regularizers.Regularizer):
    rate: float = fields.number(default=0.5)

    def loss(self, x: Value) -> Value:
        return ops.reduce_sum(ops.square(x)) * self.rate


class Floor(kerasfmt.constraints.Constraint):
    low: float = 0.0

    def apply(self, w: Any) -> Any:
        return np.maximum(w, w.dtype.type(self.low))


GIVEN = {
    "capped": capped,
    "decay": decay,
    "halves": halves,
    "positive": positive,
    "Steps": Steps,
    "Decay": Decay,
    "Floor": Floor,
}
PLACES = {"tf": "saved_model", "h5": "model.h5", "keras": "model.keras", "tf_keras": "old.keras"}


def entry(name: str, **config: float) -> dict[str, Any]:
    return {"class_name": name, "config": config}


def model() -> kerasfmt.Model:
    options = [
        {"activation": "capped", "kernel_initializer": "halves", "kernel_constraint": "positive"},
        {
            "kernel_regularizer": entry("Decay", rate=2.0),
            "bias_regularizer": "decay",
            "kernel_initializer": entry("Steps", size=0.5),
            "kernel_constraint": entry("Floor", low=0.125),
        },
    ]
    layers = [
        {"class_name": "Conv1D", "config": {"filters": 3, "kernel_size": [2], "name": "a", **options[0]}},
        {"class_name": "Bidirectional", "config": {"name": "b", "layer": lstm()}},
        {"class_name": "Dense", "config": {"units": 2, "name": "c", **options[1]}},
    ]
    layers[0]["config"]["batch_input_shape"] = [None, 4, 2]
    return kerasfmt.model_from_config({"name": "s", "layers": layers}, GIVEN)


def lstm() -> dict[str, Any]:
    return {"class_name": "LSTM", "config": {"units": 2, "name": "l", "activation": "capped"}}


def options_of(found: kerasfmt.Model) -> list[Any]:
    conv, wrapper, dense = found.layers
    assert isinstance(conv, Conv1D) and isinstance(wrapper, Bidirectional) and isinstance(dense, Dense)
    assert isinstance(wrapper.layer, LSTM)
    return [
        *(conv.activation, conv.kernel_initializer, conv.kernel_constraint, wrapper.layer.activation),
        *(
            dense.kernel_regularizer,
            dense.bias_regularizer,
            dense.kernel_initializer,
            dense.kernel_constraint,
        ),
    ]


def test_they_are_what_the_names_in_the_config_mean() -> None:
    found = options_of(model())
    assert [found[0].function, found[1].function, found[2].function] == [capped, halves, positive]
    assert found[3].function is capped and found[5].function is decay
    assert [found[4], *found[6:]] == [Decay(2.0), Steps(0.5), Floor(0.125)]
    kernel, steps = model().layers[0].weights[0], model().layers[2].weights[0]
    np.testing.assert_array_equal(kernel.numpy(), np.full((2, 2, 3), 0.5, np.float32))
    np.testing.assert_array_equal(steps.numpy().reshape(-1)[:3], np.array([0, 0.5, 1], np.float32))
    np.testing.assert_array_equal(found[2].apply(np.float32([-1, 2])), [1, 2])


@pytest.mark.parametrize("save_format", PLACES)
def test_every_format_keeps_their_names(save_format: str, tmp_path: Path) -> None:
    made, path = model(), tmp_path / PLACES[save_format]
    inputs = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    kerasfmt.save_model(made, path, save_format=save_format)
    again = kerasfmt.load_model(path, GIVEN)
    assert options_of(again) == options_of(made)
    np.testing.assert_array_equal(again.predict(inputs), made.predict(inputs))
    if save_format == "tf":  # computes by its functions
        np.testing.assert_array_equal(kerasfmt.load_model(path).predict(inputs), made.predict(inputs))
        return
    with pytest.raises(KerasfmtError, match=r"custom_objects=\{'\w+': \.\.\.\}"):
        kerasfmt.load_model(path)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("capped", 3, r"custom_objects\['capped'\]: expected a function of a kerasfmt Value"),
        ("capped", np.tanh, "activation capped: expected its function, made of kerasfmt.graph.ops"),
        ("capped", lambda x: 1.0, "to return a Value; got float"),
        (
            "halves",
            3,
            r"subclass of kerasfmt.initializers.Initializer, or a function of NumPy, \(shape, dtype\)",
        ),
        ("Steps", halves, "subclass of kerasfmt.initializers.Initializer with the options size"),
        ("Decay", Steps, "subclass of kerasfmt.regularizers.Regularizer with the options rate"),
        ("Floor", "floor", "subclass of kerasfmt.constraints.Constraint with the options low"),
    ],
)
def test_what_does_not_fit_is_named(name: str, given: Any, message: str, tmp_path: Path) -> None:
    kerasfmt.save_model(model(), tmp_path / "model.h5")
    with pytest.raises(UnsupportedLayerError, match=message):
        kerasfmt.load_model(tmp_path / "model.h5", {**GIVEN, name: given})


def test_they_go_before_keras_own() -> None:
    dense = {
        "class_name": "Dense",
        "config": {"units": 2, "activation": "relu", "batch_input_shape": [None, 2]},
    }
    made = kerasfmt.model_from_config({"name": "s", "layers": [dense]}, {"relu": capped})
    assert made.layers[0].activation.function is capped
    assert made.layers[0].get_config()["activation"] == "relu"


def test_a_name_with_a_package_is_found_without_it_too() -> None:
    options = {"units": 2, "batch_input_shape": [None, 2], "activation": "mine>capped"}
    for name in ("capped", "mine>capped"):
        made = kerasfmt.model_from_config(
            {"name": "s", "layers": [{"class_name": "Dense", "config": options}]}, {name: capped}
        )
        assert made.layers[0].get_config()["activation"] == "mine>capped"


def test_a_function_without_a_name_in_the_words_of_keras_3() -> None:
    code = {"class_name": "__lambda__", "config": {"code": "4wE=", "defaults": None, "closure": None}}
    options = {"units": 2, "batch_input_shape": [None, 2], "activation": code}
    config = {"name": "s", "layers": [{"class_name": "Dense", "config": options}]}
    made = kerasfmt.model_from_config(config, {"<lambda>": capped})
    assert made.layers[0].get_config()["activation"] == "<lambda>"
    with pytest.raises(UnsupportedLayerError, match=r"option activation: .* custom_objects=\{'<lambda>'"):
        kerasfmt.model_from_config(config)


def test_a_function_is_an_activation_without_a_file_too() -> None:
    made = kerasfmt.Sequential([Dense(2, activation=capped, input_shape=(3,))])
    assert made.layers[0].get_config()["activation"] == "capped"
    assert made.predict(np.ones((4, 3), np.float32)).max() <= 0.5


@pytest.mark.parametrize("save_format", PLACES)
@pytest.mark.parametrize(
    "stated",
    [
        {"class_name": "LeakyReLU", "config": {"alpha": 0.25}},
        {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"negative_slope": 0.25}},
    ],
    ids=["keras2", "keras3"],
)
def test_a_layer_as_an_activation(save_format: str, stated: dict[str, Any], tmp_path: Path) -> None:
    options = {"units": 2, "batch_input_shape": [None, 3], "kernel_initializer": "ones", "activation": stated}
    made = kerasfmt.model_from_config({"name": "s", "layers": [{"class_name": "Dense", "config": options}]})
    inputs = -np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(made.predict(inputs), [[-0.75, -0.75]])
    path = tmp_path / PLACES[save_format]
    kerasfmt.save_model(made, path, save_format=save_format)
    again = kerasfmt.load_model(path)
    np.testing.assert_array_equal(again.predict(inputs), made.predict(inputs))
    assert again.layers[0].get_config()["activation"]["config"]["alpha"] == 0.25


def test_a_layer_as_an_activation_that_keras_3_lacks(tmp_path: Path) -> None:
    stated = {"class_name": "ThresholdedReLU", "config": {"theta": 1.0}}
    options = {"units": 2, "batch_input_shape": [None, 3], "activation": stated}
    made = kerasfmt.model_from_config({"name": "s", "layers": [{"class_name": "Dense", "config": options}]})
    with pytest.raises(UnsupportedLayerError, match=r"\(ThresholdedReLU\): Keras 3 has no such layer"):
        kerasfmt.save_model(made, tmp_path / "model.keras")
