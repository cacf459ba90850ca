"""Keras 3 models with layers and code of the user's own, written with `keras.ops`; on any backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from conformance.case import Keras

_RNG: Final = np.random.default_rng(5)


def _floats(*shape: int) -> Any:
    return _RNG.normal(size=shape).astype(np.float32)


@dataclass(frozen=True)
class Custom:
    """A model with code of its own.

    Attributes:
      build: makes it and calls it, with a Keras 3.
      inputs: what it is called on.
      tolerance: how far the outputs may be apart.
    """

    build: Callable[[Keras], Any]
    inputs: Any
    tolerance: float = 1e-5


CUSTOM: dict[str, Custom] = {}


def _custom(
    inputs: Any, tolerance: float = 1e-5
) -> Callable[[Callable[[Keras], Any]], Callable[[Keras], Any]]:
    def enter(build: Callable[[Keras], Any]) -> Callable[[Keras], Any]:
        CUSTOM[build.__name__] = Custom(build, inputs, tolerance)
        return build

    return enter


@_custom(_RNG.integers(0, 20, (3, 7)).astype(np.int32))
def transformer(keras: Keras) -> Any:
    """Blocks of attention; embeddings of tokens and of places, which a layer calls on an array."""
    layers, ops = keras.layers, keras.ops

    class Block(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.attention = layers.MultiHeadAttention(2, 4)
            self.feed = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(6)])
            self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
            self.drop = layers.Dropout(0.1)

        def call(self, x: Any, training: Any = None) -> Any:
            y = self.norms[0](x + self.drop(self.attention(x, x), training=training))
            return self.norms[1](y + self.drop(self.feed(y), training=training))

    class Embedding(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.tokens, self.places = layers.Embedding(20, 6), layers.Embedding(7, 6)

        def call(self, x: Any) -> Any:
            return self.tokens(x) + self.places(ops.arange(0, ops.shape(x)[-1], 1))

    words = keras.Input((7,), dtype="int32")
    pooled = layers.GlobalAveragePooling1D()(Block(name="own")(Embedding()(words)))
    return keras.Model(words, layers.Dense(2)(pooled))


@_custom(_floats(2, 5, 6))
def causal_attention(keras: Keras) -> Any:
    """Attention by hand, on any length: projections, heads, a mask of places."""
    layers, ops = keras.layers, keras.ops

    class Attention(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            size = shape[-1]
            self.projections = [self.add_weight(shape=(size, size), name=name) for name in "qkv"]
            self.built = True

        def call(self, x: Any) -> Any:
            batch, length, size = ops.shape(x)
            places = ops.arange(length)
            mask = ops.cast(places[:, None] >= places[None, :], x.dtype)

            def heads(kernel: Any) -> Any:
                return ops.transpose(ops.reshape(x @ kernel, (batch, length, 2, size // 2)), (0, 2, 1, 3))

            q, k, v = map(heads, self.projections)
            scores = ops.einsum("bhqd,bhkd->bhqk", q, k) / (size // 2) ** 0.5 - 1e9 * (1.0 - mask)
            found = ops.einsum("bhqk,bhkd->bhqd", ops.softmax(scores), v)
            return ops.reshape(ops.transpose(found, (0, 2, 1, 3)), (batch, length, size))

    x = keras.Input((None, 6))
    return keras.Model(x, Attention(name="own")(x))


@_custom(_floats(2, 8, 8, 3))
def patches(keras: Keras) -> Any:
    layers, ops = keras.layers, keras.ops

    class Patches(layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            batch, height, width, channels = ops.shape(x)
            x = ops.reshape(x, (batch, height // 4, 4, width // 4, 4, channels))
            x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
            return ops.reshape(x, (batch, (height // 4) * (width // 4), 16 * channels))

    x = keras.Input((8, 8, 3))
    return keras.Model(x, layers.Dense(3)(Patches(name="own")(x)))


@_custom(_floats(3, 4))
def moving_mean(keras: Keras) -> Any:
    """A variable that training changes."""
    layers, ops = keras.layers, keras.ops

    class Moving(layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.mean = self.add_weight(shape=(shape[-1],), trainable=False, name="mean")
            self.built = True

        def call(self, x: Any, training: Any = False) -> Any:
            if training:
                self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
            return x - self.mean

    x = keras.Input((4,))
    return keras.Model(x, Moving(name="own")(x))


@_custom(_floats(3, 4), 5e-3)
def mixed_precision(keras: Keras) -> Any:
    class Scale(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")
            self.built = True

        def call(self, x: Any) -> Any:
            return self.kernel[0] * keras.ops.matmul(x, self.kernel)

    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(2, dtype="float32")(Scale(dtype="mixed_float16", name="own")(x)))


@_custom(_RNG.integers(0, 9, (2, 4)).astype(np.int32))
def tied_weights(keras: Keras) -> Any:
    class Tied(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, embedding: Any, **options: Any) -> None:
            super().__init__(**options)
            self.embedding = embedding

        def call(self, x: Any) -> Any:
            return keras.ops.matmul(x, keras.ops.transpose(self.embedding.embeddings))

        def get_config(self) -> Any:
            return {"name": self.name}

    words, embedding = keras.Input((4,), dtype="int32"), keras.layers.Embedding(9, 3)
    return keras.Model(words, Tied(embedding, name="own")(embedding(words)))


@_custom(_floats(3, 4))
def functions(keras: Keras) -> Any:
    """An activation of the user's own, a Lambda, and a layer that cannot state its config."""

    def squared(x: Any) -> Any:
        return keras.ops.relu(x) ** 2

    class Applying(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, function: Any, **options: Any) -> None:
            super().__init__(**options)
            self.function = function

        def call(self, x: Any) -> Any:
            return self.function(x)

    x = keras.Input((4,))
    y = keras.layers.Dense(3, activation=squared)(x)
    y = keras.layers.Lambda(lambda t: keras.ops.sin(t) * 2)(y)
    return keras.Model(x, Applying(keras.ops.tanh, name="own")(y))


