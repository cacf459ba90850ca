"""Live models of every installed Keras, saved without TensorFlow, predict the same wherever they are loaded.

Runs with the Python of any environment: TensorFlow with Keras 2, tf_keras, Keras 3 on any backend. Each run saves
its models below the work directory of conformance, and loads what the runs in other environments have left there:

    <jax>/bin/python -m pytest conformance/test_from_keras.py      saves SavedModels and HDF5 files
    <tf215>/bin/python -m pytest conformance/test_from_keras.py    saves its own, and loads all
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.artefacts import WORK
from conformance.installed import kerases
from conformance.live_models import MODELS, assert_same, listed, sample, stir

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Keras = Any
LIVE = WORK / "live"
TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

KERAS3_REFUSES = {
    "cnn": r"DepthwiseConv2D: \{'groups': 1\}",
    "mixed": "has no attribute 'quantization_mode'",
    "nested_shared": "nodes failed to be resolved",
    "text": "unexpected keyword argument 'trainable'",
}
"""What Keras 3.15 says to the dialect of Keras 2: of TensorFlow's own files of these models it says the same."""

pytestmark = pytest.mark.filterwarnings("ignore")


KERASES = kerases()


def _named(keras: Keras) -> str:
    backend = keras.backend.backend()
    return f"{keras.__name__}-{keras.__version__}-{backend}"


def _model(keras: Keras, build: Callable[[Keras], Any]) -> tuple[Any, list[np.ndarray], list[np.ndarray]]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model = build(keras)
    stir(model)
    x = sample(model)
    return model, x, listed(model.predict(x if len(x) > 1 else x[0], verbose=0))


@pytest.mark.parametrize("keras", KERASES, ids=_named)
@pytest.mark.parametrize("build", MODELS)
def test_a_live_model(keras: Keras, build: Callable[[Keras], Any]) -> None:
    model, x, expected = _model(keras, build)
    where = LIVE / _named(keras) / build.__name__
    where.mkdir(parents=True, exist_ok=True)
    found = kerasfmt.from_keras(model)
    assert_same(listed(found.predict(x if len(x) > 1 else x[0])), expected, build.__name__)
    kerasfmt.save_model(model, where / "saved_model")
    kerasfmt.save_model(model, where / "model.h5")
    kerasfmt.save_weights(model, where / "only_weights.h5")
    arrays = {f"x{i}": a for i, a in enumerate(x)} | {f"y{i}": a for i, a in enumerate(expected)}
    np.savez(
        where / "expected.npz",
        names=np.array(found.output_names),
        inputs=np.array(_input_names(found)),
        **arrays,
    )
    again = kerasfmt.load_model(where / "model.h5")
    assert_same(listed(again.predict(x if len(x) > 1 else x[0])), expected, build.__name__)
    for ours, live in zip(again.weights, found.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), live.numpy())


def _input_names(model: kerasfmt.Model) -> list[str]:
    return [tensor.origin.layer.name for tensor in model.inputs]


def _saved() -> list[Path]:
    return sorted(path.parent for path in LIVE.glob("*/*/expected.npz"))


def _expected(where: Path) -> tuple[list[np.ndarray], list[np.ndarray], list[str], list[str]]:
    with np.load(where / "expected.npz") as arrays:
        count = {key: sum(name[0] == key and name[1:].isdigit() for name in arrays) for key in "xy"}
        x, y = ([arrays[f"{key}{i}"] for i in range(count[key])] for key in "xy")
        return x, y, [str(n) for n in arrays["inputs"]], [str(n) for n in arrays["names"]]


def _ids(where: Path) -> str:
    return f"{where.parent.name}-{where.name}"


@pytest.mark.skipif(not TENSORFLOW, reason="a SavedModel is loaded by TensorFlow")
@pytest.mark.parametrize("where", _saved(), ids=_ids)
def test_tensorflow_loads_the_saved_model(where: Path) -> None:
    import tensorflow as tf

    x, y, inputs, outputs = _expected(where)
    signature = tf.saved_model.load(str(where / "saved_model")).signatures["serving_default"]
    got = signature(**{name: tf.constant(a) for name, a in zip(inputs, x, strict=True)})
    assert_same([got[name].numpy() for name in outputs], y, where.name)


@pytest.mark.parametrize("keras", KERASES, ids=_named)
@pytest.mark.parametrize("where", _saved(), ids=_ids)
def test_keras_loads_the_hdf5_file(keras: Keras, where: Path) -> None:
    keras.backend.clear_session()
    x, y, _, _ = _expected(where)
    if keras.__version__.startswith("3.") and where.name in KERAS3_REFUSES:
        with pytest.raises(Exception, match=KERAS3_REFUSES[where.name]):
            keras.models.load_model(where / "model.h5")
        return
    model = keras.models.load_model(where / "model.h5")
    assert_same(listed(model.predict(x if len(x) > 1 else x[0], verbose=0)), y, where.name)
    compiled = where.name in ("mlp", "cnn", "nested_shared")
    assert bool(getattr(model, "optimizer", None)) == compiled
    if compiled and where.name != "nested_shared":
        assert int(np.asarray(model.optimizer.iterations)) == 1
    for layer in model.layers:
        layer.set_weights([np.zeros_like(v) for v in layer.get_weights()])
    model.load_weights(where / "only_weights.h5")
    assert_same(listed(model.predict(x if len(x) > 1 else x[0], verbose=0)), y, where.name)


@pytest.mark.parametrize("keras", KERASES, ids=_named)
def test_models_that_are_code_are_refused(keras: Keras) -> None:
    class Scale(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs * 2.0

    class Wrapped(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    entry = keras.Input((3,))
    with pytest.raises(
        kerasfmt.errors.UnsupportedLayerError, match=r"Scale\): a custom layer is Python code"
    ):
        kerasfmt.from_keras(keras.Model(entry, Scale()(entry)))
    wrapped = Wrapped()
    wrapped(np.zeros((1, 3), "float32"))
    with pytest.raises(kerasfmt.errors.UnsupportedLayerError, match="a subclassed model is Python code"):
        kerasfmt.from_keras(wrapped)
    with pytest.raises(kerasfmt.errors.UnsupportedLayerError, match="option activation: the function"):
        kerasfmt.from_keras(keras.Model(entry, keras.layers.Dense(2, activation=lambda x: x)(entry)))


@pytest.mark.parametrize("keras", KERASES, ids=_named)
def test_subclasses_without_code_of_their_own(keras: Keras) -> None:
    class Trainer(keras.Model):  # type: ignore[misc]
        def train_step(self, *arguments: Any) -> Any:
            return {}

    class Wide(keras.layers.Dense):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(7, **options)

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name}

    entry = keras.Input((3,))
    model = Trainer(entry, Wide()(entry))
    x = np.ones((2, 3), "float32")
    found = kerasfmt.from_keras(model)
    assert_same(listed(found.predict(x)), listed(model.predict(x, verbose=0)), "subclass")
