"""Layers that only Keras 3 has, read by TensorFlow, Keras 2 and Keras 3."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.installed import keras2  # noqa: E402

KERAS2: Any = keras2()
keras3 = importlib.import_module("keras")
pytestmark = pytest.mark.filterwarnings("ignore")
needs_keras3 = pytest.mark.skipif(
    not keras3.__version__.startswith("3."), reason="these layers are Keras 3's"
)

SHAPES = {1: (4, 3), 2: (7, 5, 3), 3: (4, 3, 5, 2)}
"""Number of spatial axes -> shape of the input."""

LAYERS: dict[str, Callable[[], Any]] = {
    "rms": lambda: keras3.layers.RMSNormalization(),
    "rms axes": lambda: keras3.layers.RMSNormalization(axis=[1, 2], epsilon=0.1),
    "rms half": lambda: keras3.layers.RMSNormalization(dtype="mixed_float16"),
    "scaling": lambda: keras3.layers.LayerNormalization(rms_scaling=True, gamma_regularizer="l2"),
    "scaling without scale": lambda: keras3.layers.LayerNormalization(
        axis=[2, 1], rms_scaling=True, scale=False
    ),
    "renorm": lambda: keras3.layers.BatchNormalization(renorm=True, renorm_momentum=0.7),
    "renorm bounds": lambda: keras3.layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}
    ),
    "synchronized": lambda: keras3.layers.BatchNormalization(synchronized=True),
    "average 1": lambda: keras3.layers.AdaptiveAveragePooling1D(3),
    "average 2": lambda: keras3.layers.AdaptiveAveragePooling2D((3, 5)),
    "average 2 first": lambda: keras3.layers.AdaptiveAveragePooling2D((2, 4), data_format="channels_first"),
    "average 3": lambda: keras3.layers.AdaptiveAveragePooling3D((3, 2, 2)),
    "max 1": lambda: keras3.layers.AdaptiveMaxPooling1D(2),
    "max 2": lambda: keras3.layers.AdaptiveMaxPooling2D((4, 1)),
    "max 3": lambda: keras3.layers.AdaptiveMaxPooling3D(2),
}


@needs_keras3
@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_keras_3(name: str, tmp_path: Path) -> None:
    spatial = next((n for n in (2, 3) if f" {n}" in name), 1)
    given = keras3.Input(SHAPES[spatial])
    model = keras3.Model(given, LAYERS[name]()(given))
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape).astype("float32") for w in model.get_weights()])
    x = rng.normal(size=(5, *SHAPES[spatial])).astype("float32")
    before = model.get_weights()
    wanted = {mode: np.asarray(model(x, training=mode)) for mode in (False, True)}
    moved = model.get_weights()
    model.set_weights(before)
    close = {"rtol": 4e-3, "atol": 4e-3} if "half" in name else {"rtol": 1e-4, "atol": 1e-5}

    found = kerasfmt.from_keras(model)
    np.testing.assert_allclose(found.predict(x), wanted[False], **close)
    kerasfmt.save_model(found, tmp_path / "saved")
    for loaded in (
        tf.saved_model.load(str(tmp_path / "saved")),
        KERAS2.models.load_model(tmp_path / "saved"),
    ):
        for mode, y in wanted.items():
            np.testing.assert_allclose(loaded(x, training=mode), y, **close)
        after = sorted(float(np.sum(v)) for v in loaded.variables)
        np.testing.assert_allclose(after, sorted(float(np.sum(v)) for v in moved), rtol=1e-3, atol=1e-5)

    kerasfmt.save_model(found, tmp_path / "model.keras")
    again = keras3.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(x, training=False), wanted[False], **close)
    assert type(again.layers[1]) is type(model.layers[1])
    kerasfmt.save_model(found, tmp_path / "model.h5")
    np.testing.assert_allclose(kerasfmt.load_model(tmp_path / "model.h5").predict(x), wanted[False], **close)
