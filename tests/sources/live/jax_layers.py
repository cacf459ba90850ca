"""Live layers of Keras 3 whose code is JAX's own, for an environment with both."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


def modules() -> tuple[Any, Any]:
    """Keras on JAX, and JAX; the test is skipped where one is missing."""
    jax = pytest.importorskip("jax")
    os.environ["KERAS_BACKEND"] = "jax"
    keras = pytest.importorskip("keras")
    if not hasattr(keras, "StatelessScope"):
        pytest.skip("needs Keras 3")
    return keras, jax


def gate() -> Any:
    """A layer with layers inside, a counter, a loss, and noise while it trains."""
    keras, jax = modules()
    jnp = jax.numpy

    class Gate(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="gate")
            self.dense = keras.layers.Dense(4, name="inner")
            self.normal = keras.layers.BatchNormalization(name="normal")
            self.seed = keras.random.SeedGenerator(3)

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")
            self.steps = self.add_weight(
                shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
            )
            self.dense.build(shape)
            self.normal.build((None, 4))

        def call(self, x: Any, training: bool = False) -> Any:
            y = jax.nn.relu(jnp.einsum("bi,i->bi", self.dense(x), self.scale))
            self.add_loss(jnp.mean(y))
            if training:
                self.steps.assign(self.steps + 1)
                y = y + keras.random.normal(y.shape, seed=self.seed)
            return {"all": self.normal(y), "some": [jnp.sum(y, -1)]}

    return Gate()


def network(layer: Any, *shapes: Any) -> Any:
    """A functional model of one layer; by default on rows of four numbers."""
    keras, _ = modules()
    inputs = [keras.Input(shape) for shape in shapes or [(4,)]]
    return keras.Model(inputs, layer(inputs[0] if len(inputs) == 1 else inputs))


def layer_of(function: Any, **options: Any) -> Any:
    """A layer whose call is a function, and that passes masks on."""
    keras, _ = modules()

    class Raw(keras.layers.Layer):  # type: ignore[misc]
        supports_masking = True

        def call(self, x: Any) -> Any:
            return function(x)

    return Raw(name="raw", **options)
