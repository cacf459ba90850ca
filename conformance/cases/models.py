"""Whole models."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import DEEP, Case, Keras, KerasModel, registering, vector

MODELS: list[Case] = []
model = registering(MODELS)


@model()
def seed(keras: Keras) -> KerasModel:
    return keras.Sequential([keras.layers.Dense(5, input_shape=(3,)), keras.layers.Softmax()])


@model(save={"save_traces": False})
def seed_without_traces(keras: Keras) -> KerasModel:
    return seed(keras)


def _mlp(keras: Keras, **options: Any) -> KerasModel:
    layers = keras.layers
    net = keras.Sequential(
        [
            layers.Dense(16, activation="relu", kernel_regularizer="l2", input_shape=(8,)),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ],
        name="mlp",
    )
    net.compile(**options)
    rng = np.random.default_rng(11)
    net.fit(rng.normal(size=(16, 8)), np.eye(3)[rng.integers(0, 3, 16)], batch_size=8, verbose=0)
    return net


@model(random=True)
def mlp_adam(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])


@model(random=True)
def mlp_sgd(keras: Keras) -> KerasModel:
    sgd = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)
    metrics = [keras.metrics.MeanSquaredError(name="mse"), keras.metrics.AUC(num_thresholds=20)]
    return _mlp(keras, optimizer=sgd, loss="mse", metrics=metrics, weighted_metrics=["mae"])


@model(random=True)
def mlp_rmsprop(keras: Keras) -> KerasModel:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    optimizer = keras.optimizers.RMSprop(schedule, centered=True, momentum=0.5)
    return _mlp(keras, optimizer=optimizer, loss=keras.losses.Huber(delta=0.5))


@model(random=True)
def mlp_legacy_adam(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer=keras.optimizers.legacy.Adam(0.01, amsgrad=True), loss="mse")


@model(random=True)
def mlp_legacy_rmsprop(keras: Keras) -> KerasModel:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    optimizer = keras.optimizers.legacy.RMSprop(schedule, centered=True, momentum=0.5)
    return _mlp(keras, optimizer=optimizer, loss="mse")


@model(random=True)
def mlp_legacy_ftrl(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer=keras.optimizers.legacy.Ftrl(0.1), loss="mse")


@model(random=True)
def mlp_legacy_nadam(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer=keras.optimizers.legacy.Nadam(), loss="mse")


@model(random=True)
def mlp_legacy_untrained(keras: Keras) -> KerasModel:
    net = _mlp(keras, optimizer="sgd", loss="mse")
    net.compile(keras.optimizers.legacy.SGD(0.1, momentum=0.9), loss="mse")
    return net


@model(random=True, save={"include_optimizer": False})
def mlp_without_optimizer(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer="adam", loss="mse")


@model(random=True)
def cnn(keras: Keras) -> KerasModel:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(
                8, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)
            ),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(12, 3, use_bias=False),
            layers.ReLU(6.0),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ],
        name="cnn",
    )


@model(inputs=vector(20, dtype="int32", high=50), random=True)
def text_cnn(keras: Keras) -> KerasModel:
    layers = keras.layers
    words = keras.Input((None,), dtype="int32", name="words")
    embedded = layers.Embedding(50, 8)(words)
    pooled = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(6, width, padding="same", activation="relu")(embedded))
        for width in (2, 3, 5)
    ]
    joined = layers.Dropout(0.3)(layers.Concatenate()(pooled))
    return keras.Model(words, layers.Dense(2, activation="sigmoid", name="label")(joined), name="text_cnn")


@model()
def many_to_many(keras: Keras) -> KerasModel:
    layers = keras.layers
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    inner_in = keras.Input((4,))
    inner_norm = layers.LayerNormalization()(layers.Dense(4, name="deep")(inner_in))
    inner = keras.Model(inner_in, [inner_norm, layers.Add()([inner_in, inner_norm])], name="inner")
    first, both = inner(shared(left))
    second, _ = inner(shared(right))
    product = layers.Multiply()([first, second])
    score = layers.Dense(1, name="score")(layers.Concatenate()([product, both]))
    return keras.Model([left, right], [score, product], name="many_to_many")


@model()
def dictionaries(keras: Keras) -> KerasModel:
    layers = keras.layers
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    joined = layers.Concatenate(name="joined")([a, b])
    outputs = {"second": layers.Dense(2, name="z")(joined), "first": layers.Softmax(name="y")(joined)}
    return keras.Model({"b": b, "a": a}, outputs, name="dictionaries")


@model()
def one_in_a_list(keras: Keras) -> KerasModel:
    x = keras.Input((3,), name="x")
    return keras.Model([x], [keras.layers.Dense(2, name="y")(x)], name="one_in_a_list")


@model()
def nested_sequential(keras: Keras) -> KerasModel:
    layers = keras.layers
    head = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(3)], name="head")
    x = keras.Input((5,), name="x")
    return keras.Model(x, head(layers.BatchNormalization(name="norm")(x)), name="nested_sequential")


@model()
def frozen_part(keras: Keras) -> KerasModel:
    layers = keras.layers
    base = keras.Sequential([layers.Dense(4, input_shape=(5,)), layers.BatchNormalization()], name="base")
    base.trainable = False
    return keras.Sequential([base, layers.Dense(2, name="head")], name="frozen_part")


@model()
def odd_names(keras: Keras) -> KerasModel:
    layers = keras.layers
    x, y = keras.Input((3,), name="in/put.1"), keras.Input((3,), name="2nd-input")
    both = layers.Add(name="a.b/c")([layers.Dense(3, name="block/dense.1")(x), y])
    return keras.Model([x, y], layers.Dense(2, name="out-put/last.layer")(both), name="odd.names")


@model()
def only_input_layer(keras: Keras) -> KerasModel:
    return keras.Sequential(
        [keras.layers.InputLayer((4,), name="x"), keras.layers.Flatten(name="y")], name="only"
    )


@model()
def ten_of_a_kind(keras: Keras) -> KerasModel:
    return keras.Sequential(
        [keras.layers.Dense(3, input_shape=(3,)) for _ in range(12)], name="ten_of_a_kind"
    )


def _application(keras: Keras, name: str, size: int) -> KerasModel:
    return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))


@model(slow=True, tolerance=1e-4, why=DEEP)
def mobilenet_v2(keras: Keras) -> KerasModel:
    return _application(keras, "MobileNetV2", 96)


@model(slow=True, tolerance=1e-4, why=DEEP)
def resnet50(keras: Keras) -> KerasModel:
    return _application(keras, "ResNet50", 64)


@model(slow=True, random=True, tolerance=1e-4, why=DEEP)
def efficientnet_b0(keras: Keras) -> KerasModel:
    return _application(keras, "EfficientNetB0", 64)
