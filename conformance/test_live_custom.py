"""Live models with code of their own, saved by kerasfmt: with Keras 3 by `keras.ops`, with Keras 2 by its TensorFlow.

What is saved loads without the classes: in kerasfmt, in Keras 2, and with `tf.saved_model.load`. Runs with the Python
of any environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.custom_models import CUSTOM
from conformance.installed import is_keras3, keras2, kerases
from conformance.revived_models import CASES, Revived
from kerasfmt.ir.structure import flatten

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

KERAS2 = keras2()
KERAS3: Any = next(filter(is_keras3, kerases()), None)
pytestmark = pytest.mark.filterwarnings("ignore")
of_keras3 = pytest.mark.skipif(KERAS3 is None, reason="needs Keras 3")
of_keras2 = pytest.mark.skipif(KERAS2 is None, reason="needs Keras 2")


def _outputs(model: Any, inputs: Any) -> list[Any]:
    return [np.asarray(leaf) for leaf in flatten(model.predict(inputs, verbose=0))]


def _compare(what: str, got: list[Any], expected: list[Any], tolerance: float) -> None:
    assert len(got) == len(expected), what
    for one, other in zip(got, expected, strict=True):
        assert_close(what, one, other, tolerance)


@of_keras3
@pytest.mark.parametrize("name", CUSTOM)
def test_keras3(name: str, tmp_path: Path) -> None:
    case = CUSTOM[name]
    KERAS3.backend.clear_session()
    KERAS3.utils.set_random_seed(7)
    model = case.build(KERAS3)
    expected = [np.asarray(KERAS3.ops.convert_to_numpy(y)) for y in KERAS3.tree.flatten(model(case.inputs))]
    found = kerasfmt.from_keras(model)
    _compare("in NumPy", _outputs(found, case.inputs), expected, case.tolerance)
    kerasfmt.save_model(model, tmp_path / "m")
    loaded = kerasfmt.load_model(tmp_path / "m")
    _compare("loaded", _outputs(loaded, case.inputs), expected, case.tolerance)
    assert sorted(w.name for w in loaded.weights) == sorted(w.name for w in found.weights)
    if KERAS2 is not None:
        _load_in_tensorflow(tmp_path / "m", case.inputs, expected, case.tolerance)


def _load_in_tensorflow(path: Path, inputs: Any, expected: list[Any], tolerance: float) -> None:
    import tensorflow as tf

    keras: Any = KERAS2
    model = keras.models.load_model(path)
    _compare("Keras 2", _outputs(model, inputs), expected, max(tolerance, 1e-4))
    model.compile("sgd", "mse")
    model.fit(inputs, tf.nest.map_structure(np.asarray, model.predict(inputs, verbose=0)), verbose=0)
    restored = tf.saved_model.load(str(path))
    given = tf.nest.map_structure(tf.constant, inputs)
    try:
        called = restored(given)
    except ValueError:  # traced for either mode, as a model of Keras 2 with such layers is
        called = restored(given, training=False)
    results = tf.nest.flatten(called)
    _compare("tf.saved_model.load", [y.numpy() for y in results], expected, max(tolerance, 1e-4))


def _live(case: Revived) -> Any:
    import tensorflow as tf

    keras: Any = KERAS2
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    model = case.build(tf, keras)
    if case.labels is not None:
        model.fit(case.inputs, case.labels, verbose=0)
    return model


@of_keras2
@pytest.mark.parametrize("name", CASES)
def test_keras2(name: str, tmp_path: Path) -> None:
    case, keras = CASES[name], KERAS2
    assert keras is not None
    model = _live(case)
    kerasfmt.save_model(model, tmp_path / "ours")
    model.save(tmp_path / "theirs", save_format="tf")
    expected = _outputs(model, case.inputs)
    _compare("kerasfmt", _outputs(kerasfmt.load_model(tmp_path / "ours"), case.inputs), expected, 1e-5)
    if not case.keras_loads:
        return
    ours, theirs = (keras.models.load_model(tmp_path / part) for part in ("ours", "theirs"))
    _compare("Keras", _outputs(ours, case.inputs), expected, 1e-5)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert [w.name for w in ours.trainable_weights] == [w.name for w in theirs.trainable_weights]
    assert len(ours.losses) == len(theirs.losses)
    assert [type(each).__name__ for each in ours.layers] == [type(each).__name__ for each in theirs.layers]
    assert [m.name for m in ours.metrics] == [m.name for m in theirs.metrics]
    if case.labels is not None:
        for each in (ours, theirs):
            each.fit(case.inputs, case.labels, verbose=0, shuffle=False)
        for got, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
