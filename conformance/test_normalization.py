"""What only Keras 3 normalizes with, read by TensorFlow, Keras 2 and Keras 3; and what Keras 2 itself cannot read."""

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
from kerasfmt.errors import UnsupportedLayerError  # noqa: E402

KERAS2: Any = keras2()
keras3 = importlib.import_module("keras")
pytestmark = pytest.mark.filterwarnings("ignore")
needs_keras3 = pytest.mark.skipif(
    not keras3.__version__.startswith("3."), reason="these layers are Keras 3's"
)

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
}


@needs_keras3
@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_keras_3(name: str, tmp_path: Path) -> None:
    given = keras3.Input((4, 3))
    model = keras3.Model(given, LAYERS[name]()(given))
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape).astype("float32") for w in model.get_weights()])
    x = rng.normal(size=(5, 4, 3)).astype("float32")
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


@pytest.mark.parametrize("axis", [-1, 1])
def test_virtual_batches_are_refused_as_keras_2_cannot_read_them(axis: int, tmp_path: Path) -> None:
    given = KERAS2.Input((4, 3))
    model = KERAS2.Model(
        given, KERAS2.layers.BatchNormalization(axis, virtual_batch_size=2, name="norm")(given)
    )
    model.save(tmp_path / "model.h5")
    model.save(tmp_path / "saved")
    for path in (tmp_path / "model.h5", tmp_path / "saved"):
        with pytest.raises(ValueError, match=r"axis|hape"):
            KERAS2.models.load_model(path)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer norm .*option virtual_batch_size: expected None, got 2"
    ):
        kerasfmt.load_model(tmp_path / "model.h5")
    with pytest.raises(UnsupportedLayerError, match="option virtual_batch_size"):
        kerasfmt.from_keras(model)
