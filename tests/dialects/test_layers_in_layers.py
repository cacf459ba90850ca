"""A layer in a layer is held to what each Keras has, as any other."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import Input, Model, Sequential
from kerasfmt.dialects import keras2_archive, keras3
from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    BatchNormalization,
    Dense,
    Embedding,
    RMSNormalization,
    ThresholdedReLU,
    TimeDistributed,
)


def written(kind: Any, inner: Layer) -> dict[str, Any]:
    """The config of `inner` in the config of a wrapper around it, in a wrapper."""
    x = Input((2, 3, 4))
    model = Model(x, TimeDistributed(TimeDistributed(inner))(x))
    found: dict[str, Any] = kind.write_model(model)["config"]["layers"][1]["config"]["layer"]
    return found["config"]["layer"]["config"]  # type: ignore[no-any-return]


LACKED: list[tuple[Any, Layer, str]] = [
    (keras3, Dense(2, activation="hard_sigmoid", name="x"), r"layer x \(Dense\): .*is another function"),
    (keras3, ThresholdedReLU(name="x"), r"layer x \(ThresholdedReLU\): Keras 3 has no such layer"),
    (keras3, Dense(2, kernel_constraint="RadialConstraint"), "Keras 3 has no constraint RadialConstraint"),
    (
        keras2_archive,
        Dense(2, activation="hard_silu", name="x"),
        r"layer x \(Dense\): .*no activation 'hard_s",
    ),
    (keras2_archive, RMSNormalization(name="x"), r"layer x \(RMSNormalization\): Keras 2 has no such layer"),
]


@pytest.mark.parametrize(("kind", "inner", "said"), LACKED, ids=[said[-20:] for _, _, said in LACKED])
def test_what_a_keras_lacks(kind: Any, inner: Layer, said: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=said):
        written(kind, inner)


def test_a_layer_in_a_layer_says_where_keras_3_has_it() -> None:
    x = Input((2, 3, 4))
    model = Model(x, TimeDistributed(TimeDistributed(Dense(2)))(x))
    outer = keras3.write_model(model)["config"]["layers"][1]["config"]["layer"]
    for found in (outer, outer["config"]["layer"]):
        assert (found["module"], found["registered_name"]) == ("keras.layers", None)


def test_an_activation_goes_by_its_name_in_keras_3() -> None:
    assert written(keras3, Dense(2, activation="hard_sigmoid_keras3"))["activation"] == "hard_sigmoid"


@pytest.mark.parametrize(
    ("inner", "option", "told"),
    [
        (BatchNormalization(axis=[1]), "axis", 1),
        (Dense(2), "dtype", wrapped("keras", "DTypePolicy", {"name": "float32"})),
        (Dense(2), "bias_initializer", wrapped("keras.initializers", "Zeros", {})),
        (Embedding(9, 2, input_length=4), "input_length", None),
    ],
)
def test_an_option_is_told_in_words_of_keras_3(inner: Layer, option: str, told: Any) -> None:
    assert written(keras3, inner).get(option) == told


@pytest.mark.parametrize("model", ["Functional", "Sequential"])
def test_a_model_in_a_layer_says_where_keras_3_has_it(model: str) -> None:
    step = Input((4,))
    head = Sequential([Dense(2)], name="s") if model == "Sequential" else Model(step, Dense(2)(step))
    x = Input((3, 4))
    found = keras3.write_model(Model(x, TimeDistributed(head)(x)))["config"]["layers"][1]["config"]["layer"]
    assert found["class_name"] == model
    assert found["module"] == {"Functional": "keras.src.models.functional", "Sequential": "keras"}[model]