@_custom([_floats(3, 4), _floats(3, 4)])
def sampling(keras: Keras) -> Any:
    """Random numbers, in training alone."""

    class Sampling(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.seed_generator = keras.random.SeedGenerator(1337)

        def call(self, inputs: Any, training: Any = False) -> Any:
            mean, spread = inputs
            if not training:
                return mean
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
            return mean + keras.ops.exp(0.5 * spread) * noise

    x, y = keras.Input((4,)), keras.Input((4,))
    return keras.Model([x, y], Sampling(name="own")([x, y]))


@_custom({"a": _floats(3, 4), "b": _floats(3, 4)})
def subclass(keras: Keras) -> Any:
    class Net(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Dense(4)
            self.blocks = [keras.layers.Dense(4, activation="relu") for _ in range(2)]

        def call(self, x: Any) -> Any:
            y = self.first(x["b"])
            for block in self.blocks:
                y = block(y)
            return {"y": y, "z": [x["a"], x["b"] + 1.0]}

    model = Net()
    model(CUSTOM["subclass"].inputs)
    return model


@_custom(_floats(2, 6, 6, 3))
def subclass_compiled(keras: Keras) -> Any:
    layers = keras.layers

    class Block(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, filters: int, **options: Any) -> None:
            super().__init__(**options)
            self.filters = filters
            self.conv = layers.Conv2D(filters, 3, padding="same", kernel_regularizer="l2")
            self.norm = layers.BatchNormalization()

        def call(self, x: Any, training: Any = False) -> Any:
            return keras.ops.relu(self.norm(self.conv(x), training=training))

        def get_config(self) -> Any:
            return {**super().get_config(), "filters": self.filters}

    class Net(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Block(4), Block(5)]
            self.pool, self.out = layers.GlobalAveragePooling2D(), layers.Dense(2)

        def call(self, x: Any, training: Any = False) -> Any:
            for block in self.blocks:
                x = block(x, training=training)
            return self.out(self.pool(x))

    model, x = Net(), CUSTOM["subclass_compiled"].inputs
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, np.ones((2, 2), np.float32), verbose=0)
    return model


@_custom(np.array([[1, 2, 0], [3, 0, 0]], np.int32))
def mask(keras: Keras) -> Any:
    ops = keras.ops

    class Mean(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.supports_masking = True

        def call(self, x: Any, mask: Any = None) -> Any:
            weights = ops.cast(mask, "float32")[..., None]
            return ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)

    words = keras.Input((3,), dtype="int32")
    return keras.Model(words, Mean(name="own")(keras.layers.Embedding(7, 4, mask_zero=True)(words)))


@_custom(_floats(2, 5, 4))
def recurrence_inside(keras: Keras) -> Any:
    layers = keras.layers

    class Reading(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.lstm = layers.LSTM(3, return_sequences=True, return_state=True)
            self.both = layers.Bidirectional(layers.GRU(2))
            self.each = layers.TimeDistributed(layers.Dense(2))

        def call(self, x: Any) -> Any:
            y, state, _ = self.lstm(x)
            return keras.ops.concatenate([self.both(y), state, self.each(y)[:, 0]], axis=-1)

    x = keras.Input((5, 4))
    return keras.Model(x, Reading(name="own")(x))


@_custom(_floats(3, 4))
def losses(keras: Keras) -> Any:
    class Losing(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            penalty = keras.regularizers.L1(0.01)
            self.kernel = self.add_weight(shape=(4, 4), name="kernel", regularizer=penalty)
            self.built = True

        def call(self, x: Any) -> Any:
            self.add_loss(keras.ops.mean(x**2))
            return keras.ops.matmul(x, self.kernel)

    x = keras.Input((4,))
    return keras.Model(x, Losing(activity_regularizer="l2", name="own")(x))


@_custom(_floats(3, 4))
def nested(keras: Keras) -> Any:
    class Clipped(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            return keras.ops.clip(x, -0.5, 0.5)

    x, y = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(x, Clipped()(keras.layers.Dense(3)(x)), name="inner")
    stack = keras.Sequential([keras.Input((3,)), Clipped(), keras.layers.Dense(2)], name="stack")
    return keras.Model(y, stack(inner(y)))


@_custom([_floats(3, 4), _floats(3, 4)])
def several_arguments(keras: Keras) -> Any:
    """Layers whose code takes several tensors, each an argument of its own; by position and by name."""

    class Mixed(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, *shapes: Any, **named: Any) -> None:
            self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")
            self.built = True

        def call(self, a: Any, b: Any, factor: float = 2.0, training: bool = False) -> Any:
            return a * self.scale + keras.ops.sin(b) * factor

    class Outer(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.inner = Mixed(name="inner")

        def call(self, a: Any) -> Any:
            return self.inner(a, a * 2.0) + self.inner(b=a, a=a, factor=3.0)

    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    positional, named = Mixed(name="positional")(x, y), Mixed(name="named")(b=x, a=y)
    return keras.Model([x, y], [Outer(name="outer")(positional), named])
