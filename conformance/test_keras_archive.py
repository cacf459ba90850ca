"""`.keras` archives: what the installed Kerases write is loaded here, what is written here is loaded by them.

Runs with the Python of any environment: with tf_keras, Keras 2 or Keras 3 on any backend, or several of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.installed import kerases
from kerasfmt import layers as our_layers

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Keras = Any


KERASES = kerases()


def _is3(keras: Keras) -> bool:
    return int(keras.__version__.split(".")[0]) >= 3


def _format(keras: Keras) -> str:
    """The `save_format` of the archives that a Keras reads."""
    return "keras" if _is3(keras) else "tf_keras"


def _named(keras: Keras) -> str:
    backend = keras.backend.backend() if _is3(keras) else "tensorflow"
    return f"{keras.__name__}-{keras.__version__}-{backend}"


def mlp(keras: Keras) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(8, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", kernel_constraint="max_norm"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.ones((8, 5)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)
    return model


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
    model = keras.Model([pixels, other, aux], outputs, name="many")
    model.compile("sgd", loss=["mse", "mae", "mse"])
    return model


def dictionaries(keras: Keras) -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    dense = keras.layers.Dense(3)
    joined = keras.layers.Concatenate()([dense(left), dense(right)])
    return keras.Model({"left": left, "right": right}, {"a": keras.layers.Dense(1)(joined), "b": joined})


def text(keras: Keras) -> Any:
    layers = keras.layers
    tokens = keras.Input((7,), dtype="int32", name="tokens")
    x = layers.Embedding(11, 6, mask_zero=True)(tokens)
    x = layers.Dropout(0.1)(x)
    x = layers.Activation("tanh")(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(2, activation="sigmoid")(x), name="text")


def masked_dense(keras: Keras) -> Any:
    """A mask that passes through a Dense layer; below a Masking layer, whose mask Keras 3 computes by two ops."""
    layers = keras.layers
    steps = keras.Input((5, 4))
    x = layers.Dense(3, activation="tanh")(layers.Masking(0.0)(steps))
    return keras.Model(steps, layers.GlobalAveragePooling1D()(x))


def attention(keras: Keras) -> Any:
    layers = keras.layers
    steps = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3)(steps, steps)
    x = layers.LayerNormalization()(layers.Add()([x, steps]))
    x = layers.Attention(use_scale=True)([x, steps])
    return keras.Model(steps, layers.EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d")(x))


def mixed(keras: Keras) -> Any:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(8, dtype="mixed_float16", activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(x))


MODELS = [mlp, cnn, many, dictionaries, text, attention, mixed, masked_dense]
TOLERANCES = {"mixed": 2e-3}
"""float16 has 11 bits of mantissa; elsewhere float32 sums in another order."""


@pytest.fixture(params=KERASES, ids=_named)
def keras(request: pytest.FixtureRequest) -> Keras:
    request.param.backend.clear_session()
    request.param.utils.set_random_seed(3)
    return request.param


def _live(keras: Keras, build: Callable[[Keras], Any]) -> tuple[Any, Any, Any]:
    """A model whose weights can not be mistaken for each other, an input, and its predictions."""
    model = build(keras)
    rng = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 0.6, tuple(weight.shape)).astype("float32"))
    inputs = {}
    for tensor in model.inputs:
        shape = (4, *tensor.shape[1:])
        kind = str(getattr(tensor.dtype, "name", tensor.dtype))
        sample = rng.integers(0, 3, shape) if "int" in kind else rng.normal(size=shape)
        if build is masked_dense:
            sample[0, 1:] = sample[1, 3] = 0
        inputs[tensor.name.split(":")[0]] = sample.astype(kind if "int" in kind else "float32")
    x: Any = inputs if build is dictionaries else list(inputs.values())
    x = x[0] if isinstance(x, list) and len(x) == 1 else x
    return model, x, model.predict(x, verbose=0)


def _assert_same(got: Any, expected: Any, build: Callable[[Keras], Any]) -> None:
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        got, expected = [got[k] for k in expected], list(expected.values())
    if not isinstance(expected, list | tuple):
        got, expected = [got], [expected]
    tolerance = TOLERANCES.get(build.__name__, 1e-5)
    for ours, theirs in zip(got, expected, strict=True):
        atol = tolerance * float(np.abs(theirs).max())
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=atol)


def _is_compiled(model: Any) -> bool:
    return getattr(model, "optimizer", None) is not None


def _optimizer_values(keras: Keras, model: Any) -> list[np.ndarray]:
    variables = model.optimizer.variables
    variables = variables() if callable(variables) and not isinstance(variables, list) else variables
    return [np.asarray(keras.ops.convert_to_numpy(v) if _is3(keras) else v.numpy()) for v in variables]


@pytest.mark.parametrize("build", MODELS)
@pytest.mark.filterwarnings("ignore")
def test_reads_what_keras_writes(tmp_path: Path, keras: Keras, build: Callable[[Keras], Any]) -> None:
    model, x, expected = _live(keras, build)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    _assert_same(ours.predict(x), expected, build)
    assert (ours.training_config is not None) == _is_compiled(model)
    if build is mlp:
        compiled = ours.training_config
        assert compiled is not None
        slots = [v.numpy() for v in compiled.variables]
        theirs = _optimizer_values(keras, model)
        if _is3(keras):
            np.testing.assert_allclose(compiled.learning_rate.value[()], theirs.pop(1))
        for mine, other in zip(slots, theirs, strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.filterwarnings("ignore")
def test_an_archive_that_names_no_optimizer(tmp_path: Path, keras: Keras) -> None:
    """Keras 3 forgets the optimizer's name once it has written the model to HDF5."""
    model, x, expected = _live(keras, mlp)
    model.save(tmp_path / "first.h5")
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    _assert_same(ours.predict(x), expected, mlp)
    assert (ours.training_config is None) == _is3(keras)
    kerasfmt.save_model(ours, tmp_path / "ours.h5")


