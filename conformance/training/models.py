"""The models that are trained: two Dense layers and a BatchNormalization, in several shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BATCH = 8
STEPS = 3
"""Before a save, and again after it."""


def _plain(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((4,), name="entry"),
            layers.Dense(5, activation="tanh", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, name="out"),
        ],
        name="model",
    )


def _frozen(keras: Any) -> Any:
    model = _plain(keras)
    model.get_layer("hidden").trainable = False
    return model


def _mixed(keras: Any) -> Any:
    """The policy is the global one while the model is built and compiled; `live.py` sets it."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((4,), name="entry"),
            layers.Dense(5, activation="tanh", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, name="out", dtype="float32"),
        ],
        name="model",
    )


def _outputs(keras: Any) -> Any:
    layers = keras.layers
    x = inputs = keras.Input((4,), name="entry")
    x = layers.Dense(5, activation="tanh", name="hidden")(x)
    x = layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, [layers.Dense(2, name="a")(x), layers.Dense(1, name="b")(x)], name="model")


def _shared(keras: Any) -> Any:
    layers = keras.layers
    x = inputs = keras.Input((4,), name="entry")
    shared = layers.Dense(4, activation="tanh", name="hidden")
    x = layers.BatchNormalization(name="norm")(shared(shared(x)))
    return keras.Model(inputs, layers.Dense(2, name="out")(x), name="model")


def _nested(keras: Any) -> Any:
    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((4,), name="inner_entry"),
            layers.Dense(5, activation="tanh", name="hidden"),
            layers.BatchNormalization(name="norm"),
        ],
        name="inner",
    )
    inputs = keras.Input((4,), name="entry")
    return keras.Model(inputs, layers.Dense(2, name="out")(inner(inputs)), name="model")


MODELS: dict[str, Callable[[Any], Any]] = {
    "plain": _plain,
    "changed": _plain,
    "frozen": _frozen,
    "mixed": _mixed,
    "outputs": _outputs,
    "shared": _shared,
    "nested": _nested,
}


def losses(keras: Any, kind: str) -> dict[str, Any]:
    """The arguments of `compile` beside the optimizer."""
    if kind != "outputs":
        return {"loss": keras.losses.MeanSquaredError()}
    return {
        "loss": {"a": keras.losses.MeanSquaredError(), "b": keras.losses.MeanAbsoluteError()},
        "metrics": {"a": [keras.metrics.MeanAbsoluteError()], "b": [keras.metrics.MeanSquaredError()]},
    }


def weights_of(model: Any) -> list[np.ndarray]:
    """First values of the weights, the same in every Keras; another model of the case has others before it loads."""
    rng = np.random.default_rng(7)
    found = []
    for array in model.get_weights():
        value = rng.normal(scale=0.5, size=array.shape)
        found.append((np.abs(value) if array.ndim == 1 else value).astype(array.dtype))
    return found


def batch(kind: str) -> tuple[Any, Any]:
    """One batch, with which every step is made."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(BATCH, 4)).astype(np.float32)
    y = rng.normal(size=(BATCH, 2)).astype(np.float32)
    if kind != "outputs":
        return x, y
    return x, {"a": y, "b": rng.normal(size=(BATCH, 1)).astype(np.float32)}
