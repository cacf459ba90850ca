"""Models that every Keras builds, saves as `.keras` and `.weights.h5`, and reads."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from conformance.case import HALF, Case, Input, Keras, batch_of, registering, vector
from conformance.closeness import assert_close
from conformance.installed import is_keras3
from conformance.nested import flat

MODELS: list[Case] = []
model = registering(MODELS)


def _some_steps_masked(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    found = rng.normal(size=shape)
    found[0, 1:] = found[1, 3] = 0
    return found


@model()
def mlp(keras: Keras) -> Any:
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", kernel_constraint="max_norm"),
        ]
    )
    net.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    net.fit(np.ones((8, 5)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)
    return net


@model()
def cnn(keras: Keras) -> Any:
    layers = keras.layers
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.ReLU(6.0)(x)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.LeakyReLU(0.1)(x)
    x = layers.SeparableConv2D(6, 3, activation="swish")(x)
    x = layers.Conv2DTranspose(3, 2)(x)
    x = layers.SpatialDropout2D(0.2)(x)
    x = layers.MaxPooling2D()(layers.ZeroPadding2D(1)(x))
    x = layers.LayerNormalization()(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(2, activation="gelu")(x), name="cnn")


@model()
def many(keras: Keras) -> Any:
    """Two inputs, three outputs; nested models in nested models, a shared layer, a frozen one."""
    layers = keras.layers
    inner_input = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, trainable=False)(inner_input)
    x = layers.BatchNormalization()(x)
    inner = keras.Model(inner_input, layers.Conv2D(2, 3)(x), name="inner")
    middle = keras.Sequential([keras.Input((6, 6, 2)), inner, layers.GlobalAveragePooling2D()], name="middle")
    pixels, other = keras.Input((6, 6, 2), name="pixels"), keras.Input((6, 6, 2), name="other")
    aux = keras.Input((3,), name="aux")
    shared = layers.Dense(2, name="shared")
    y = layers.Add()([shared(middle(pixels)), shared(middle(other))])
    joined = layers.Concatenate()([y, aux, layers.Flatten()(inner(pixels))])
    head = keras.Sequential([keras.Input((13,)), layers.Dense(4), layers.ELU()], name="head")
    outputs = [head(joined), layers.Dense(3, name="scores")(joined), inner(other)]
    net = keras.Model([pixels, other, aux], outputs, name="many")
    net.compile("sgd", loss=["mse", "mae", "mse"])
    return net


@model()
def dictionaries(keras: Keras) -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    dense = keras.layers.Dense(3)
    joined = keras.layers.Concatenate()([dense(left), dense(right)])
    return keras.Model({"left": left, "right": right}, {"a": keras.layers.Dense(1)(joined), "b": joined})


@model(inputs=vector(7, dtype="int32", high=3))
def text(keras: Keras) -> Any:
    layers = keras.layers
    tokens = keras.Input((7,), dtype="int32", name="tokens")
    x = layers.Embedding(11, 6, mask_zero=True)(tokens)
    x = layers.Dropout(0.1)(x)
    x = layers.Activation("tanh")(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(2, activation="sigmoid")(x), name="text")


@model(inputs=(Input((5, 4), draw=_some_steps_masked),))
def masked_dense(keras: Keras) -> Any:
    """A mask that passes through a Dense layer; below a Masking layer, whose mask Keras 3 computes by two ops."""
    layers = keras.layers
    steps = keras.Input((5, 4))
    x = layers.Dense(3, activation="tanh")(layers.Masking(0.0)(steps))
    return keras.Model(steps, layers.GlobalAveragePooling1D()(x))


@model()
def attention(keras: Keras) -> Any:
    layers = keras.layers
    steps = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3)(steps, steps)
    x = layers.LayerNormalization()(layers.Add()([x, steps]))
    x = layers.Attention(use_scale=True)([x, steps])
    return keras.Model(steps, layers.EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d")(x))


@model(tolerance=2e-3, why=HALF)
def mixed(keras: Keras) -> Any:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(8, dtype="mixed_float16", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(x))


@model()
def wrapped(keras: Keras) -> Any:
    """Layers and models inside of wrappers, also two deep."""
    layers = keras.layers
    step = keras.Input((3,))
    head = keras.Model(
        step, layers.Dense(2, activation="tanh")(layers.BatchNormalization()(step)), name="head"
    )
    tail = keras.Sequential([keras.Input((2,)), layers.Dense(4)], name="tail")
    steps = keras.Input((2, 4, 3))
    x = layers.TimeDistributed(layers.TimeDistributed(layers.BatchNormalization()))(steps)
    x = layers.TimeDistributed(layers.Bidirectional(layers.LSTM(3, return_sequences=True), "sum"))(x)
    x = layers.TimeDistributed(layers.TimeDistributed(head))(x)
    x = layers.TimeDistributed(layers.TimeDistributed(tail))(x)
    return keras.Model(steps, layers.TimeDistributed(layers.SpectralNormalization(layers.Conv1D(2, 2)))(x))


@model()
def of_applications(keras: Keras) -> Any:
    """The layers that models of keras.applications define themselves."""
    package = (
        "keras.src.applications"
        if is_keras3(keras)
        else f"{keras.layers.Dense.__module__.split('.')[0]}.src.applications"
    )
    convnext = importlib.import_module(f"{package}.convnext")
    resnet = importlib.import_module(f"{package}.inception_resnet_v2")
    inputs = keras.Input((4,))
    x = convnext.StochasticDepth(0.5)(convnext.LayerScale(0.1, 4)(inputs))
    return keras.Model(inputs, resnet.CustomScaleLayer(0.2)([inputs, x]))


def live(keras: Keras, case: Case) -> tuple[Any, Any, Any]:
    """A model whose weights can not be mistaken for each other, an input, and its predictions."""
    built = case.build(keras)
    rng = np.random.default_rng(5)
    for weight in built.weights:
        weight.assign(rng.uniform(0.1, 0.6, tuple(weight.shape)).astype("float32"))
    arrays = case.sample(built)
    by_name = dict(zip((tensor.name.split(":")[0] for tensor in built.inputs), arrays, strict=True))
    x = by_name if case.name == "dictionaries" else batch_of(arrays)
    return built, x, built.predict(x, verbose=0)


def assert_same(got: Any, expected: Any, case: Case) -> None:
    """Fails unless the outputs, by name or in order, are equal within the case's tolerance."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
    for number, (ours, theirs) in enumerate(zip(flat(got), flat(expected), strict=True)):
        assert_close(f"output {number} of {case.name}", ours, theirs, case.tolerance)


def save_format(keras: Keras) -> str:
    """The `save_format` of the archives that a Keras reads."""
    return "keras" if is_keras3(keras) else "tf_keras"


def is_compiled(model: Any) -> bool:
    """Whether a model has an optimizer."""
    return getattr(model, "optimizer", None) is not None


def optimizer_values(keras: Keras, model: Any) -> list[np.ndarray]:
    """The values of the variables of a model's optimizer."""
    variables = model.optimizer.variables
    variables = variables() if callable(variables) and not isinstance(variables, list) else variables
    return [np.asarray(keras.ops.convert_to_numpy(v) if is_keras3(keras) else v.numpy()) for v in variables]


MLP, MANY = (next(case for case in MODELS if case.name == name) for name in ("mlp", "many"))
