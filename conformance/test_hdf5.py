"""HDF5 models that every installed Keras writes are loaded by kerasfmt and predict the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.installed import kerases
from kerasfmt import load_model

Keras = Any


KERASES = kerases()


def mlp(keras: Keras) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.InputLayer((5,)),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "mse")
    model.fit(np.zeros((8, 5)), np.zeros((8, 3)), verbose=0)
    return model


def deep(keras: Keras) -> Any:
    """So many layers that their names do not fit one attribute."""
    inputs = x = keras.Input((2,))
    for number in range(70):
        x = keras.layers.Dense(2, name=f"{'layer':x<1000}{number}", activation="tanh")(x)
    return keras.Model(inputs, x)


def nested(keras: Keras) -> Any:
    """A frozen layer inside of a model inside of a model."""
    layers = keras.layers
    inner_input = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, trainable=False)(inner_input)
    x = layers.BatchNormalization()(x)
    inner = keras.Model(inner_input, layers.Conv2D(2, 3)(x), name="inner")
    middle = keras.Sequential(
        [layers.InputLayer((6, 6, 2)), inner, layers.GlobalAveragePooling2D()], name="middle"
    )
    outer_input = keras.Input((6, 6, 2))
    return keras.Model(outer_input, layers.Dense(2)(middle(outer_input)), name="outer")


def frozen_nested(keras: Keras) -> Any:
    model = nested(keras)
    model.get_layer("middle").trainable = False
    return model


def shared(keras: Keras) -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    dense = keras.layers.Dense(3)
    joined = keras.layers.Concatenate()([dense(left), dense(right)])
    return keras.Model([left, right], [keras.layers.Dense(1)(joined), joined])


def odd_names(keras: Keras) -> Any:
    inputs = x = keras.Input((3,), name="the_input")
    for name in ("with.dot", "with-dash", "UPPER_9"):
        x = keras.layers.Dense(3, name=name)(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("keras", KERASES, ids=lambda keras: f"{keras.__name__}-{keras.__version__}")
@pytest.mark.parametrize("build", [mlp, deep, nested, frozen_nested, shared, odd_names])
@pytest.mark.filterwarnings("ignore")
def test_predicts_the_same(tmp_path: Path, keras: Keras, build: Callable[[Keras], Any]) -> None:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    model = build(keras)
    rng = np.random.default_rng(5)
    for layer in model.layers:  # no weight is at its initial 0 or 1, so that none can be mistaken for another
        layer.set_weights([rng.uniform(0.1, 1, w.shape).astype(w.dtype) for w in layer.get_weights()])
    model.save(tmp_path / "m.h5")
    inputs = [rng.normal(size=(3, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    x = inputs if len(inputs) > 1 else inputs[0]
    expected = model.predict(x, verbose=0)
    got = load_model(tmp_path / "m.h5").predict(x)
    for ours, theirs in zip(_listed(got), _listed(expected), strict=True):
        # relative to the largest output: float32 sums in another order
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5 * float(np.abs(theirs).max()))


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
