"""Convolutions of sequences, images and volumes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.input_spec import InputSpec
from tests.layers.layer_tests import Shape, SizedLayerTests, use
from tests.nn.windowed import convolve

FIRST = {"data_format": "channels_first"}
RNG = np.random.default_rng(5)


def model_of(layer: Any, shape: Shape, dtype: str = "float32") -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape, dtype=dtype)
    model = kerasfmt.Model(inputs, layer(inputs))
    model.set_weights([RNG.normal(size=w.shape).astype(w.dtype.numpy) for w in model.weights])
    return model


def weights(*kernel: int) -> dict[str, Shape]:
    return {"kernel": kernel, "bias": kernel[-1:]}


class TestLayers(SizedLayerTests):
    uses = [
        use(layers.Conv1D(4, 3), (None, None, 6), gives=(None, None, 4), weights=weights(3, 6, 4)),
        use(
            layers.Conv1D(4, 3, strides=2, padding="same"),
            (None, 9, 6),
            gives=(None, 5, 4),
            weights=weights(3, 6, 4),
        ),
        use(
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
            (2, 9, 6),
            gives=(2, 9, 4),
            weights=weights(3, 6, 4),
        ),
        use(layers.Conv1D(4, 3, **FIRST), (None, 6, 9), gives=(None, 4, 7), weights=weights(3, 6, 4)),
        use(
            layers.Conv2D(4, (3, 2)),
            (None, None, 8, 6),
            gives=(None, None, 7, 4),
            weights=weights(3, 2, 6, 4),
        ),
        use(
            layers.Conv2D(4, 3, groups=2), (None, 9, 8, 6), gives=(None, 7, 6, 4), weights=weights(3, 3, 3, 4)
        ),
        use(
            layers.Conv2D(4, 3, dilation_rate=2),
            (None, None, 8, 6),
            gives=(None, None, 4, 4),
            weights=weights(3, 3, 6, 4),
        ),
        use(
            layers.Conv2D(4, 3, use_bias=False),
            (None, 2, 9, 8, 6),
            gives=(None, 2, 7, 6, 4),
            weights={"kernel": (3, 3, 6, 4)},
        ),
        use(
            layers.Conv3D(4, 2),
            (None, 5, None, 6, 3),
            gives=(None, 4, None, 5, 4),
            weights=weights(2, 2, 2, 3, 4),
        ),
    ]
    needed = {getattr(layers, f"Conv{rank}D"): {"filters": 2, "kernel_size": 2} for rank in (1, 2, 3)}
    refused = {
        "filters": (
            lambda: layers.Conv2D(0, 3, name="it"),
            "option filters: expected a whole number of at least 1, got 0",
        ),
        "kernel_size": (
            lambda: layers.Conv2D(4, (3, 3, 3), name="it"),
            "option kernel_size: expected 2 integers of at least 1, got (3, 3, 3)",
        ),
        "strides": (
            lambda: layers.Conv2D(4, 3, strides=0, name="it"),
            "option strides: expected 2 integers of at least 1, got 0",
        ),
        "padding": (
            lambda: layers.Conv2D(4, 3, padding="causal", name="it"),
            "option padding: expected one of ['valid', 'same'], got 'causal'",
        ),
        "groups": (
            lambda: layers.Conv2D(4, 3, groups=3, name="it"),
            "option groups: expected a divisor of filters=4, got 3",
        ),
        "dilation_rate": (
            lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2, name="it"),
            "option dilation_rate: expected 1 with strides [2, 2], got [2, 2]",
        ),
        "groups of the input": (
            lambda: model_of(layers.Conv2D(4, 3, groups=4, name="it"), (None, 9, 8, 6)),
            "option groups: expected a divisor of the 6 input channels, got 4",
        ),
        "channels": (
            lambda: model_of(layers.Conv2D(4, 3, name="it"), (None, 9, 8, None)),
            "input: expected a known size of axis -1",
        ),
        "rank": (
            lambda: model_of(layers.Conv2D(4, 3, name="it"), (None, 8, 6)),
            "input: expected at least 4 dimensions, got shape (None, 8, 6)",
        ),
        "window": (
            lambda: model_of(layers.Conv2D(4, 5, name="it"), (None, 3, 3, 6)),
            "option kernel_size: expected at most 3, the size of axis 1, got 5",
        ),
    }


def test_config_in_keras_order() -> None:
    config = layers.Conv2D(4, 3, activation="relu", name="c").get_config()
    assert list(config)[3:11] == [
        *(
            "filters",
            "kernel_size",
            "strides",
            "padding",
            "data_format",
            "dilation_rate",
            "groups",
            "activation",
        )
    ]
    assert config["kernel_size"] == (3, 3)
    assert config["strides"] == (1, 1)
    assert config["activation"] == "relu"


def test_input_specs() -> None:
    conv, first = layers.Conv2D(4, 3, groups=2), layers.Conv2D(4, 3, **FIRST)
    model_of(conv, (None, 9, 8, 6)), model_of(first, (None, 6, 9, 8))
    assert conv.input_spec() == InputSpec(min_ndim=4, axes={-1: 6})
    assert first.input_spec() == InputSpec(min_ndim=4, axes={-3: 6})


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (1, 3)])
def test_conv2d_by_definition(stride: int, dilation: int) -> None:
    layer = layers.Conv2D(4, (3, 2), strides=stride, dilation_rate=dilation)
    model = model_of(layer, (None, 9, 8, 3))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 9, 8, 3)).astype(np.float32)
    expected = convolve(x, kernel, [stride] * 2, rates=[dilation] * 2) + bias
    # float32 sums of 18 products.
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_groups_are_convolutions_of_their_own() -> None:
    layer = layers.Conv2D(4, 3, groups=2, activation="relu")
    model = model_of(layer, (None, 5, 5, 6))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 5, 5, 6)).astype(np.float32)
    halves = [convolve(x[..., :3], kernel[..., :2], [1, 1]), convolve(x[..., 3:], kernel[..., 2:], [1, 1])]
    np.testing.assert_allclose(
        model.predict(x), np.maximum(np.concatenate(halves, -1) + bias, 0), rtol=1e-4, atol=1e-5
    )
    (call,) = [n for n in model.layers[1].traces.exact(model.inputs[0].spec).function.nodes if "f" in n.attrs]
    assert call.attrs["f"].compiled  # type: ignore[union-attr]


def test_causal_outputs_see_no_later_input() -> None:
    model = model_of(layers.Conv1D(2, 3, padding="causal", dilation_rate=2), (None, 8, 3))
    x = RNG.normal(size=(1, 8, 3)).astype(np.float32)
    changed = x.copy()
    changed[:, 5:] += 1
    before, after = model.predict(x), model.predict(changed)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert not np.allclose(before[:, 5], after[:, 5])


def test_same_dilation_of_unknown_size() -> None:
    layer = layers.Conv2D(2, 3, padding="same", dilation_rate=2)
    model = model_of(layer, (None, None, None, 3))
    kernel, bias = layer.get_weights()
    for size in (5, 6, 7):
        x = RNG.normal(size=(2, size, size + 1, 3)).astype(np.float32)
        expected = convolve(x, kernel, [1, 1], "SAME", [2, 2]) + bias
        np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_kernel_is_read_in_the_compute_dtype() -> None:
    model = model_of(layers.Conv1D(4, 3, dtype="mixed_float16"), (None, 9, 6), "float16")
    assert model.outputs[0].dtype.name == "float16"
    assert model.weights[0].dtype.name == "float32"
    assert model.predict(np.ones((1, 9, 6), np.float16)).dtype == np.float16


def test_shared_layer_keeps_its_channels() -> None:
    layer = layers.Conv2D(4, 3, name="c")
    layer(kerasfmt.Input((9, 8, 3)))
    with pytest.raises(
        InvalidModelError, match=r"layer c \(Conv2D\): input: expected 3 elements along axis -1"
    ):
        layer(kerasfmt.Input((9, 8, 6)))


def test_unknown_option() -> None:
    with pytest.raises(UnsupportedLayerError, match="unknown option window=3"):
        layers.Conv2D(4, 3, window=3)


def test_aliases() -> None:
    assert layers.Convolution2D is layers.Conv2D
