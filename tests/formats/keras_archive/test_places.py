"""Where each object of a model is stored, in the spelling of either Keras."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt import load_model, load_weights, save_model, save_weights
from kerasfmt.formats.keras_archive.places import places
from kerasfmt.ir import Input, Model
from kerasfmt.layers import ConvLSTM1D, Dense, MultiHeadAttention
from tests.formats.keras_archive.build import assert_equal, fresh, values

DIALECTS = ("keras", "tf_keras")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_layer_inside_of_a_layer_has_the_path_of_the_dialect(tmp_path: Path, dialect: str) -> None:
    steps = Input(shape=(3, 4))
    model = Model(steps, MultiHeadAttention(2, 3)(steps, steps))
    save_weights(model, tmp_path / "m.weights.h5", save_format=dialect)
    inner = "query_dense" if dialect == "keras" else "_query_dense"
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert f"layers/multi_head_attention/{inner}/vars/0" in file
    again = fresh(model)
    load_weights(again, tmp_path / "m.weights.h5")
    assert_equal(values(model), values(again))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_path_with_a_digit_behind_a_capital(tmp_path: Path, dialect: str) -> None:
    def made() -> Model:
        x = Input((2, 3, 1))
        return Model(x, ConvLSTM1D(2, 2)(x))

    model = made()
    for name in ("conv_lstm1d", "conv_lst_m1d"):  # as both versions of Keras spell it, and as old ones did
        path = tmp_path / f"{name}.weights.h5"
        save_weights(model, path, save_format=dialect)
        with h5py.File(path, "r+") as file:
            assert "conv_lstm1d" in file["layers"]
            if name not in file["layers"]:
                file.move("layers/conv_lstm1d", f"layers/{name}")
        other = made()
        load_weights(other, path)
        assert_equal(values(other), values(model))


def of_two_models() -> Model:
    """A layer in a model and in the model around it, and a layer that is called twice."""
    shared, twice = Dense(3, name="shared"), Dense(3, name="twice")
    inner_input = Input(shape=(3,))
    inner = Model(inner_input, shared(inner_input), name="inner")
    x = Input(shape=(3,))
    return Model(x, twice(shared(twice(inner(x)))))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_layers_that_are_met_again(tmp_path: Path, dialect: str) -> None:
    model = of_two_models()
    assert len(model.weights) == 4
    save_weights(model, tmp_path / "m.weights.h5", save_format=dialect)
    with h5py.File(tmp_path / "m.weights.h5") as file:
        for path in ("layers/functional/layers/dense", "layers/dense", "layers/dense_1"):
            assert sorted(file[path]["vars"]) == ["0", "1"]
    again = of_two_models()
    for weight in again.weights:
        weight.value = np.zeros(weight.shape, np.float32)
    load_weights(again, tmp_path / "m.weights.h5")
    assert_equal(values(again), values(model))
    save_model(model, tmp_path / "m.keras", save_format=dialect)
    loaded = load_model(tmp_path / "m.keras")
    assert (
        len(loaded.weights) == 6
    )  # two layers of equal values for one of two models, as Keras would have them
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


def test_a_layer_of_two_models_has_two_places() -> None:
    found = list(places(of_two_models()))
    assert [(place.paths[0], place.again) for place in found] == [
        ("", False),
        ("layers/input_layer", False),
        ("layers/functional", False),
        ("layers/functional/layers/input_layer", False),
        ("layers/functional/layers/dense", False),
        ("layers/dense", False),
        ("layers/dense_1", True),
    ]
