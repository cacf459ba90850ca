"""Poolings over windows and over everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.ir.input_spec import InputSpec
from tests.layers.layer_tests import Shape, SizedLayerTests, Use, use

FIRST = {"data_format": "channels_first"}


def model_of(layer: Any, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    return kerasfmt.Model(inputs, layer(inputs))


class TestLayers(SizedLayerTests):
    uses = [
        use(layers.MaxPooling1D(), (None, None, 6), gives=(None, None, 6)),
        use(layers.MaxPooling1D(3, strides=2, padding="same"), (None, 9, 6), gives=(None, 5, 6)),
        use(layers.AveragePooling1D(3, **FIRST), (None, 6, 9), gives=(None, 6, 3)),
        use(layers.MaxPooling2D(), (None, None, 9, 6), gives=(None, None, 4, 6)),
        use(
            layers.AveragePooling2D((3, 2), strides=1, padding="same"), (None, 9, 8, 6), gives=(None, 9, 8, 6)
        ),
        use(layers.MaxPooling2D(**FIRST), (None, 6, 9, 8), gives=(None, 6, 4, 4)),
        use(layers.MaxPooling3D(2, strides=(1, 2, 3)), (2, 4, 5, 6, 3), gives=(2, 3, 2, 2, 3)),
        use(layers.AveragePooling3D(**FIRST), (None, 3, 4, 5, None), gives=(None, 3, 2, 2, None)),
        use(layers.GlobalMaxPooling1D(), (None, None, 6), gives=(None, 6)),
        use(layers.GlobalAveragePooling1D(keepdims=True, **FIRST), (None, 6, 9), gives=(None, 6, 1)),
        use(layers.GlobalAveragePooling2D(keepdims=True), (None, 9, 8, 6), gives=(None, 1, 1, 6)),
        use(layers.GlobalMaxPooling2D(**FIRST), (None, 6, 9, 8), gives=(None, 6)),
        use(layers.GlobalMaxPooling3D(), (None, 4, None, 6, 3), gives=(None, 3)),
        use(layers.GlobalAveragePooling3D(keepdims=True), (None, 4, 5, 6, 3), gives=(None, 1, 1, 1, 3)),
    ]
    needed = {
        getattr(layers, f"{place}{kind}Pooling{rank}D"): {}
        for place in ("", "Global")
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    }
    refused = {
        "pool_size": (
            lambda: layers.MaxPooling2D(0, name="it"),
            "option pool_size: expected 2 integers of at least 1, got 0",
        ),
        "padding": (
            lambda: layers.MaxPooling2D(padding="full", name="it"),
            "option padding: expected one of ['valid', 'same'], got 'full'",
        ),
        "data_format": (
            lambda: layers.MaxPooling2D(data_format="nchw", name="it"),
            "option data_format: expected channels_last or channels_first, got 'nchw'",
        ),
        "rank": (
            lambda: model_of(layers.MaxPooling2D(name="it"), (None, 9, 6)),
            "input: expected 4 dimensions, got shape (None, 9, 6)",
        ),
        "window": (
            lambda: model_of(layers.MaxPooling2D(5, name="it"), (None, 3, 3, 6)),
            "option pool_size: expected at most 3, the size of axis 1, got 5",
        ),
        "no steps": (
            lambda: model_of(layers.GlobalMaxPooling1D(name="it"), (None, 0, 6)),
            "input: expected a size of at least 1 along axis 1, got (None, 0, 6)",
        ),
    }


@pytest.mark.parametrize("case", TestLayers.uses, ids=str)
def test_input_specs(case: Use) -> None:
    layer = case.made()
    case.model(layer)
    assert layer.input_spec() == InputSpec(ndim=len(case.shapes[0]))


def test_config_in_keras_order() -> None:
    one = layers.MaxPooling1D().get_config()
    assert list(one)[3:] == ["strides", "pool_size", "padding", "data_format"]
    assert one["strides"] == (2,)
    two = layers.AveragePooling2D((3, 2)).get_config()
    assert list(two)[3:] == ["pool_size", "padding", "strides", "data_format"]
    assert two["strides"] == (3, 2)
    assert list(layers.GlobalMaxPooling2D().get_config())[3:] == ["data_format", "keepdims"]


X = np.array([[1, 5, 2, 8, 3]], np.float32)[..., None]

# Layer, its outputs for X.
VALUES: list[tuple[Any, list[float]]] = [
    (layers.MaxPooling1D(2), [5, 8]),
    (layers.MaxPooling1D(2, strides=1), [5, 5, 8, 8]),
    (layers.MaxPooling1D(2, padding="same"), [5, 8, 3]),
    (layers.AveragePooling1D(2), [3, 5]),
    (layers.AveragePooling1D(2, padding="same"), [3, 5, 3]),
    (layers.AveragePooling1D(3, strides=2, padding="same"), [3, 5, 5.5]),
    (layers.GlobalMaxPooling1D(), [8]),
    (layers.GlobalAveragePooling1D(), [3.8]),
]


@pytest.mark.parametrize(("layer", "expected"), VALUES)
def test_values(layer: Any, expected: list[float]) -> None:
    got = model_of(layer, (None, 5, 1)).predict(X)
    np.testing.assert_allclose(got.ravel(), np.float32(expected), rtol=1e-6)


def test_maximum_of_negative_numbers_ignores_padding() -> None:
    got = model_of(layers.MaxPooling2D(3, strides=1, padding="same"), (None, 2, 2, 1)).predict(
        -np.ones((1, 2, 2, 1), np.float32)
    )
    np.testing.assert_array_equal(got, -1)


def test_channels_first_is_the_transpose() -> None:
    x = np.random.default_rng(0).normal(size=(2, 9, 8, 3)).astype(np.float32)
    last = model_of(layers.AveragePooling2D(3), (None, 9, 8, 3)).predict(x)
    first = model_of(layers.AveragePooling2D(3, **FIRST), (None, 3, 9, 8)).predict(x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), last)


@pytest.mark.parametrize("keepdims", [False, True])
def test_mean_of_the_steps_that_are_not_masked(keepdims: bool) -> None:
    inputs = kerasfmt.Input((4,), dtype="int32")
    steps = layers.Embedding(5, 2, mask_zero=True)(inputs)
    outputs = layers.GlobalAveragePooling1D(keepdims=keepdims)(steps)
    model = kerasfmt.Model(inputs, outputs)
    model.set_weights([np.arange(10, dtype=np.float32).reshape(5, 2)])
    got = model.predict(np.array([[1, 3, 0, 0], [4, 0, 0, 0]], np.int32))
    np.testing.assert_array_equal(got.reshape(2, 2), [[4, 5], [8, 9]])
    assert got.ndim == (3 if keepdims else 2)
    assert not outputs.masked


def test_aliases() -> None:
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.AvgPool1D is layers.AveragePooling1D
    assert layers.GlobalAvgPool3D is layers.GlobalAveragePooling3D
