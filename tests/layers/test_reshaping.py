"""Layers that pad, crop, enlarge, repeat and rearrange."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.input_spec import InputSpec

Shape = tuple[int | None, ...]
FIRST = {"data_format": "channels_first"}


def model_of(layer: Any, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    return kerasfmt.Model(inputs, layer(inputs))


# Layer, input shape, output shape.
SHAPES: list[tuple[Any, Shape, Shape]] = [
    (layers.ZeroPadding1D(), (None, None, 6), (None, None, 6)),
    (layers.ZeroPadding1D((0, 2)), (None, 9, 6), (None, 11, 6)),
    (layers.ZeroPadding2D((1, 2)), (None, None, 8, 6), (None, None, 12, 6)),
    (layers.ZeroPadding2D(((1, 2), (0, 3)), **FIRST), (None, 6, 9, 8), (None, 6, 12, 11)),
    (layers.ZeroPadding3D(2), (None, 3, 4, 5, 6), (None, 7, 8, 9, 6)),
    (layers.Cropping1D(), (None, 9, 6), (None, 7, 6)),
    (layers.Cropping1D((2, 0)), (None, None, 6), (None, None, 6)),
    (layers.Cropping2D(), (None, 9, 8, 6), (None, 9, 8, 6)),
    (layers.Cropping2D(((1, 0), (0, 2))), (None, 9, 8, 6), (None, 8, 6, 6)),
    (layers.Cropping3D(**FIRST), (None, 6, 3, 4, 5), (None, 6, 1, 2, 3)),
    (layers.UpSampling1D(3), (None, 4, 6), (None, 12, 6)),
    (layers.UpSampling1D(), (None, None, 6), (None, None, 6)),
    (layers.UpSampling2D((3, 2)), (None, 4, 5, 6), (None, 12, 10, 6)),
    (layers.UpSampling2D(interpolation="bilinear", **FIRST), (None, 6, 4, 5), (None, 6, 8, 10)),
    (layers.UpSampling2D(interpolation="lanczos3"), (None, 4, 5, 6), (None, 8, 10, 6)),
    (layers.UpSampling3D((1, 2, 3)), (None, 2, None, 4, 6), (None, 2, None, 12, 6)),
    (layers.Permute((2, 1)), (None, 5, 6), (None, 6, 5)),
    (layers.Permute((3, 1, 2)), (None, None, 5, 6), (None, 6, None, 5)),
    (layers.RepeatVector(3), (None, 6), (None, 3, 6)),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), SHAPES)
def test_shapes(layer: Any, shape: Shape, expected: Shape) -> None:
    model = model_of(layer, shape)
    assert model.outputs[0].shape == expected
    got = model.predict(np.zeros(tuple(d or 7 for d in shape), np.float32)).shape
    assert all(e is None or e == g for e, g in zip(expected, got, strict=True))
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    assert layer.input_spec() in (InputSpec(ndim=len(shape)), None)


def test_configs() -> None:
    padding = layers.ZeroPadding2D((1, 2)).get_config()
    assert list(padding)[3:] == ["padding", "data_format"]
    assert padding["padding"] == ((1, 1), (2, 2))
    assert layers.ZeroPadding2D([[1, 2], [0, 3]]).get_config()["padding"] == ((1, 2), (0, 3))
    assert layers.Cropping1D(2).get_config()["cropping"] == (2, 2)
    assert layers.Cropping2D().get_config()["cropping"] == ((0, 0), (0, 0))
    assert list(layers.UpSampling2D().get_config())[3:] == ["size", "data_format", "interpolation"]
    assert layers.UpSampling3D().input_spec() is None


SQUARE = np.array([[[[1], [2]], [[3], [4]]]], np.float32)

# Layer, its outputs for SQUARE.
VALUES: list[tuple[Any, list[list[float]]]] = [
    (layers.ZeroPadding2D(((1, 0), (0, 1))), [[0, 0, 0], [1, 2, 0], [3, 4, 0]]),
    (layers.Cropping2D(((1, 0), (0, 1))), [[3]]),
    (layers.UpSampling2D((1, 2)), [[1, 1, 2, 2], [3, 3, 4, 4]]),
    (layers.UpSampling2D((1, 2), interpolation="bilinear"), [[1, 1.25, 1.75, 2], [3, 3.25, 3.75, 4]]),
    (layers.UpSampling2D((2, 1), interpolation="area"), [[1, 2], [1, 2], [3, 4], [3, 4]]),
    (layers.Permute((2, 1, 3)), [[1, 3], [2, 4]]),
]


@pytest.mark.parametrize(("layer", "expected"), VALUES)
def test_values(layer: Any, expected: list[list[float]]) -> None:
    got = model_of(layer, (None, 2, 2, 1)).predict(SQUARE)
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
    got = model_of(layers.RepeatVector(3), (None, 2)).predict(x[0])
    np.testing.assert_array_equal(got, np.repeat(x[0][:, None], 3, 1))


ERRORS: list[tuple[Any, str]] = [
    (lambda: layers.ZeroPadding1D(-1), "option padding: expected 2 integers of at least 0, got -1"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "option padding: expected 2 pairs of integers, got (1, 2, 3)"),
    (
        lambda: layers.ZeroPadding3D(((1, 2), (1,), 1)),
        "option padding: expected 2 integers of at least 0, got (1,)",
    ),
    (lambda: layers.Permute((1, 3)), "option dims: expected each of 1 to 2 once, got (1, 3)"),
    (lambda: layers.RepeatVector(0), "option n: expected a whole number of at least 1, got 0"),
    (
        lambda: layers.UpSampling2D(interpolation="cubic"),
        "option interpolation: expected one of ['nearest', ",
    ),
    (
        lambda: model_of(layers.Cropping1D((2, 3)), (None, 5, 6)),
        "option cropping: expected less than the 5 elements of axis 1, got (2, 3)",
    ),
    (lambda: model_of(layers.Permute((2, 1)), (None, 5, 6, 7)), "option dims: expected 3 axes for shape"),
]


@pytest.mark.parametrize(("make", "text"), ERRORS)
def test_errors(make: Any, text: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        make()
    assert text in str(caught.value)
