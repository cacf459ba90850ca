"""HDF5 files of kerasfmt equal the files of the installed Keras 2 part by part, and that Keras 2 loads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.case import Case, Keras, batch_of, registering
from conformance.cases import CASES
from conformance.hdf5_structure import differences
from conformance.installed import keras2
from conformance.live_models import MODELS, assert_same, keras2_optimizers, listed, stir

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.filterwarnings("ignore")


KERAS: Any = keras2()
if KERAS is None:
    pytest.skip("no Keras 2 is installed", allow_module_level=True)
LATER = ("keras_version", "optional", "rng_type", "softmax_robust_masking", "build_config")
"""What tf_keras writes since 2.15, or, for a layer in a layer, writes more often."""
SAME_VERSION = KERAS.__version__.startswith("2.15.")


WHOLE: list[Case] = [*MODELS]
whole = registering(WHOLE)


@whole()
def deep(keras: Keras) -> Any:
    """So many long names that neither they nor those of the optimizer fit one attribute."""
    entry = x = keras.Input((2,))
    for number in range(150):
        x = keras.layers.Dense(2, name=f"{'layer':x<500}{number}", activation="tanh")(x)
    model = keras.Model(entry, x)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@whole()
def models_in_models(keras: Keras) -> Any:
    """A functional model in a Sequential in a functional model: Keras describes the innermost in another way."""
    layers = keras.layers
    entry = keras.Input((6, 6, 2))
    x = layers.BatchNormalization()(layers.Conv2D(3, 3, trainable=False)(entry))
    inner = keras.Model(entry, layers.Add()([x, x]), name="inner")
    middle = keras.Sequential([layers.InputLayer((6, 6, 2)), inner, layers.Flatten()], name="middle")
    outer = keras.Input((6, 6, 2))
    return keras.Model(outer, layers.Dense(2)(middle(outer)), name="outer")


@whole()
def slashes(keras: Keras) -> Any:
    """A layer whose group lies in the group of another."""
    entry = keras.Input((4,))
    return keras.Model(
        entry, [keras.layers.Dense(2, name="a")(entry), keras.layers.Dense(3, name="a/b")(entry)]
    )


def _optimizers() -> dict[str, Any]:
    o = KERAS.optimizers
    return {
        **keras2_optimizers(KERAS),
        "adam": o.Adam(),
        "legacy_adam": o.legacy.Adam(),
    }


def _reset() -> None:
    KERAS.backend.clear_session()
    KERAS.utils.set_random_seed(3)


def _check(tmp_path: Path, model: Any) -> None:
    """Ours from the live model, and ours from Keras's file, are Keras's file."""
    model.save(tmp_path / "theirs.h5")
    kerasfmt.save_model(model, tmp_path / "live.h5")
    assert _differences(tmp_path / "live.h5", tmp_path / "theirs.h5") == []
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "theirs.h5"), tmp_path / "again.h5")
    expected = [d for d in _differences(tmp_path / "again.h5", tmp_path / "theirs.h5") if not _adapted(d)]
    assert expected == []


def _adapted(difference: str) -> bool:
    """`Normalization.adapt` makes weights without the layer's scope; Keras loads them into scoped ones, as we do."""
    return "mean:0" in difference or "'count:0'" in difference


def _differences(ours: Path, theirs: Path) -> list[str]:
    """The differences; other versions of Keras 2 state another version, and options that came later."""
    found = differences(ours, theirs)
    if SAME_VERSION:
        return found
    return [d for d in found if not any(name in d for name in LATER)]


@pytest.mark.sweep
@pytest.mark.parametrize("case", [c for c in CASES.values() if not c.slow], ids=lambda c: c.name)
def test_every_layer(tmp_path: Path, case: Case) -> None:
    _reset()
    _check(tmp_path, case.build(KERAS))


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_models(tmp_path: Path, case: Case) -> None:
    _reset()
    model = case.build(KERAS)
    stir(model)
    _check(tmp_path, model)
    given = batch_of(case.sample(model))
    loaded = KERAS.models.load_model(tmp_path / "again.h5")
    assert_same(listed(loaded.predict(given, verbose=0)), listed(model.predict(given, verbose=0)), case)


@pytest.mark.parametrize("name", _optimizers())
def test_optimizers(tmp_path: Path, name: str) -> None:
    _reset()
    entry = KERAS.Input((4,))
    first = KERAS.layers.Dense(3, name="a")(entry)
    model = KERAS.Model(entry, [first, KERAS.layers.Dense(2, name="b", activation="softmax")(first)])
    model.compile(
        _optimizers()[name],
        ["mse", KERAS.losses.CategoricalCrossentropy(label_smoothing=0.1)],
        metrics=[["mae"], ["accuracy", KERAS.metrics.AUC()]],
        loss_weights=[1.0, 2.0],
    )
    model.fit(np.ones((4, 4)), [np.zeros((4, 3)), np.ones((4, 2))], verbose=0)
    _check(tmp_path, model)
    KERAS.backend.clear_session()
    loaded = KERAS.models.load_model(tmp_path / "live.h5")
    theirs, ours = (_state(m.optimizer) for m in (model, loaded))
    assert len(theirs) == len(ours) > 1
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def _state(optimizer: Any) -> list[np.ndarray]:
    variables = optimizer.variables if isinstance(optimizer.variables, list) else optimizer.weights
    return [v.numpy() for v in variables]


def test_weights_only(tmp_path: Path) -> None:
    _reset()
    model = models_in_models(KERAS)
    stir(model)
    model.save_weights(tmp_path / "theirs.h5")
    kerasfmt.save_weights(model, tmp_path / "ours.h5")
    assert _differences(tmp_path / "ours.h5", tmp_path / "theirs.h5") == []
    expected = [w.numpy() for w in model.weights]
    other = kerasfmt.from_keras(models_in_models(KERAS))
    kerasfmt.load_weights(other, tmp_path / "theirs.h5")
    for weight, value in zip(other.weights, expected, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_without_optimizer(tmp_path: Path) -> None:
    _reset()
    model = MODELS[0].build(KERAS)
    model.save(tmp_path / "theirs.h5", include_optimizer=False)
    kerasfmt.save_model(model, tmp_path / "ours.h5", include_optimizer=False)
    assert _differences(tmp_path / "ours.h5", tmp_path / "theirs.h5") == []
