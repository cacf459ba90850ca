"""Layers that pad, crop, repeat and rearrange."""

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
        use(layers.ZeroPadding1D(), (None, None, 6), gives=(None, None, 6)),
        use(layers.ZeroPadding1D((0, 2)), (None, 9, 6), gives=(None, 11, 6)),
        use(layers.ZeroPadding2D((1, 2)), (None, None, 8, 6), gives=(None, None, 12, 6)),
        use(layers.ZeroPadding2D(((1, 2), (0, 3)), **FIRST), (None, 6, 9, 8), gives=(None, 6, 12, 11)),
        use(layers.ZeroPadding3D(2), (None, 3, 4, 5, 6), gives=(None, 7, 8, 9, 6)),
        use(layers.Cropping1D(), (None, 9, 6), gives=(None, 7, 6)),
        use(layers.Cropping1D((2, 0)), (None, None, 6), gives=(None, None, 6)),
        use(layers.Cropping2D(), (None, 9, 8, 6), gives=(None, 9, 8, 6)),
        use(layers.Cropping2D(((1, 0), (0, 2))), (None, 9, 8, 6), gives=(None, 8, 6, 6)),
        use(layers.Cropping3D(**FIRST), (None, 6, 3, 4, 5), gives=(None, 6, 1, 2, 3)),
        use(layers.Permute((2, 1)), (None, 5, 6), gives=(None, 6, 5)),
        use(layers.Permute((3, 1, 2)), (None, None, 5, 6), gives=(None, 6, None, 5)),
        use(layers.RepeatVector(3), (None, 6), gives=(None, 3, 6)),
    ]
    needed = {
        **{
            getattr(layers, f"{kind}{rank}D"): {}
            for kind in ("ZeroPadding", "Cropping")
            for rank in (1, 2, 3)
        },
        layers.Permute: {"dims": (2, 1)},
        layers.RepeatVector: {"n": 2},
    }
    axes = {layers.RepeatVector: 2, layers.Permute: 3}
    refused = {
        "padding 1": (
            lambda: layers.ZeroPadding1D(-1, name="it"),
            "option padding: expected 2 integers of at least 0, got -1",
        ),
        "padding 2": (
            lambda: layers.ZeroPadding2D((1, 2, 3), name="it"),
            "option padding: expected 2 pairs of integers, got (1, 2, 3)",
        ),
        "padding 3": (
            lambda: layers.ZeroPadding3D(((1, 2), (1,), 1), name="it"),
            "option padding: expected 2 integers of at least 0, got (1,)",
        ),
        "dims": (
            lambda: layers.Permute((1, 3), name="it"),
            "option dims: expected each of 1 to 2 once, got (1, 3)",
        ),
        "n": (
            lambda: layers.RepeatVector(0, name="it"),
            "option n: expected a whole number of at least 1, got 0",
        ),
        "cropping": (
            lambda: model_of(layers.Cropping1D((2, 3), name="it"), (None, 5, 6)),
            "option cropping: expected less than the 5 elements of axis 1, got (2, 3)",
        ),
        "dims of the input": (
            lambda: model_of(layers.Permute((2, 1), name="it"), (None, 5, 6, 7)),
            "option dims: expected 3 axes for shape",
        ),
    }


@pytest.mark.parametrize("case", TestLayers.uses, ids=str)
def test_input_specs(case: Use) -> None:
    layer = case.made()
    case.model(layer)
    assert layer.input_spec() == InputSpec(ndim=len(case.shapes[0]))


def test_configs() -> None:
    padding = layers.ZeroPadding2D((1, 2)).get_config()
    assert list(padding)[3:] == ["padding", "data_format"]
    assert padding["padding"] == ((1, 1), (2, 2))
    assert layers.ZeroPadding2D([[1, 2], [0, 3]]).get_config()["padding"] == ((1, 2), (0, 3))
    assert layers.Cropping1D(2).get_config()["cropping"] == (2, 2)
    assert layers.Cropping2D().get_config()["cropping"] == ((0, 0), (0, 0))


SQUARE = np.array([[[[1], [2]], [[3], [4]]]], np.float32)

# Layer, its outputs for SQUARE.
VALUES: list[tuple[Any, list[list[float]]]] = [
    (layers.ZeroPadding2D(((1, 0), (0, 1))), [[0, 0, 0], [1, 2, 0], [3, 4, 0]]),
    (layers.Cropping2D(((1, 0), (0, 1))), [[3]]),
    (layers.Permute((2, 1, 3)), [[1, 3], [2, 4]]),
]


@pytest.mark.parametrize(("layer", "expected"), VALUES)
def test_values(layer: Any, expected: list[list[float]]) -> None:
    got = model_of(layer, (None, 2, 2, 1)).predict(SQUARE)
    np.testing.assert_allclose(got[0, ..., 0], expected, rtol=1e-6)


def test_repetition() -> None:
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    got = model_of(layers.RepeatVector(3), (None, 2)).predict(x)
    np.testing.assert_array_equal(got, np.repeat(x[:, None], 3, 1))
