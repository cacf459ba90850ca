"""A layer in a layer is held to what each Keras has, as any other."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import Input, Model
from kerasfmt.dialects import keras2_archive, keras3
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import Dense, RMSNormalization, ThresholdedReLU, TimeDistributed


def written(kind: Any, inner: Layer) -> dict[str, Any]:
    """The config of `inner` in the config of a wrapper around it, in a wrapper."""
    x = Input((2, 3, 4))
    model = Model(x, TimeDistributed(TimeDistributed(inner))(x))
    found: dict[str, Any] = kind.write_model(model)["config"]["layers"][1]["config"]["layer"]
    return found["config"]["layer"]["config"]  # type: ignore[no-any-return]


LACKED: list[tuple[Any, Layer, str]] = [
    (keras3, Dense(2, activation="hard_sigmoid", name="x"), r"layer x \(Dense\): .*is another function"),
    (keras3, ThresholdedReLU(name="x"), "Keras 3 has no layer ThresholdedReLU"),
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


def test_all_else_stays_in_words_of_keras_2() -> None:
    layer = Dense(2, activation="relu")
    assert written(keras3, layer) == layer.get_config()
