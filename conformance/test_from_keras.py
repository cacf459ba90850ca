"""Live models of every installed Keras, saved without TensorFlow, predict the same wherever they are loaded.

Runs with the Python of any environment: TensorFlow with Keras 2, tf_keras, Keras 3 on any backend. The matrix of
`python -m conformance formats` covers saving in one environment and loading in another.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.case import Case, Keras, batch_of
from conformance.closeness import assert_close
from conformance.installed import kerases
from conformance.live_models import MODELS, assert_same, listed, stir

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

KERAS3_REFUSES = {
    "2": {
        "cnn": r"DepthwiseConv2D: \{'groups': 1\}",
        "mixed": "has no attribute 'quantization_mode'",
        "nested_shared": "nodes failed to be resolved",
        "recurrent": "'time_major': False",
        "text": "unexpected keyword argument 'trainable'",
    },
    "3": {
        "nested_shared": "nodes failed to be resolved",
        "text": "Unrecognized keyword arguments passed to MultiHeadAttention",
    },
}
"""What Keras 3.15 says to HDF5 in the dialect of Keras 2, by the Keras whose model it is: of TensorFlow's own files
of these models it says the same."""

pytestmark = pytest.mark.filterwarnings("ignore")


KERASES = kerases()


def _named(keras: Keras) -> str:
    backend = keras.backend.backend()
    return f"{keras.__name__}-{keras.__version__}-{backend}"


def _model(keras: Keras, case: Case) -> tuple[Any, list[np.ndarray], list[np.ndarray]]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model = case.build(keras)
    stir(model)
    x = case.sample(model)
    return model, x, listed(model.predict(batch_of(x), verbose=0))


@dataclass(frozen=True)
class Saved:
    """A live model that was saved.

    Attributes:
      where: holds `saved_model`, `model.h5`, `only_weights.h5`.
      keras: the first number of its Keras's version.
      x: a batch for each input.
      y: what the live model makes of them.
      found: what it is to kerasfmt.
    """

    where: Path
    keras: str
    x: list[np.ndarray]
    y: list[np.ndarray]
    found: kerasfmt.Model

    @property
    def batch(self) -> Any:
        """The inputs as `predict` takes them."""
        return batch_of(self.x)


@pytest.fixture(scope="module")
def save(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Keras, Case], Saved]:
    """Builds a model with a Keras and saves it, once."""

    @functools.cache
    def saved(keras: Keras, case: Case) -> Saved:
        model, x, y = _model(keras, case)
        where = tmp_path_factory.mktemp(case.name)
        kerasfmt.save_model(model, where / "saved_model")
        kerasfmt.save_model(model, where / "model.h5")
        kerasfmt.save_weights(model, where / "only_weights.h5")
        return Saved(where, keras.__version__[0], x, y, kerasfmt.from_keras(model))

    return saved


of_live_models = pytest.mark.parametrize("model", MODELS, ids=str)
by_each_keras = pytest.mark.parametrize("writer", KERASES, ids=_named)


@by_each_keras
@of_live_models
def test_a_live_model(save: Any, writer: Keras, model: Case) -> None:
    saved = save(writer, model)
    assert_same(listed(saved.found.predict(saved.batch)), saved.y, model)
    again = kerasfmt.load_model(saved.where / "model.h5")
    assert_same(listed(again.predict(saved.batch)), saved.y, model)
    for ours, live in zip(again.weights, saved.found.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), live.numpy())


@pytest.mark.skipif(not TENSORFLOW, reason="a SavedModel is loaded by TensorFlow")
@by_each_keras
@of_live_models
def test_tensorflow_loads_the_saved_model(save: Any, writer: Keras, model: Case) -> None:
    import tensorflow as tf

    saved = save(writer, model)
    signature = tf.saved_model.load(str(saved.where / "saved_model")).signatures["serving_default"]
    inputs = [tensor.origin.layer.name for tensor in saved.found.inputs]
    got = signature(**{name: tf.constant(a) for name, a in zip(inputs, saved.x, strict=True)})
    assert_same([got[name].numpy() for name in saved.found.output_names], saved.y, model)


@pytest.mark.parametrize("keras", KERASES, ids=_named)
@by_each_keras
@of_live_models
def test_keras_loads_the_hdf5_file(save: Any, keras: Keras, writer: Keras, model: Case) -> None:
    saved, name = save(writer, model), model.name
    keras.backend.clear_session()
    refused = KERAS3_REFUSES[saved.keras].get(name)
    if keras.__version__.startswith("3.") and refused:
        with pytest.raises(Exception, match=refused):
            keras.models.load_model(saved.where / "model.h5")
        return
    loaded = keras.models.load_model(saved.where / "model.h5")
    assert_same(listed(loaded.predict(saved.batch, verbose=0)), saved.y, model)
    compiled = name in ("mlp", "cnn", "nested_shared")
    assert bool(getattr(loaded, "optimizer", None)) == compiled
    if compiled and name != "nested_shared":
        assert int(np.asarray(loaded.optimizer.iterations)) == 1
    for layer in loaded.layers:
        layer.set_weights([np.zeros_like(v) for v in layer.get_weights()])
    loaded.load_weights(saved.where / "only_weights.h5")
    assert_same(listed(loaded.predict(saved.batch, verbose=0)), saved.y, model)


@pytest.mark.parametrize("keras", KERASES, ids=_named)
def test_models_that_are_code_are_traced(keras: Keras) -> None:
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
    x = np.array([[1, -2, 3]], np.float32)
    wrapped = Wrapped()
    wrapped(np.zeros((1, 3), "float32"))
    own_activation = keras.layers.Dense(2, activation=lambda y: y * 3.0)(entry)
    for live in (keras.Model(entry, Scale()(entry)), wrapped, keras.Model(entry, own_activation)):
        expected = live.predict(x, verbose=0)
        np.testing.assert_allclose(kerasfmt.from_keras(live).predict(x), expected, rtol=1e-5)


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
    assert_close("output", found.predict(x), model.predict(x, verbose=0), 1e-5)
