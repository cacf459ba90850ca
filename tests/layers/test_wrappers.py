from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.formats.saved_model.objects import Objects
from kerasfmt.formats.saved_model.plan import plan_model
from kerasfmt.graph.run import run
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Masking,
    SimpleRNN,
    SpectralNormalization,
    TimeDistributed,
    Wrapper,
)
from tests.layers.one_layer import apply, f32, model_of

STEPS = np.random.default_rng(1).normal(size=(2, 4, 3)).astype(np.float32)


def again(model: kerasfmt.Model) -> kerasfmt.Model:
    """The model of the same config, with the same weights."""
    made = kerasfmt.model_from_config(model.get_config())
    assert made.get_config() == model.get_config()
    made.set_weights(model.get_weights())
    return made


def test_time_distributed() -> None:
    layer = TimeDistributed(Dense(5, activation="relu"), name="steps")
    model = model_of(layer, STEPS)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(STEPS), np.maximum(STEPS @ kernel + bias, 0), atol=1e-6)
    assert [w.name for w in model.weights] == ["steps/kernel", "steps/bias"]
    assert layer.input_spec() == InputSpec(shape=(None, None, 3), ndim=3)
    np.testing.assert_array_equal(again(model).predict(STEPS), model.predict(STEPS))
    assert layer.get_config()["layer"]["class_name"] == "Dense"


def test_time_distributed_trains_the_layer_inside() -> None:
    layer = TimeDistributed(BatchNormalization(momentum=0.5))
    apply(layer, STEPS, training=True)
    mean = layer.layer.get_weights()[2]
    np.testing.assert_allclose(mean, STEPS.mean((0, 1)) / 2, atol=1e-6)


def test_open_steps_and_wrappers_in_wrappers() -> None:
    x = kerasfmt.Input((None, 4, 3))
    layer = TimeDistributed(TimeDistributed(Dense(2)), name="outer")
    model = kerasfmt.Model(x, layer(x))
    assert model.outputs[0].shape == (None, None, 4, 2)
    assert model.weights[0].name == "outer/kernel"
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(model.predict(STEPS[None]), (STEPS @ kernel)[None], atol=1e-6)


def test_a_recurrent_layer_at_every_step() -> None:
    rows = np.random.default_rng(2).normal(size=(2, 3, 4, 5)).astype(np.float32)
    layer = TimeDistributed(SimpleRNN(6), name="steps")
    model = model_of(layer, rows)
    assert model.weights[0].name == "steps/simple_rnn_cell/kernel"
    x = kerasfmt.Input((4, 5))
    inner = kerasfmt.Model(x, SimpleRNN(6)(x))
    inner.set_weights(model.get_weights())
    wanted = inner.predict(rows.reshape(6, 4, 5)).reshape(2, 3, 6)
    np.testing.assert_allclose(model.predict(rows), wanted, rtol=1e-5, atol=1e-6)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer it \(TimeDistributed\): option layer: expected a layer"
    ):
        TimeDistributed(SimpleRNN(6, stateful=True), name="it")


def test_mask_of_steps() -> None:
    x = kerasfmt.Input((4, 3))
    y = TimeDistributed(Dense(2))(Masking()(x))
    assert y.masked
    plain = TimeDistributed(Dense(2))(x)
    assert not plain.masked


def test_losses_of_the_layer_inside() -> None:
    model = model_of(TimeDistributed(Dense(2, activity_regularizer="l2")), STEPS)
    trace = model.default_trace(training=True)
    assert trace.losses == 1
    y, loss = run(trace.function, [STEPS], {w: w.numpy() for w in model.weights})
    np.testing.assert_allclose(loss, 0.01 * np.square(y).sum() / 8, rtol=1e-5)


def test_spectral_normalization() -> None:
    layer = SpectralNormalization(Dense(3, use_bias=False), power_iterations=60, name="norm")
    x = STEPS[:, 0]
    before = apply(layer, x)
    kernel = layer.kernel.numpy()
    np.testing.assert_allclose(before, x @ kernel, atol=1e-6)
    apply(layer, x, training=True)
    norm = np.linalg.norm(kernel, 2)
    np.testing.assert_allclose(layer.kernel.numpy(), kernel / norm, rtol=1e-3)
    assert [w.name for w in layer.weights] == ["norm/kernel", "norm/vector_u"]
    assert [w.trainable for w in layer.weights] == [True, False]
    model = model_of(layer, x)
    np.testing.assert_array_equal(again(model).predict(x), model.predict(x))


