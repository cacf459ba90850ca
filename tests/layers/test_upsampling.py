"""Layers that enlarge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from tests.layers.layer_tests import Shape, SizedLayerTests, use

FIRST = {"data_format": "channels_first"}


def model_of(layer: Any, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    return kerasfmt.Model(inputs, layer(inputs))


class TestLayers(SizedLayerTests):
    uses = [
        use(layers.UpSampling1D(3), (None, 4, 6), gives=(None, 12, 6)),
        use(layers.UpSampling1D(), (None, None, 6), gives=(None, None, 6)),
        use(layers.UpSampling2D((3, 2)), (None, 4, 5, 6), gives=(None, 12, 10, 6)),
        use(layers.UpSampling2D(interpolation="bilinear", **FIRST), (None, 6, 4, 5), gives=(None, 6, 8, 10)),
        use(layers.UpSampling2D(interpolation="lanczos3"), (None, 4, 5, 6), gives=(None, 8, 10, 6)),
        use(layers.UpSampling3D((1, 2, 3)), (None, 2, None, 4, 6), gives=(None, 2, None, 12, 6)),
        use(layers.UpSampling3D(2, **FIRST), (None, 6, 2, 3, 4), gives=(None, 6, 4, 6, 8)),
    ]
    needed = {getattr(layers, f"UpSampling{rank}D"): {} for rank in (1, 2, 3)}
    axes = {layers.UpSampling3D: 4}
    refused = {
        "interpolation": (
            lambda: layers.UpSampling2D(interpolation="cubic", name="it"),
            "option interpolation: expected one of ['nearest', ",
        ),
        "rank": (
            lambda: model_of(layers.UpSampling2D(name="it"), (None, 4, 5)),
            "input: expected 4 dimensions",
        ),
    }


def test_config_in_keras_order() -> None:
    assert list(layers.UpSampling2D().get_config())[3:] == ["size", "data_format", "interpolation"]
    assert layers.UpSampling3D().input_spec() is None


# Layer, what it makes of an image of two rows (1, 2) and (3, 4).
VALUES: list[tuple[Any, list[list[float]]]] = [
    (layers.UpSampling2D((1, 2)), [[1, 1, 2, 2], [3, 3, 4, 4]]),
    (layers.UpSampling2D((1, 2), interpolation="bilinear"), [[1, 1.25, 1.75, 2], [3, 3.25, 3.75, 4]]),
    (layers.UpSampling2D((2, 1), interpolation="area"), [[1, 2], [1, 2], [3, 4], [3, 4]]),
]


@pytest.mark.parametrize(("layer", "expected"), VALUES)
def test_values(layer: Any, expected: list[list[float]]) -> None:
    square = np.array([[1, 2], [3, 4]], np.float32)
    got = model_of(layer, (None, 2, 2, 1)).predict(square[None, ..., None])
    np.testing.assert_allclose(got[0, ..., 0], expected, rtol=1e-6)


@pytest.mark.parametrize("method", ["bicubic", "gaussian", "lanczos3", "lanczos5", "mitchellcubic"])
def test_interpolation_keeps_a_plain_image(method: str) -> None:
    model = model_of(layers.UpSampling2D((2, 3), interpolation=method), (None, None, 5, 2))
    got = model.predict(np.full((1, 4, 5, 2), 3, np.float32))
    assert got.shape == (1, 8, 15, 2)
    np.testing.assert_allclose(got, 3, rtol=1e-6)


def test_repetition() -> None:
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    for shape in ((None, 3, 2), (None, None, 2)):
        np.testing.assert_array_equal(model_of(layers.UpSampling1D(2), shape).predict(x), np.repeat(x, 2, 1))
    many = model_of(layers.UpSampling1D(200_000), (None, 1, 2)).predict(x[:, :1])
    np.testing.assert_array_equal(many, np.repeat(x[:, :1], 200_000, 1))
    volume = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4, 1)
    got = model_of(layers.UpSampling3D((1, 2, 3)), (None, 2, 3, 4, 1)).predict(volume)
    np.testing.assert_array_equal(got, volume.repeat(2, 2).repeat(3, 3))
