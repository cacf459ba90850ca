"""Models that are built with any Keras, the live models of `test_from_keras` and `test_hdf5_write`; optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import HALF, Case, Keras, registering, vector
from conformance.closeness import assert_close

MODELS: list[Case] = []
model = registering(MODELS)


@model()
def mlp(keras: Keras) -> Any:
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            layers.LayerNormalization(),
            layers.Dropout(0.5),
            layers.Dense(6, activation="gelu"),
            layers.Dense(3, activation="softmax", kernel_constraint="max_norm"),
        ]
    )
    net.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(1)
    net.fit(rng.normal(size=(16, 5)), np.eye(3)[rng.integers(0, 3, 16)], verbose=0)
    return net


@model()
def cnn(keras: Keras) -> Any:
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((10, 9, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu", use_bias=False),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.BatchNormalization(trainable=False),
            layers.ReLU(6.0),
            layers.SeparableConv2D(5, 2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), keras.losses.MeanSquaredError())
    rng = np.random.default_rng(1)
    net.fit(rng.normal(size=(8, 10, 9, 2)), rng.normal(size=(8, 2)), verbose=0)
    return net


@model()
def nested_shared(keras: Keras) -> Any:
    """Several inputs and outputs, a shared layer, a shared model, a model in a model."""
    layers = keras.layers
    entry = keras.Input((6,), name="entry")
    core = keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, activation="tanh"), layers.Dropout(0.3)], name="core"
    )
    tower = keras.Model(entry, layers.Dense(3)(core(entry)), name="tower")
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    shared = layers.Dense(6, name="shared")
    a, b = tower(shared(left)), tower(shared(shared(right)))
    joined = layers.Concatenate(name="joined")([a, b, layers.Add()([a, b])])
    net = keras.Model([left, right], [layers.Dense(1, name="score")(joined), joined], name="pair")
    tower.get_layer("core").trainable = False
    net.compile("rmsprop", ["mse", "mae"])
    return net


@model(inputs=vector(7, dtype="int32", high=20))
def text(keras: Keras) -> Any:
    layers = keras.layers
    words = keras.Input((7,), dtype="int32", name="words")
    x = layers.Embedding(20, 6)(words)
    x = layers.SpatialDropout1D(0.1)(x)
    x = layers.Conv1D(5, 3, padding="causal", activation="relu")(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(words, layers.Dense(2, activation="sigmoid")(x), name="text")


@model()
def recurrent(keras: Keras) -> Any:
    layers = keras.layers
    frames = keras.Input((2, 5, 3), name="frames")
    x = layers.TimeDistributed(layers.Bidirectional(layers.SimpleRNN(4)), name="each")(frames)
    back = layers.LSTM(3, return_sequences=True, go_backwards=True, activation="relu")
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), backward_layer=back)(x)
    x = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True)(x)
    return keras.Model(frames, layers.Dense(2)(layers.GRU(3)(x)), name="recurrent")


@model(tolerance=4e-3, why=HALF)
def mixed(keras: Keras) -> Any:
    given = keras.Input((6,))
    x = keras.layers.Dense(8, dtype="mixed_float16", activation="relu")(given)
    return keras.Model(given, keras.layers.Dense(2, dtype="float32")(x))


def stir(model: Any) -> None:
    """Gives every floating weight values that are not its initial ones, so that mixing them up shows."""
    rng = np.random.default_rng(2)
    for layer in model.layers:
        values = [v + rng.uniform(0.05, 0.3, v.shape).astype(v.dtype) for v in layer.get_weights()]
        layer.set_weights(values)


def listed(outputs: Any) -> list[np.ndarray]:
    """Outputs as a list of arrays."""
    return [np.asarray(y) for y in (outputs if isinstance(outputs, list | tuple) else [outputs])]


def assert_same(got: list[np.ndarray], expected: list[np.ndarray], case: Case) -> None:
    """Fails unless the outputs are equal within the case's tolerance."""
    for number, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        assert_close(f"output {number} of {case.name}", ours, theirs, case.tolerance)


def keras2_optimizers(keras: Keras) -> dict[str, Any]:
    """Optimizers of Keras 2 by name, in the ways that decide which variables they have."""
    o = keras.optimizers
    return {
        "adadelta": o.Adadelta(),
        "adagrad": o.Adagrad(),
        "adam_amsgrad": o.Adam(amsgrad=True),
        "adam_ema": o.Adam(use_ema=True),
        "adam_schedule": o.Adam(o.schedules.ExponentialDecay(0.1, 10, 0.9)),
        "adamax": o.Adamax(),
        "adamw": o.AdamW(),
        "ftrl": o.Ftrl(),
        "lion": o.Lion(),
        "nadam": o.Nadam(),
        "rmsprop": o.RMSprop(centered=True, momentum=0.5),
        "sgd": o.SGD(0.1),
        "sgd_momentum": o.SGD(0.1, momentum=0.9),
        "legacy_sgd": o.legacy.SGD(momentum=0.9),
    }
