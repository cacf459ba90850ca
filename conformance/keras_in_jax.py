"""Keras 3 models on JAX whose code is JAX's, saved by `from_jax`: `python -m conformance.keras_in_jax DIRECTORY`.

It needs the environment `optax`. For each NAME of MODELS it writes the SavedModel `NAME/model`, and for batches of one
and three rows the arrays and results `NAME/ROWS.npz`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt


def raw() -> Any:
    """A layer whose call is written with jax.numpy, between layers of Keras."""
    import jax
    import keras

    class Mixed(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], 3), name="w")

        def call(self, x: Any) -> Any:
            rows = jax.lax.associative_scan(jax.numpy.add, x, axis=1)
            return jax.nn.silu(jax.numpy.einsum("bti,io->bto", rows, self.w.value))

    layers = [keras.layers.Dense(4, "gelu"), keras.layers.BatchNormalization(), Mixed(), keras.layers.LSTM(2)]
    return keras.Sequential([keras.Input((5, 3)), *layers])


def branching() -> Any:
    """A subclassed model that branches on a value with JAX, and counts in a variable that is not trained."""
    import jax
    import keras

    class Branching(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.scale = self.add_weight(shape=(), initializer="ones", trainable=False)

        def call(self, x: Any) -> Any:
            y = self.dense(x)
            return jax.lax.cond(y.sum() > 0, lambda v: v * self.scale.value, jax.numpy.exp, y)

    model = Branching()
    model(np.zeros((1, 5, 3), np.float32))
    return model


MODELS: Final[Mapping[str, Callable[[], Any]]] = {"raw": raw, "branching": branching}


def write(name: str, where: Path) -> None:
    """Writes one model."""
    import keras

    keras.utils.set_random_seed(1)
    model = MODELS[name]()
    params = {
        "trainable": [variable.value for variable in model.trainable_variables],
        "others": [variable.value for variable in model.non_trainable_variables],
    }

    def call(given: Any, x: Any) -> Any:
        return model.stateless_call(given["trainable"], given["others"], x)[0]

    trainable = {"trainable": True, "others": False}
    served = kerasfmt.from_jax(call, params, {"x": "float32[b, 5, 3]"}, trainable=trainable)
    kerasfmt.save_model(served, where / name / "model", flush=False)
    for rows in (1, 3):
        x = np.random.default_rng(rows).normal(size=(rows, 5, 3)).astype(np.float32)
        expected = np.asarray(model(x))
        np.savez(where / name / f"{rows}.npz", x=x, expected=expected, numpy=served(x))


def main(where: Path) -> None:
    """Writes all models."""
    os.environ["KERAS_BACKEND"] = "jax"
    for name in MODELS:
        (where / name).mkdir(parents=True)
        write(name, where)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
