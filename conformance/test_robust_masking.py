"""`robust_masking`, an option that Softmax and MultiHeadAttention have in tf_keras 2.16 and later, against tf_keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("tf_keras", reason="Keras 2.15 does not have the option")

import kerasfmt  # noqa: E402
from conformance.structure import compare  # noqa: E402
from kerasfmt.errors import UnsupportedLayerError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def softmax(mask_dtype: str, dtype: str, axis: Any = -1) -> tuple[Any, list[np.ndarray]]:
    x, mask = keras.Input((5, 4), name="x"), keras.Input((5, 4), dtype=mask_dtype, name="y")
    layer = keras.layers.Softmax(axis, robust_masking=True, dtype=dtype, name="layer")
    rng = np.random.default_rng(3)
    given = rng.uniform(0, 1, (3, 5, 4))
    kept = given > 0.4 if mask_dtype == "bool" else given
    # Logits so large that adding to them does not hide them.
    logits = rng.normal(size=(3, 5, 4)) * (1e4 if "16" in dtype else 1e9)
    return keras.Model([x, mask], layer(x, mask=mask)), [logits.astype("float32"), kept.astype(mask_dtype)]


def attention(mask_dtype: str, dtype: str) -> tuple[Any, list[np.ndarray]]:
    x, mask = keras.Input((5, 4), name="x"), keras.Input((5, 5), dtype=mask_dtype, name="y")
    layer = keras.layers.MultiHeadAttention(2, 3, softmax_robust_masking=True, dtype=dtype, name="layer")
    rng = np.random.default_rng(4)
    kept = rng.uniform(0, 1, (3, 5, 5))
    kept = kept > 0.5 if mask_dtype == "bool" else kept
    model = keras.Model([x, mask], layer(x, value=x, attention_mask=mask))
    return model, [rng.normal(size=(3, 5, 4)).astype("float32"), kept.astype(mask_dtype)]


CASES = {
    "softmax": lambda: softmax("bool", "float32"),
    "softmax of floats": lambda: softmax("float32", "float32"),
    "softmax of two axes": lambda: softmax("bool", "float32", [1, 2]),
    "softmax of halves": lambda: softmax("bool", "mixed_float16"),
    "attention": lambda: attention("bool", "float32"),
    "attention of floats": lambda: attention("float32", "float32"),
    "attention of halves": lambda: attention("bool", "mixed_float16"),
}


@pytest.mark.parametrize("name", CASES)
def test_robust_masking(name: str, tmp_path: Path) -> None:
    model, given = CASES[name]()
    wanted = np.asarray(model(given))
    model.save(tmp_path / "theirs.h5")
    # Layers inside are numbered from where the session stands.
    keras.backend.clear_session()
    kerasfmt.clear_session()
    keras.models.load_model(tmp_path / "theirs.h5").save(tmp_path / "theirs")
    found = kerasfmt.load_model(tmp_path / "theirs.h5")
    close = {"rtol": 4e-3, "atol": 4e-3} if "halves" in name else {"rtol": 1e-5, "atol": 1e-6}
    for ours in (found, kerasfmt.from_keras(model)):
        np.testing.assert_allclose(ours.predict(given), wanted, **close)
    kerasfmt.save_model(found, tmp_path / "ours")
    assert not [d for d in compare(tmp_path / "ours", tmp_path / "theirs") if not d.accepted]
    loaded = keras.models.load_model(tmp_path / "ours")
    np.testing.assert_allclose(np.asarray(loaded(given)), wanted, **close)
    option = "robust_masking" if "softmax" in name else "softmax_robust_masking"
    assert loaded.get_layer("layer").get_config()[option] is True
    y = tf.saved_model.load(str(tmp_path / "ours")).signatures["serving_default"](
        x=tf.constant(given[0]), y=tf.constant(given[1])
    )
    np.testing.assert_allclose(np.asarray(*y.values()), wanted, **close)

    with pytest.raises(UnsupportedLayerError, match=f"option {option}: Keras 3 takes only False, got True"):
        kerasfmt.save_model(found, tmp_path / "model.keras")
