"""Live Keras 3 models on JAX whose code is JAX's: `python -m conformance.keras_in_jax DIRECTORY`.

It needs the environment `optax`. For each NAME of MODELS it writes the SavedModel `NAME/model`, the variables
`NAME/variables.npz`, and for batches of one and three rows `NAME/ROWS.npz`: inputs, outputs, and one step of training
by JAX, the gradient of the mean of squares and of what `call` adds, and the state after it.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt
from kerasfmt.ir.structure import flatten


def raw() -> Any:
    """A layer whose call is written with jax.numpy, between layers of Keras."""
    import jax
    import keras

    class Mixed(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], 3), name="w")

        def call(self, x: Any) -> Any:
            rows = jax.lax.associative_scan(jax.numpy.add, x, axis=1)
            return jax.nn.silu(jax.numpy.einsum("bti,io->bto", rows, self.w))

    layers = [keras.layers.Dense(4, "gelu"), keras.layers.BatchNormalization(), Mixed(), keras.layers.LSTM(2)]
    return keras.Sequential([keras.Input((5, 3)), *layers])


def branching() -> Any:
    """A subclassed model that branches on a value with JAX, and has a variable that is not trained."""
    import jax
    import keras

    class Branching(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.scale = self.add_weight(shape=(), initializer="ones", trainable=False)

        def call(self, x: Any) -> Any:
            y = self.dense(x)
            return jax.lax.cond(y.sum() > 0, lambda v: v * self.scale, jax.numpy.exp, y)

    model = Branching()
    model(np.zeros((1, 5, 3), np.float32))
    return model


def stateful() -> Any:
    """A layer that adds a loss, counts its steps and holds a normalization; a structure of outputs."""
    import jax
    import keras

    class Stateful(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.normal = keras.layers.BatchNormalization()
            self.dense = keras.layers.Dense(4, kernel_regularizer="l2")

        def build(self, shape: Any) -> None:
            self.steps = self.add_weight(
                shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
            )
            self.dense.build(shape)
            self.normal.build((*shape[:-1], 4))

        def call(self, x: Any, training: bool = False) -> Any:
            y = self.normal(jax.nn.relu(self.dense(x)))
            self.add_loss(jax.numpy.mean(y**2) * 0.1)
            if training:
                self.steps.assign(self.steps + 1)
            return {"last": y[:, -1], "all": [jax.numpy.sum(jax.numpy.cumsum(y, axis=1), axis=-1)]}

    x = keras.Input((None, 3))
    return keras.Model(x, Stateful()(x))


def derivative() -> Any:
    """A function whose derivative the user states, and which is another one than its own."""
    import jax
    import keras

    @jax.custom_vjp
    def clipped(x: Any) -> Any:
        return jax.numpy.clip(x, -0.5, 0.5)

    clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g * jax.numpy.cos(x),))

    class Clipped(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(3,), name="w")

        def call(self, x: Any) -> Any:
            return clipped(x * self.w)

    x = keras.Input((None, 3))
    return keras.Model(x, Clipped()(keras.layers.Dense(3)(x)))


def attending() -> Any:
    """A subclassed model that calls layers of Keras on the way, also on several arguments."""
    import jax
    import keras

    class Attending(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.attention = keras.layers.MultiHeadAttention(2, 3)
            self.recurrent = keras.layers.Bidirectional(keras.layers.GRU(3))

        def call(self, x: Any) -> Any:
            return jax.nn.softmax(self.recurrent(jax.numpy.tanh(self.attention(x, x))))

    model = Attending()
    model(np.zeros((1, 5, 3), np.float32))
    return model


def functions() -> Any:
    """The layers of Keras that hold functions of JAX, and modules of Flax."""
    import jax
    import keras
    from flax import linen

    def call(params: Any, state: Any, inputs: Any, training: bool) -> Any:
        y = jax.numpy.tanh(inputs @ params["w"] + params["b"]) - state["mean"]
        return y, {"mean": 0.9 * state["mean"] + 0.1 * y.mean((0, 1))} if training else state

    class Module(linen.Module):
        @linen.compact
        def __call__(self, inputs: Any, training: bool) -> Any:
            y = linen.BatchNorm(use_running_average=not training)(linen.Dense(4)(inputs))
            return linen.gelu(y)

    params = {"w": np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2), "b": np.ones(2, np.float32)}
    state = {"mean": np.full(2, 0.25, np.float32)}
    variables = Module().init(jax.random.PRNGKey(0), np.zeros((1, 5, 2), np.float32), False)
    x = keras.Input((None, 3))
    y = keras.layers.JaxLayer(call, params=params, state=state)(x)
    return keras.Model(x, keras.layers.FlaxLayer(Module(), variables=variables)(y))


def noisy() -> Any:
    """A layer that draws noise of its own, and holds one that drops out, while it trains."""
    import jax
    import keras

    class Noisy(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seed = keras.random.SeedGenerator(7)
            self.drop = keras.layers.Dropout(0.5)

        def call(self, x: Any, training: bool = False) -> Any:
            y = jax.numpy.ones_like(x)
            noise = keras.random.uniform(x.shape, -1.0, 1.0, seed=self.seed) if training else 0.0
            return {"dropped": self.drop(y), "noise": y + noise}

    x = keras.Input((None, 3))
    return keras.Model(x, Noisy()(x))


BUILDERS: Final[Mapping[str, Callable[[], Any]]] = {
    builder.__name__: builder for builder in (raw, branching, stateful, derivative, attending, functions)
}
MODELS: Final = (*BUILDERS, *(f"{name}_opaque" for name in BUILDERS))
"""Each as TensorFlow's ops, and as modules of StableHLO."""
NOISY: Final = ("noisy", "noisy_opaque")
"""Models that draw random numbers; they are written alone."""


