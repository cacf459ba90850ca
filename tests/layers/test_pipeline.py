from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import Dense, Dropout, Pipeline, RandomFlip, Rescaling
from tests.layers.one_layer import apply, model_of

X = np.array([[1, 2, 3]], np.float32)


def test_each_layer_gets_what_the_one_before_gives() -> None:
    np.testing.assert_array_equal(apply(Pipeline([Rescaling(2.0, 1.0), Rescaling(3.0)]), X), [[9, 15, 21]])
    np.testing.assert_array_equal(apply(Pipeline([]), X), X)
    dropped = apply(Pipeline([Dropout(0.5, seed=1)]), np.ones((1, 99), np.float32), training=True)
    assert set(np.unique(dropped)) == {0, 2}


def test_weights_belong_to_it() -> None:
    layer = Pipeline([Rescaling(2.0), Dense(4, name="d")], name="p")
    model_of(layer, X)
    assert [(w.name, w.shape) for w in layer.weights] == [("p/d/kernel", (3, 4)), ("p/d/bias", (4,))]


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_it_is_saved_and_loaded(tmp_path: Path, name: str) -> None:
    model = model_of(Pipeline([Rescaling(2.0), Dense(4), RandomFlip()][:2]), X)
    kerasfmt.save_model(model, tmp_path / name)
    again = kerasfmt.load_model(tmp_path / name)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.layers[-1].get_config() == model.layers[-1].get_config()


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match=r"option layers: expected a list of layers, got \[3\]"):
        Pipeline([3])  # type: ignore[list-item]
    with pytest.raises(UnsupportedLayerError, match=r"Pipeline\): Keras 2 has no such layer"):
        kerasfmt.save_model(model_of(Pipeline([]), X), tmp_path / "m.keras", save_format="tf_keras")
    frozen = Pipeline([Rescaling(2.0)], trainable=False)
    with pytest.raises(UnsupportedLayerError, match=r"option trainable: Keras 3 takes only True, got False"):
        kerasfmt.save_model(model_of(frozen, X), tmp_path / "m.keras")