def test_spectral_normalization_leaves_zeros() -> None:
    layer = SpectralNormalization(Dense(3, kernel_initializer="zeros"))
    apply(layer, STEPS[:, 0], training=True)
    np.testing.assert_array_equal(layer.kernel.numpy(), np.zeros((3, 3)))


def test_layer_inside_is_an_object_of_its_own() -> None:
    layer = SpectralNormalization(Conv2D(2, 1))
    model = model_of(layer, np.zeros((1, 2, 2, 3), np.float32))
    root = Objects(plan_model(model), None, include_optimizer=False).root
    wrapper = dict(root.children)["layer_with_weights-0"]
    names = dict(wrapper.children)
    inner = dict(names["layer"].children)
    assert {"__call__", "kernel", "bias", "keras_api"} <= set(inner)
    assert names["kernel"] is inner["kernel"]
    assert len(inner["__call__"].children) == 1


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: TimeDistributed("dense", name="it"), "option layer: expected a layer, got 'dense'"),
        (lambda: SpectralNormalization(Dense(2), 0, name="it"), "power_iterations: expected a whole number"),
        (
            lambda: SpectralNormalization(Add(), name="it")(kerasfmt.Input((3,))),
            "expected a layer with a kernel or embeddings, got Add",
        ),
        (
            lambda: TimeDistributed(Dense(2), name="it")(kerasfmt.Input((3,))),
            "expected at least 3 dimensions",
        ),
    ],
)
def test_refuses(make: Any, text: str) -> None:
    with pytest.raises(InvalidModelError, match=f"layer it .*{text}"):
        make()


def test_unknown_layer_inside() -> None:
    config = model_of(TimeDistributed(Dense(2)), STEPS).get_config()
    config["layers"][1]["config"]["layer"]["class_name"] = "Unheard"
    with pytest.raises(UnsupportedLayerError, match="'Unheard'"):
        kerasfmt.model_from_config(config)


def test_custom_layer_inside() -> None:
    class Twice(Dense, register=False):
        def call(self, inputs: Any) -> Any:
            return super().call(inputs) * 2.0

    config = model_of(TimeDistributed(Dense(2, name="d")), f32([[1, 2]])).get_config()
    config["layers"][1]["config"]["layer"]["class_name"] = "Twice"
    model = kerasfmt.model_from_config(config, {"Twice": Twice})
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(model.predict(f32([[1, 2]])), 2 * f32([[1, 2]]) @ kernel, rtol=1e-6)


def test_custom_wrapper() -> None:
    class Doubled(Wrapper, register=False):
        def call(self, inputs: Any, training: bool = False, *, call_context: CallContext) -> Any:
            return super().call(inputs, training, call_context=call_context) * 2.0

    config = model_of(TimeDistributed(Dense(2, name="d")), f32([[1, 2]])).get_config()
    config["layers"][1]["class_name"] = "Doubled"
    model = kerasfmt.model_from_config(config, {"Doubled": Doubled})
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(model.predict(f32([[1, 2]])), 2 * f32([[1, 2]]) @ kernel, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_vector_of_spectral_normalization_is_cast(dtype: str, tmp_path: Path) -> None:
    layer = SpectralNormalization(Dense(2, dtype="mixed_float16"), dtype="mixed_float16")
    model = model_of(layer, f32([1, 2]))
    layer.vector_u.value = np.ones((1, 2), dtype)
    assert layer.vector_u.numpy().dtype == layer.vector_u.dtype.numpy == np.float32
    with pytest.raises(InvalidModelError, match="expected dtype"):
        layer.vector_u.value = np.ones((1, 2))
    kerasfmt.save_model(model, tmp_path / "m.h5")
    loaded = kerasfmt.load_model(tmp_path / "m.h5")
    assert loaded.layers[-1].vector_u.numpy().tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("shape", "inner"),
    [((4, None), Dense(3, name="inner")), ((4, 5, 6), Conv2D(3, 2, name="inner"))],
    ids=["build", "call"],
)
def test_errors_of_the_layer_inside_name_both(
    shape: tuple[int | None, ...], inner: kerasfmt.layers.Layer
) -> None:
    with pytest.raises(InvalidModelError, match=r"^layer outer \(TimeDistributed\): .*layer inner \("):
        TimeDistributed(inner, name="outer")(kerasfmt.Input(shape))