def write(name: str, where: Path) -> None:
    """Writes one model."""
    import jax
    import keras

    keras.utils.set_random_seed(1)
    builder, _, opaque = name.partition("_")
    model = noisy() if name in NOISY else BUILDERS[builder]()
    saved = kerasfmt.from_keras(model, opaque="stablehlo" if opaque else None)
    kerasfmt.save_model(saved, where / name / "model", flush=False)
    if name in NOISY:
        return
    mode = {"training": True} if "training" in inspect.signature(model.call).parameters else {}
    trainable = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]
    weights = {f"w{place}": np.asarray(value) for place, value in enumerate(trainable)}
    np.savez(where / name / "variables.npz", **weights)
    for rows in (1, 3):
        x = np.random.default_rng(rows).normal(size=(rows, 5, 3)).astype(np.float32)

        def loss(given: Any, x: Any = x) -> Any:
            outputs, after, losses = model.stateless_call(given, others, x, return_losses=True, **mode)
            return sum((y**2).mean() for y in keras.tree.flatten(outputs)) + sum(losses), after

        gradients, after = jax.grad(loss, has_aux=True)(trainable)
        stored = {"x": x}
        stored |= {f"y{place}": np.asarray(y) for place, y in enumerate(keras.tree.flatten(model(x)))}
        stored |= {f"numpy{place}": y for place, y in enumerate(flatten(saved.predict(x)))}
        stored |= {f"g{place}": np.asarray(gradient) for place, gradient in enumerate(gradients)}
        kept = {id(variable) for variable in model.weights}  # not the seeds
        after = [
            value for v, value in zip(model.non_trainable_variables, after, strict=True) if id(v) in kept
        ]
        stored |= {f"after{place}": np.asarray(value) for place, value in enumerate(after)}
        np.savez(where / name / f"{rows}.npz", **stored)


def main(where: Path) -> None:
    """Writes all models."""
    os.environ["KERAS_BACKEND"] = "jax"
    for name in (*MODELS, *NOISY):
        (where / name).mkdir(parents=True)
        write(name, where)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
