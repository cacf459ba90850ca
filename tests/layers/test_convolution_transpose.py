"""Transposed convolutions."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.ir.input_spec import InputSpec
from tests.layers.layer_tests import Shape, SizedLayerTests, use
from tests.nn.windowed import transposed

RNG = np.random.default_rng(5)


def model_of(layer: layers.Layer, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    model = kerasfmt.Model(inputs, layer(inputs))
    model.set_weights([RNG.normal(size=w.shape).astype(w.dtype.numpy) for w in model.weights])
    return model


def weights(*kernel: int) -> dict[str, Shape]:
    return {"kernel": kernel, "bias": kernel[-2:-1]}


class TestLayers(SizedLayerTests):
    uses = [
        use(
            layers.Conv1DTranspose(4, 3, strides=2),
            (None, 9, 6),
            gives=(None, 19, 4),
            weights=weights(3, 4, 6),
        ),
        use(
            layers.Conv1DTranspose(4, 3, data_format="channels_first"),
            (None, 6, None),
            gives=(None, 4, None),
            weights=weights(3, 4, 6),
        ),
        use(
            layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
            (None, None, 8, 6),
            gives=(None, None, 16, 4),
            weights=weights(3, 3, 4, 6),
        ),
        use(
            layers.Conv2DTranspose(4, 3, dilation_rate=2),
            (None, 9, 8, 6),
            gives=(None, 13, 12, 4),
            weights=weights(3, 3, 4, 6),
        ),
        use(
            layers.Conv3DTranspose(4, 2, use_bias=False),
            (None, 5, 4, 3, 6),
            gives=(None, 6, 5, 4, 4),
            weights={"kernel": (2, 2, 2, 4, 6)},
        ),
    ]
    needed = {
        getattr(layers, f"Conv{rank}DTranspose"): {"filters": 2, "kernel_size": 2} for rank in (1, 2, 3)
    }
    refused = {
        "output_padding": (
            lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=2, name="it"),
            "option output_padding: expected less than strides (2, 2), got (2, 2)",
        ),
        "dilation_rate": (
            lambda: layers.Conv2DTranspose(4, 3, dilation_rate=(1, 2), name="it"),
            "option dilation_rate: expected two equal numbers, got (1, 2)",
        ),
        "dilation_rate 3": (
            lambda: layers.Conv3DTranspose(4, 3, dilation_rate=2, name="it"),
            "option dilation_rate: expected 1, got (2, 2, 2)",
        ),
        "rank": (
            lambda: model_of(layers.Conv2DTranspose(4, 3, name="it"), (None, 8, 6)),
            "input: expected 4 dimensions",
        ),
        "channels": (
            lambda: model_of(layers.Conv2DTranspose(4, 3, name="it"), (None, 8, 6, None)),
            "input: expected a known size of axis -1",
        ),
    }


def test_config_in_keras_order() -> None:
    assert list(layers.Conv2DTranspose(4, 3).get_config())[-1] == "output_padding"
    assert "dilation_rate" not in layers.Conv3DTranspose(4, 3).get_config()


def test_positional_options_as_in_keras() -> None:
    assert layers.Conv2DTranspose(4, 3, 2, "same", 1).output_padding == (1, 1)


def test_input_spec() -> None:
    layer = layers.Conv2DTranspose(4, 3)
    model_of(layer, (None, 9, 8, 6))
    assert layer.input_spec() == InputSpec(ndim=4, axes={-1: 6})


def test_each_input_is_spread() -> None:
    model = model_of(layer := layers.Conv1DTranspose(1, 2, strides=2, use_bias=False), (None, 3, 1))
    layer.set_weights([np.array([[[10]], [[1]]], np.float32)])
    np.testing.assert_array_equal(
        model.predict(np.array([[[1], [2], [3]]], np.float32)).ravel(), [10, 1, 20, 2, 30, 3]
    )


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 3)])
def test_images_by_definition(padding: str, strides: tuple[int, int]) -> None:
    layer = layers.Conv2DTranspose(2, (3, 4), strides=strides, padding=padding)
    model = model_of(layer, (None, 4, 5, 3))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 4, 5, 3)).astype(np.float32)
    shape = model.outputs[0].shape
    assert shape is not None
    expected = transposed(x, kernel, strides, (2, *(d or 0 for d in shape[1:])), padding.upper()) + bias
    # float32 sums of at most 36 products.
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-5)


def test_a_dilated_one_is_the_gradient() -> None:
    """<conv(x), y> = <x, conv_transpose(y)> for one kernel."""
    conv = layers.Conv2D(2, 3, dilation_rate=2, use_bias=False)
    back = layers.Conv2DTranspose(3, 3, dilation_rate=2, use_bias=False)
    forward, backward = model_of(conv, (None, 9, 8, 3)), model_of(back, (None, 5, 4, 2))
    back.set_weights(conv.get_weights())
    x = RNG.normal(size=(1, 9, 8, 3)).astype(np.float32)
    y = RNG.normal(size=(1, 5, 4, 2)).astype(np.float32)
    left, right = np.sum(forward.predict(x) * y), np.sum(x * backward.predict(y))
    assert left == pytest.approx(right, rel=1e-4)


def test_aliases() -> None:
    assert layers.Convolution3DTranspose is layers.Conv3DTranspose
