"""Layers that mix images predict and are kept in archives; SavedModels refuse them by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import AugMix, CutMix, MixUp, RandAugment
from tests.layers.drawn import IMAGES
from tests.layers.one_layer import apply

UNTRAINED: list[Layer] = [
    AugMix(num_chains=2, name="it"),
    CutMix(0.5, name="it"),
    MixUp(0.3, name="it"),
    RandAugment(num_ops=1, name="it"),
]


@pytest.mark.parametrize("layer", UNTRAINED, ids=lambda layer: type(layer).__name__)
def test_what_is_not_trained_yet(layer: Any, tmp_path: Any) -> None:
    model_config = layer.get_config()
    assert type(layer).from_config(model_config).get_config() == model_config
    np.testing.assert_array_equal(apply(layer, IMAGES), IMAGES)
    x = kerasfmt.Input(IMAGES.shape[1:])
    model = kerasfmt.Model(x, type(layer).from_config(model_config)(x))
    kerasfmt.save_model(model, tmp_path / "m.keras")
    np.testing.assert_array_equal(kerasfmt.load_model(tmp_path / "m.keras").predict(IMAGES), IMAGES)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer it \(.*does not have what it does in training yet"
    ):
        kerasfmt.save_model(model, tmp_path / "saved")
