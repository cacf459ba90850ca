"""Masks that end at revived layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Layer, Model
from tests.formats.saved_model.revivable import loaded, without_classes
from tests.formats.saved_model.saved import save

IDS = np.array([[1, 2, 0], [3, 0, 0]], np.int32)


def masked(*last: Layer) -> Model:
    kerasfmt.clear_session()
    layers = kerasfmt.layers
    first = layers.Embedding(5, 4, mask_zero=True, input_shape=(3,), name="embedding")
    return kerasfmt.Sequential([first, layers.Dropout(0.5, name="passing"), *last])


def test_a_layer_that_takes_the_mask_is_named(tmp_path: Path) -> None:
    model = masked(kerasfmt.layers.GlobalAveragePooling1D(name="pool"))
    directory = without_classes(save(model, tmp_path / "m").directory, ["passing"])
    with pytest.raises(
        UnsupportedLayerError,
        match=r"layer 'passing' of class 'Own>Thing': .*mask of its outputs.* layer 'pool' takes.*custom_objects",
    ):
        loaded(directory)


def test_the_mask_passes_layers_on_its_way(tmp_path: Path) -> None:
    layers = kerasfmt.layers
    model = masked(layers.ReLU(name="relu"), layers.LSTM(2, name="lstm"))
    directory = without_classes(save(model, tmp_path / "m").directory, ["passing"])
    with pytest.raises(UnsupportedLayerError, match="which layer 'lstm' takes"):
        loaded(directory)


def test_where_it_does_not_matter_nothing_is_refused(tmp_path: Path) -> None:
    layers = kerasfmt.layers
    model = masked(layers.Flatten(), layers.Dense(2))
    directory = without_classes(save(model, tmp_path / "m").directory, ["passing"])
    assert np.array_equal(loaded(directory).predict(IDS), model.predict(IDS))


def test_a_revived_layer_takes_the_mask_that_its_functions_take(tmp_path: Path) -> None:
    model = masked(kerasfmt.layers.GlobalAveragePooling1D(name="pool"))
    directory = without_classes(save(model, tmp_path / "m").directory, ["pool"])
    found = loaded(directory)
    assert np.array_equal(found.predict(IDS), model.predict(IDS))
    assert found.get_layer("pool").takes_mask
    again = save(found, tmp_path / "n").directory
    assert np.array_equal(loaded(again).predict(IDS), model.predict(IDS))
