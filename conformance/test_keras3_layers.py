"""Layers that only Keras 3 has, read by TensorFlow, Keras 2 and Keras 3."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.case import Case, batch_of  # noqa: E402
from conformance.cases.keras3_layers import CASES  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.installed import keras2  # noqa: E402

KERAS2: Any = keras2()
keras3 = importlib.import_module("keras")
pytestmark = pytest.mark.filterwarnings("ignore")
needs_keras3 = pytest.mark.skipif(
    not keras3.__version__.startswith("3."), reason="these layers are Keras 3's"
)


@needs_keras3
@pytest.mark.parametrize("case", CASES, ids=str)
def test_layers_of_keras_3(case: Case, tmp_path: Path) -> None:
    model = case.build(keras3)
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape).astype("float32") for w in model.get_weights()])
    x = batch_of(case.sample(model))
    before = model.get_weights()
    wanted = {
        mode: np.asarray(model(x, training=mode)) for mode in ((False,) if case.random else (False, True))
    }
    moved = model.get_weights()
    model.set_weights(before)

    def check(what: str, got: Any, training: bool = False) -> None:
        assert_close(what, got, wanted[training], case.tolerance)

    found = kerasfmt.from_keras(model)
    check("prediction", found.predict(x))
    kerasfmt.save_model(found, tmp_path / "saved")
    for loaded in (
        tf.saved_model.load(str(tmp_path / "saved")),
        KERAS2.models.load_model(tmp_path / "saved"),
    ):
        for mode in wanted:
            check(f"SavedModel, training={mode}", loaded(x, training=mode), mode)
        after = sorted(float(np.sum(v)) for v in loaded.variables)
        np.testing.assert_allclose(after, sorted(float(np.sum(v)) for v in moved), rtol=1e-3, atol=1e-5)

    kerasfmt.save_model(found, tmp_path / "model.keras")
    again = keras3.models.load_model(tmp_path / "model.keras")
    check("archive", again(x, training=False))
    assert type(again.layers[1]) is type(model.layers[1])
    formats = ["keras_h5"] if "sparsemax" in str(case) else ["h5", "keras_h5"]  # Keras 2 has no sparsemax
    for save_format in formats:
        kerasfmt.save_model(found, tmp_path / "model.h5", save_format=save_format)
        check(save_format, kerasfmt.load_model(tmp_path / "model.h5").predict(x))


@needs_keras3
@pytest.mark.parametrize("expand_dims", [False, True])
def test_spectrograms_with_channels_first(expand_dims: bool, tmp_path: Path) -> None:
    """Keras 3 does not compute them with TensorFlow on a processor; `test_spectrograms.py` has them on JAX."""
    inputs = kerasfmt.Input((2, 40))
    options: Any = {"frame_length": 12, "data_format": "channels_first", "expand_dims": expand_dims}
    model = kerasfmt.Model(inputs, kerasfmt.layers.STFTSpectrogram(**options)(inputs))
    kerasfmt.save_model(model, tmp_path / "saved")
    x = np.random.default_rng(1).normal(size=(3, 2, 40)).astype("float32")
    found = KERAS2.models.load_model(tmp_path / "saved")
    assert_close("SavedModel", found(x), model.predict(x), 1e-5)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(found(x))
    for gradient in tape.gradient(total, found.trainable_variables):
        assert float(tf.reduce_max(tf.abs(gradient))) > 0
