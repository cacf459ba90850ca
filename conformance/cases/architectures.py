"""Whole models of kinds that users build: encoders and decoders with skips, shared towers, attention, several tasks."""

from __future__ import annotations

from typing import Any

from conformance.case import Case, Keras, KerasModel, registering, vector

MODELS: list[Case] = []
model = registering(MODELS)


def _twice(keras: Keras, x: Any, filters: int, name: str) -> Any:
    layers = keras.layers
    for number in (1, 2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv{number}")(x)
        x = layers.ReLU(name=f"{name}_relu{number}")(
            layers.BatchNormalization(name=f"{name}_norm{number}")(x)
        )
    return x


@model(tolerance=1e-4, why="the rounding of some twenty convolutions adds up")
def unet(keras: Keras) -> KerasModel:
    layers = keras.layers
    image = x = keras.Input((16, 16, 3), name="image")
    skips = []
    for depth in (4, 8):
        x = _twice(keras, x, depth, f"down{depth}")
        skips.append(x)
        x = layers.MaxPooling2D(name=f"pool{depth}")(x)
    x = _twice(keras, x, 12, "bottom")
    for depth, skip in zip((8, 4), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(depth, 2, strides=2, padding="same", name=f"up{depth}")(x)
        x = _twice(keras, layers.Concatenate(name=f"skip{depth}")([x, skip]), depth, f"back{depth}")
    return keras.Model(image, layers.Conv2D(2, 1, activation="sigmoid", name="mask")(x), name="unet")


@model()
def siamese(keras: Keras) -> KerasModel:
    layers = keras.layers
    entry = keras.Input((12,), name="entry")
    tower = keras.Model(
        entry, layers.Dense(4, name="code")(layers.Dense(6, "relu", name="hidden")(entry)), name="tower"
    )
    left, right = keras.Input((12,), name="left"), keras.Input((12,), name="right")
    a, b = tower(left), tower(right)
    away = layers.Multiply(name="square")([layers.Subtract(name="away")([a, b])] * 2)
    near = layers.Dot(axes=1, normalize=True, name="cosine")([a, b])
    score = layers.Dense(1, activation="sigmoid", name="score")(layers.Concatenate(name="both")([away, near]))
    return keras.Model([left, right], score, name="siamese")


@model(random=True, tolerance=1e-4, why="the rounding of products in attention adds up")
def vision_transformer(keras: Keras) -> KerasModel:
    layers = keras.layers
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Reshape((9, 8), name="patches")(layers.Conv2D(8, 4, strides=4, name="embed")(image))
    x = layers.EinsumDense("abc,cd->abd", (9, 8), bias_axes="bd", name="placed")(x)
    for number in range(2):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm{number}a")(x)
        y = layers.MultiHeadAttention(2, 4, dropout=0.1, use_bias=False, name=f"attention{number}")(y, y)
        x = layers.Add(name=f"add{number}a")([x, y])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm{number}b")(x)
        y = layers.Dense(16, activation="gelu", name=f"wide{number}")(y)
        y = layers.Dropout(0.1, name=f"drop{number}")(layers.Dense(8, name=f"narrow{number}")(y))
        x = layers.Add(name=f"add{number}b")([x, y])
    x = layers.GlobalAveragePooling1D(name="mean")(layers.LayerNormalization(name="last")(x))
    return keras.Model(
        image, layers.Dense(5, activation="softmax", name="label")(x), name="vision_transformer"
    )


@model(inputs=(*vector(8), *vector(6, dtype="int32", high=20)), random=True)
def multi_task(keras: Keras) -> KerasModel:
    layers = keras.layers
    numbers, words = keras.Input((8,), name="numbers"), keras.Input((6,), dtype="int32", name="words")
    text = layers.GlobalAveragePooling1D(name="mean")(layers.Embedding(20, 4, name="table")(words))
    trunk = layers.Dense(8, activation="relu", name="trunk")(layers.Concatenate(name="both")([numbers, text]))
    trunk = layers.Dropout(0.2, name="drop")(trunk)
    outputs = {
        "price": layers.Dense(1, name="price")(trunk),
        "kind": layers.Dense(4, activation="softmax", name="kind")(trunk),
        "spam": layers.Dense(1, activation="sigmoid", name="spam")(layers.Dense(3, name="branch")(trunk)),
    }
    net = keras.Model({"numbers": numbers, "words": words}, outputs, name="multi_task")
    losses = {"price": "mse", "kind": "categorical_crossentropy", "spam": "binary_crossentropy"}
    net.compile("adam", losses, loss_weights={"price": 0.5, "kind": 1.0, "spam": 2.0})
    return net


@model()
def autoencoder_with_loss(keras: Keras) -> KerasModel:
    layers = keras.layers
    x = keras.Input((6,), name="x")
    code = layers.Dense(2, name="code")(layers.Dense(4, activation="relu", name="encoder")(x))
    y = layers.Dense(6, name="y")(layers.Dense(4, activation="relu", name="decoder")(code))
    net = keras.Model(x, y, name="autoencoder_with_loss")
    net.add_loss(keras.backend.mean(keras.backend.square(y - x)))
    return net


@model(tolerance=1e-4, why="the rounding of some thirty convolutions adds up")
def wavenet(keras: Keras) -> KerasModel:
    layers = keras.layers
    sound = keras.Input((None, 1), name="sound")
    x = layers.Conv1D(6, 2, padding="causal", name="entry")(sound)
    skips = []
    for rate in (1, 2, 4):
        options = {"padding": "causal", "dilation_rate": rate}
        signal = layers.Conv1D(6, 2, activation="tanh", name=f"signal{rate}", **options)(x)
        gate = layers.Conv1D(6, 2, activation="sigmoid", name=f"gate{rate}", **options)(x)
        gated = layers.Multiply(name=f"gated{rate}")([signal, gate])
        skips.append(layers.Conv1D(5, 1, name=f"skip{rate}")(gated))
        x = layers.Add(name=f"residual{rate}")([x, layers.Conv1D(6, 1, name=f"through{rate}")(gated)])
    y = layers.ReLU(name="relu")(layers.Add(name="skips")(skips))
    return keras.Model(sound, layers.Conv1D(3, 1, activation="softmax", name="next")(y), name="wavenet")
