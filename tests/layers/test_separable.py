"""Convolutions of each channel, alone or with one of all the results."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.ir.input_spec import InputSpec
from tests.layers.layer_tests import Shape, SizedLayerTests, use
from tests.nn.windowed import convolve, depthwise

FIRST = {"data_format": "channels_first"}
RNG = np.random.default_rng(5)


def model_of(layer: layers.Layer, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    model = kerasfmt.Model(inputs, layer(inputs))
    model.set_weights([RNG.normal(size=w.shape).astype(w.dtype.numpy) for w in model.weights])
    return model


class TestLayers(SizedLayerTests):
    uses = [
        use(
            layers.DepthwiseConv1D(3, depth_multiplier=2),
            (None, 9, 6),
            gives=(None, 7, 12),
            weights={"depthwise_kernel": (3, 6, 2), "bias": (12,)},
        ),
        use(
            layers.DepthwiseConv2D(3, **FIRST),
            (None, 6, 9, 8),
            gives=(None, 6, 7, 6),
            weights={"depthwise_kernel": (3, 3, 6, 1), "bias": (6,)},
        ),
        use(
            layers.DepthwiseConv2D(3, padding="same", dilation_rate=2, use_bias=False),
            (None, None, None, 6),
            gives=(None, None, None, 6),
            weights={"depthwise_kernel": (3, 3, 6, 1)},
        ),
        use(
            layers.SeparableConv1D(4, 3),
            (None, 9, 6),
            gives=(None, 7, 4),
            weights={"depthwise_kernel": (3, 6, 1), "pointwise_kernel": (1, 6, 4), "bias": (4,)},
        ),
        use(
            layers.SeparableConv2D(4, 3, depth_multiplier=2),
            (None, None, 8, 6),
            gives=(None, None, 6, 4),
            weights={"depthwise_kernel": (3, 3, 6, 2), "pointwise_kernel": (1, 1, 12, 4), "bias": (4,)},
        ),
    ]
    needed = {
        **{getattr(layers, f"SeparableConv{rank}D"): {"filters": 2, "kernel_size": 2} for rank in (1, 2)},
        **{getattr(layers, f"DepthwiseConv{rank}D"): {"kernel_size": 2} for rank in (1, 2)},
    }
    refused = {
        "window": (
            lambda: model_of(layers.SeparableConv1D(4, 3, dilation_rate=4, **FIRST, name="it"), (None, 6, 8)),
            "option kernel_size: expected at most 8, the size of axis 2, got 3, dilated to 9",
        ),
        "rank": (
            lambda: model_of(layers.DepthwiseConv2D(3, name="it"), (None, 8, 6)),
            "input: expected 4 dimensions",
        ),
        "channels": (
            lambda: model_of(layers.DepthwiseConv2D(3, name="it"), (None, 8, 6, None)),
            "input: expected a known size of axis -1",
        ),
        "depth_multiplier": (
            lambda: layers.SeparableConv2D(4, 3, depth_multiplier=0, name="it"),
            "option depth_multiplier: expected a whole number of at least 1, got 0",
        ),
    }


def test_config_in_keras_order() -> None:
    assert list(layers.DepthwiseConv2D(3).get_config())[-4:] == [
        *("depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint")
    ]


def test_positional_options_as_in_keras() -> None:
    assert layers.DepthwiseConv2D(3, 1, "same", 2).depth_multiplier == 2
    assert layers.SeparableConv2D(4, 3, 1, "same", None, 1, 2).depth_multiplier == 2


def test_options_of_weights() -> None:
    layer = layers.SeparableConv2D(4, 3, depthwise_regularizer="l2", pointwise_constraint="non_neg")
    model_of(layer, (None, 9, 8, 6))
    assert layer.depthwise_kernel.regularizer is not None
    assert layer.depthwise_kernel.constraint is None
    assert layer.pointwise_kernel.regularizer is None
    assert layer.pointwise_kernel.constraint is not None


def test_input_spec() -> None:
    layer = layers.DepthwiseConv2D(3)
    model_of(layer, (None, 9, 8, 6))
    assert layer.input_spec() == InputSpec(min_ndim=4, axes={-1: 6})


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("strides", "rates"), [(1, 1), (2, 1), (1, 2)])
def test_images_by_definition(padding: str, strides: int, rates: int) -> None:
    options = {"strides": strides, "padding": padding, "dilation_rate": rates, "depth_multiplier": 2}
    deep, both = layers.DepthwiseConv2D(3, **options), layers.SeparableConv2D(4, 3, **options)
    models = [model_of(layer, (None, 9, 8, 3)) for layer in (deep, both)]
    x = RNG.normal(size=(2, 9, 8, 3)).astype(np.float32)
    kernel, bias = deep.get_weights()
    expected = depthwise(x, kernel, [strides] * 2, padding.upper(), [rates] * 2) + bias
    # float32 sums of 9 products, and of 54.
    np.testing.assert_allclose(models[0].predict(x), expected, rtol=1e-4, atol=1e-5)
    kernel, points, bias = both.get_weights()
    middle = depthwise(x, kernel, [strides] * 2, padding.upper(), [rates] * 2)
    np.testing.assert_allclose(
        models[1].predict(x), convolve(middle, points, [1, 1]) + bias, rtol=1e-4, atol=2e-5
    )


def test_aliases() -> None:
    assert layers.SeparableConvolution1D is layers.SeparableConv1D
