"""Modes that calls state: what each dialect keeps, warns of and refuses."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from tests.formats.keras_archive.build import members

X = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
KERAS2 = {"m.h5": "h5", "m.keras": "tf_keras", "m": "tf"}


def called(layer: Layer, shape: tuple[int, ...] = (6, 5), **kwargs: Any) -> kerasfmt.Model:
    x = kerasfmt.Input(shape, name="x")
    return kerasfmt.Model(x, layer(x, **kwargs), name="m")


def base(frozen: bool, dropped: float = 0.0) -> kerasfmt.Model:
    x = kerasfmt.Input((6, 5))
    y = layers.Dropout(dropped)(layers.BatchNormalization(trainable=not frozen)(x))
    return kerasfmt.Model(x, layers.LSTM(2)(y), name="base")


SENSITIVE: dict[str, Callable[[], Layer]] = {
    "norm": layers.BatchNormalization,
    "drop": lambda: layers.Dropout(0.5),
    "each": lambda: layers.TimeDistributed(layers.BatchNormalization()),
    "recurrent": lambda: layers.GRU(2, recurrent_dropout=0.5),
    "both": lambda: layers.Bidirectional(layers.LSTM(2, dropout=0.5)),
    "thawed": lambda: base(frozen=False),
    "drops": lambda: base(frozen=True, dropped=0.3),
}

SAME: dict[str, Callable[[], Layer]] = {
    "frozen": lambda: layers.BatchNormalization(trainable=False),
    "drop": lambda: layers.Dropout(0.0),
    "recurrent": lambda: layers.LSTM(2),
    "both": lambda: layers.Bidirectional(layers.GRU(2)),
    "base": lambda: base(frozen=True),
}


@pytest.mark.parametrize("name", SENSITIVE)
@pytest.mark.parametrize("mode", [True, False])
def test_keras3_has_no_word_for_a_mode_that_holds(name: str, mode: bool, tmp_path: Path) -> None:
    model = called(SENSITIVE[name](), training=mode)
    text = "predict overrides" if mode else "overrides when the model is trained; freeze"
    with pytest.raises(UnsupportedLayerError, match=rf"called with training={mode}.*{text}"):
        kerasfmt.save_model(model, tmp_path / "m.keras")


def test_a_mode_inside_of_a_layer_is_refused_too(tmp_path: Path) -> None:
    inner = called(layers.BatchNormalization(name="inside"), (5,), training=True)
    for model in (called(layers.TimeDistributed(inner)), kerasfmt.Sequential([kerasfmt.Input((5,)), inner])):
        with pytest.raises(UnsupportedLayerError, match="layer inside"):
            kerasfmt.save_model(model, tmp_path / "m.keras")


def test_a_model_that_only_predicts_may_lose_that_a_call_never_trains(tmp_path: Path) -> None:
    model = called(layers.BatchNormalization(name="norm"), training=False)
    with pytest.warns(UserWarning, match=r"layer norm .*overrides when the model is trained"):
        kerasfmt.save_model(model, tmp_path / "m.keras", include_optimizer=False)
    np.testing.assert_array_equal(kerasfmt.load_model(tmp_path / "m.keras").predict(X), model.predict(X))
    stuck = called(layers.BatchNormalization(), training=True)
    with pytest.raises(UnsupportedLayerError, match="training=True"):
        kerasfmt.save_model(stuck, tmp_path / "m.keras", include_optimizer=False)


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("mode", [True, False])
def test_a_mode_that_changes_nothing_is_written(name: str, mode: bool, tmp_path: Path) -> None:
    model = called(SAME[name](), training=mode)
    kerasfmt.save_model(model, tmp_path / "m.keras")
    (call,) = config_of(tmp_path / "m.keras")["config"]["layers"][-1]["inbound_nodes"]
    assert call["kwargs"]["training"] is mode
    np.testing.assert_array_equal(kerasfmt.load_model(tmp_path / "m.keras").predict(X), model.predict(X))


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("name", SENSITIVE)
@pytest.mark.parametrize("file", KERAS2)
def test_keras2_keeps_modes(file: str, name: str, mode: bool, tmp_path: Path) -> None:
    model = called(SENSITIVE[name](), training=mode)
    kerasfmt.save_model(model, tmp_path / file, save_format=KERAS2[file])
    again = kerasfmt.load_model(tmp_path / file)
    assert again.get_config() == model.get_config()
    for training in (True, False):
        functions = [m.default_trace(training).function for m in (model, again)]
        assert len({str(function).partition("(")[2] for function in functions}) == 1


def config_of(path: Path) -> Any:
    return json.loads(members(path)["config.json"])


def of_keras3(path: Path, mode: bool | None) -> kerasfmt.Model:
    """A model of Keras 3 whose Dropout has a mode by default."""
    written = called(layers.Dropout(0.5, name="drop"))
    written.layers[-1].calls[0].default_training = mode
    kerasfmt.save_model(written, path)
    return kerasfmt.load_model(path)


@pytest.mark.parametrize("mode", [True, False])
def test_a_default_mode_of_keras3_stays_in_archives(mode: bool, tmp_path: Path) -> None:
    model = of_keras3(tmp_path / "a.keras", mode)
    kerasfmt.save_model(model, tmp_path / "b.keras")
    assert config_of(tmp_path / "b.keras") == config_of(tmp_path / "a.keras")
    (call,) = config_of(tmp_path / "b.keras")["config"]["layers"][-1]["inbound_nodes"]
    assert call["kwargs"] == {"training": mode}
    np.testing.assert_array_equal(model.predict(X), X)


@pytest.mark.parametrize("file", KERAS2)
def test_keras2_has_no_word_for_a_default_mode(file: str, tmp_path: Path) -> None:
    model = of_keras3(tmp_path / "a.keras", mode=True)
    with pytest.warns(UserWarning, match="training=True is left out of the calls of drop"):
        kerasfmt.save_model(model, tmp_path / file, save_format=KERAS2[file])
    for mode in (False, None):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = of_keras3(tmp_path / f"{mode}.keras", mode)
            kerasfmt.save_model(model, tmp_path / file, save_format=KERAS2[file])