@pytest.mark.parametrize("build", MODELS)
@pytest.mark.filterwarnings("ignore")
def test_keras_reads_what_is_written(tmp_path: Path, keras: Keras, build: Callable[[Keras], Any]) -> None:
    model, x, expected = _live(keras, build)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    kerasfmt.save_model(ours, tmp_path / "ours.keras", save_format=_format(keras))
    keras.backend.clear_session()
    loaded = keras.models.load_model(tmp_path / "ours.keras")
    _assert_same(loaded.predict(x, verbose=0), expected, build)
    if build is not many:  # its model in two models is two models once it is read from a file
        assert [tuple(w.shape) for w in loaded.weights] == [tuple(w.shape) for w in model.weights]
    assert _is_compiled(loaded) == _is_compiled(model)
    if build is mlp:
        for mine, other in zip(
            _optimizer_values(keras, loaded), _optimizer_values(keras, model), strict=True
        ):
            np.testing.assert_array_equal(mine, other)
        loaded.fit(np.ones((8, 5)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)


@pytest.mark.parametrize("build", MODELS)
@pytest.mark.filterwarnings("ignore")
def test_the_other_dialect_says_the_same(tmp_path: Path, keras: Keras, build: Callable[[Keras], Any]) -> None:
    """Keras 2's model in Keras 3's dialect, and the other way round, still predicts the same here."""
    model, x, expected = _live(keras, build)
    model.save(tmp_path / "theirs.keras")
    other = "tf_keras" if _is3(keras) else "keras"
    kerasfmt.save_model(
        kerasfmt.load_model(tmp_path / "theirs.keras"), tmp_path / "other.keras", save_format=other
    )
    _assert_same(kerasfmt.load_model(tmp_path / "other.keras").predict(x), expected, build)


@pytest.mark.skipif(len(KERASES) < 2, reason="takes Keras 2 and Keras 3 in one environment")
@pytest.mark.parametrize("build", MODELS)
@pytest.mark.parametrize(("writer", "reader"), [(0, -1), (-1, 0)], ids=["2to3", "3to2"])
@pytest.mark.filterwarnings("ignore")
def test_goes_from_one_keras_to_the_other(
    tmp_path: Path, writer: int, reader: int, build: Callable[[Keras], Any]
) -> None:
    model, x, expected = _live(KERASES[writer], build)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    kerasfmt.save_model(ours, tmp_path / "ours.keras", save_format=_format(KERASES[reader]))
    loaded = KERASES[reader].models.load_model(tmp_path / "ours.keras")
    _assert_same(loaded.predict(x, verbose=0), expected, build)
    if build is mlp:
        states = [_optimizer_values(KERASES[i], m) for i, m in ((writer, model), (reader, loaded))]
        for values, index in zip(states, (writer, reader), strict=True):
            if index == -1:
                del values[1]  # the learning rate, a variable in Keras 3 only
        for mine, other in zip(*states, strict=True):
            np.testing.assert_array_equal(mine, other)


def test_layers_that_a_keras_lacks(keras: Keras) -> None:
    exported = {name: getattr(our_layers, name) for name in our_layers.__all__ if name != "Operation"}
    facts = {name: item.facts for name, item in exported.items() if issubclass(item, our_layers.Layer)}
    missing = {name for name in facts if not hasattr(keras.layers, name)}
    if _is3(keras):
        assert missing == {name for name, stated in facts.items() if stated.absent_in == 3}
    else:
        experimental = {n for n, stated in facts.items() if stated.module == "keras.layers.experimental"}
        elsewhere = {name for name in experimental if hasattr(keras.layers.experimental, name)}
        of_applications = {"CustomScaleLayer", "LayerScale", "StochasticDepth"}
        lacking = {name for name, stated in facts.items() if stated.absent_in == 2}
        assert missing - of_applications - elsewhere == {*lacking, "SlicingOpLambda", "TFOpLambda"}
