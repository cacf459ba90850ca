"""Whole models through which masks go."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

from conformance.case import Case, Input, Keras, KerasModel, vector

WORDS = vector(6, dtype="int32", high=4)
MODELS: list[Case] = []


def masked(**options: Any) -> Callable[[Callable[[Keras, Any], Any]], Callable[[Keras, Any], Any]]:
    """Registers the decorated function of (keras, masked embeddings of words) as a model case `masks_<name>`."""

    def register(body: Callable[[Keras, Any], Any]) -> Callable[[Keras, Any], Any]:
        name = f"masks_{body.__name__.lstrip('_')}"
        inputs: tuple[Input, ...] = options.pop("inputs", WORDS)

        def build(keras: Keras) -> KerasModel:
            words = keras.Input(inputs[0].shape, dtype="int32", name="words")
            embedded = keras.layers.Embedding(4, 5, mask_zero=True, name="embedding")(words)
            return keras.Model(words, body(keras, embedded), name=name)

        key = hashlib.sha256((inspect.getsource(masked) + inspect.getsource(body)).encode()).hexdigest()[:12]
        MODELS.append(Case(name, "model", build, key, inputs, **options))
        return body

    return register


@masked(random=True)
def _elementwise(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    x = layers.Dense(4, activation="relu", name="dense")(x)
    x = layers.Dropout(0.3, name="dropout")(layers.Activation("tanh", name="tanh")(x))
    x = layers.LayerNormalization(name="norm")(layers.LeakyReLU(name="leaky")(x))
    return layers.GlobalAveragePooling1D(name="mean")(x)


@masked()
def _time_distributed(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    x = layers.TimeDistributed(layers.Dense(3, name="inner"), name="steps")(x)
    return layers.GlobalAveragePooling1D(keepdims=True, name="mean")(x)


@masked()
def _ends_at_convolution(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    x = layers.Conv1D(4, 3, padding="same", name="convolution")(x)
    return layers.GlobalAveragePooling1D(name="mean")(x)


@masked()
def _merged(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    left, right = layers.Dense(4, name="left")(x), layers.Dense(4, name="right")(x)
    both = layers.Concatenate(name="both")([layers.Add(name="sum")([left, right]), left])
    return layers.GlobalAveragePooling1D(name="mean")(both)


@masked()
def _attention(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    query = layers.Dense(5, name="query")(x)
    attended = layers.Attention(name="attention")([query, x])
    added = layers.AdditiveAttention(name="additive")([attended, x])
    return layers.GlobalAveragePooling1D(name="mean")(layers.Add(name="sum")([attended, added]))


@masked(inputs=vector(None, dtype="int32", high=4))
def _encoder(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    attended = layers.MultiHeadAttention(2, 3, name="heads")(x, x)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="residual")([x, attended]))
    return layers.GlobalAveragePooling1D(name="mean")(x)


@masked()
def _nested(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    inner_in = keras.Input((6, 5), name="inner_in")
    inner_out = layers.GlobalAveragePooling1D(name="inner_mean")(
        layers.Dense(4, name="inner_dense")(inner_in)
    )
    return keras.Model(inner_in, inner_out, name="inner")(x)


@masked()
def _normalization(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    return layers.GlobalAveragePooling1D(name="mean")(layers.BatchNormalization(name="norm")(x))


@masked(inputs=vector(3, 4, dtype="int32", high=4))
def _four_dimensions(keras: Keras, x: Any) -> Any:
    layers = keras.layers
    x = layers.Dense(4, name="dense")(x)
    means = layers.TimeDistributed(layers.GlobalAveragePooling1D(name="inner"), name="means")(x)
    return layers.Dense(2, name="out")(means)


@masked()
def _masked_output(keras: Keras, x: Any) -> Any:
    return keras.layers.Dense(3, name="dense")(x)


@masked()
def _function_forgets(keras: Keras, x: Any) -> Any:
    return keras.layers.GlobalAveragePooling1D(name="mean")(x * 2.0)
