"""`robust_masking`, an option that Softmax and MultiHeadAttention have in tf_keras 2.16 and later, against tf_keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("tf_keras", reason="Keras 2.15 does not have the option")

import kerasfmt  # noqa: E402
from conformance.case import HALF, Case, Input, Keras  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.structure import compare  # noqa: E402
from kerasfmt.errors import UnsupportedLayerError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def _scores(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0, 1, shape)


def _some(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0, 1, shape) > 0.45


def _large(size: float) -> Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]:
    """Logits so large that adding to them does not hide them."""
    return lambda rng, shape: rng.normal(size=shape) * size


def _mask(dtype: str, shape: tuple[int, ...]) -> Input:
    return Input(shape, dtype, draw=_some if dtype == "bool" else _scores)


def _tolerance(dtype: str) -> dict[str, Any]:
    return {"tolerance": 4e-3, "why": HALF} if "16" in dtype else {}


def softmax(name: str, mask_dtype: str, dtype: str, axis: Any = -1) -> Case:
    inputs = (Input((5, 4), draw=_large(1e4 if "16" in dtype else 1e9)), _mask(mask_dtype, (5, 4)))

    def build(keras: Keras) -> Any:
        x, mask = (given.tensor(keras, letter) for given, letter in zip(inputs, "xy", strict=True))
        layer = keras.layers.Softmax(axis, robust_masking=True, dtype=dtype, name="layer")
        return keras.Model([x, mask], layer(x, mask=mask))

    return Case(name, "Softmax", build, inputs=inputs, **_tolerance(dtype))


def attention(name: str, mask_dtype: str, dtype: str) -> Case:
    inputs = (Input((5, 4)), _mask(mask_dtype, (5, 5)))

    def build(keras: Keras) -> Any:
        x, mask = (given.tensor(keras, letter) for given, letter in zip(inputs, "xy", strict=True))
        layer = keras.layers.MultiHeadAttention(2, 3, softmax_robust_masking=True, dtype=dtype, name="layer")
        return keras.Model([x, mask], layer(x, value=x, attention_mask=mask))

    return Case(name, "MultiHeadAttention", build, inputs=inputs, **_tolerance(dtype))


CASES = [
    softmax("softmax", "bool", "float32"),
    softmax("softmax of floats", "float32", "float32"),
    softmax("softmax of two axes", "bool", "float32", [1, 2]),
    softmax("softmax of halves", "bool", "mixed_float16"),
    attention("attention", "bool", "float32"),
    attention("attention of floats", "float32", "float32"),
    attention("attention of halves", "bool", "mixed_float16"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_robust_masking(case: Case, tmp_path: Path) -> None:
    model = case.build(keras)
    given = case.sample(model)
    wanted = np.asarray(model(given))
    model.save(tmp_path / "theirs.h5")
    # Layers inside are numbered from where the session stands.
    keras.backend.clear_session()
    kerasfmt.clear_session()
    keras.models.load_model(tmp_path / "theirs.h5").save(tmp_path / "theirs")
    found = kerasfmt.load_model(tmp_path / "theirs.h5")
    for ours in (found, kerasfmt.from_keras(model)):
        assert_close("prediction", ours.predict(given), wanted, case.tolerance)
    kerasfmt.save_model(found, tmp_path / "ours")
    assert not [d for d in compare(tmp_path / "ours", tmp_path / "theirs") if not d.accepted]
    loaded = keras.models.load_model(tmp_path / "ours")
    assert_close("model loaded by Keras", loaded(given), wanted, case.tolerance)
    option = "robust_masking" if case.about == "Softmax" else "softmax_robust_masking"
    assert loaded.get_layer("layer").get_config()[option] is True
    y = tf.saved_model.load(str(tmp_path / "ours")).signatures["serving_default"](
        x=tf.constant(given[0]), y=tf.constant(given[1])
    )
    assert_close("signature", *y.values(), wanted, case.tolerance)

    with pytest.raises(UnsupportedLayerError, match=f"option {option}: Keras 3 takes only False, got True"):
        kerasfmt.save_model(found, tmp_path / "model.keras")
