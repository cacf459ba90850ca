from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Normalization, Rescaling
from tests.layers.one_layer import apply, f32, model_of, reread

X = f32([1, 2, 3], [4, 5, 6])

RESCALINGS: dict[str, tuple[Any, Any, Any]] = {
    "numbers": (2, -1, [[1, 3, 5], [7, 9, 11]]),
    "lists": ([1, 2, 3], [0.5, 0, 0], [[1.5, 4, 9], [4.5, 10, 18]]),
    "tuple": ((1, 0, 1), 0.0, [[1, 0, 3], [4, 0, 6]]),
    "array": (np.array([1.0, 0, 1]), 0.0, [[1, 0, 3], [4, 0, 6]]),
    "scalar": (np.float32(0.5), 0, [[0.5, 1, 1.5], [2, 2.5, 3]]),
}


@pytest.mark.parametrize("name", RESCALINGS)
def test_rescaling(name: str) -> None:
    scale, offset, expected = RESCALINGS[name]
    layer = Rescaling(scale, offset)
    np.testing.assert_array_equal(apply(layer, X), f32(*expected))
    reread(layer)
    assert layer.tracked_lists() == (("scale", "offset") if name == "lists" else ())


def test_rescaling_of_bytes() -> None:
    result = apply(Rescaling(1 / 255), np.uint8([[0, 51, 255]]))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [[0, 0.2, 1]], rtol=1e-6)


def test_rescaling_passes_through_single_precision() -> None:
    layer = Rescaling(0.1, dtype="float64")
    x = kerasfmt.Input((1,), dtype="float64")
    assert kerasfmt.Model(x, layer(x)).predict(np.ones((1, 1)))[0, 0] == np.float64(np.float32(0.1))


def test_normalization_with_weights() -> None:
    layer = Normalization()
    model = model_of(layer, X)
    assert [(w.name, w.shape, w.dtype.name) for w in model.weights] == [
        (f"{layer.name}/mean", (3,), "float32"),
        (f"{layer.name}/variance", (3,), "float32"),
        (f"{layer.name}/count", (), "int64"),
    ]
    np.testing.assert_array_equal(model.predict(X), X)
    model.set_weights([f32(1, 2, 3), f32(1, 4, 0.25), np.int64(2)])
    np.testing.assert_array_equal(model.predict(X), f32([0, 0, 0], [3, 1.5, 6]))
    assert list(layer.weight_attributes) == ["mean", "adapt_mean", "variance", "adapt_variance", "count"]
    assert layer.trainable_weights == []


OPTIONS: dict[str, tuple[dict[str, Any], Any]] = {
    "list": ({"mean": [1, 2, 3], "variance": [1, 4, 0.25]}, [[0, 0, 0], [3, 1.5, 6]]),
    "number": ({"mean": 1.0, "variance": 4.0}, [[0, 0.5, 1], [1.5, 2, 2.5]]),
    "no axis": ({"axis": None, "mean": 1.0, "variance": 4.0}, [[0, 0.5, 1], [1.5, 2, 2.5]]),
    "array": ({"mean": np.array([1, 2, 3]), "variance": np.array([1, 4, 0.25])}, [[0, 0, 0], [3, 1.5, 6]]),
    "invert": ({"mean": 1.0, "variance": 4.0, "invert": True}, [[3, 5, 7], [9, 11, 13]]),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_normalization_with_options(name: str) -> None:
    options, expected = OPTIONS[name]
    layer = Normalization(**options)
    np.testing.assert_array_equal(apply(layer, X), f32(*expected))
    assert not layer.weights
    assert list(layer.get_config())[-4:] == ["axis", "invert", "mean", "variance"]
    reread(layer)


def test_normalization_bounds_the_deviation() -> None:
    layer = Normalization(mean=0.0, variance=0.0)
    np.testing.assert_allclose(apply(layer, f32([1e-7])), [[1]], rtol=1e-6)


def test_normalization_of_axes() -> None:
    x = np.zeros((2, 3, 4, 5), np.float32)
    layer = Normalization(axis=(-1, 1))
    apply(layer, x)
    assert layer.adapt_mean.shape == (3, 5)
    assert layer.get_config()["axis"] == (-1, 1)
    assert layer.facts.restored_from_config
    assert layer.tracked_lists() == ("_keep_axis", "_reduce_axis", "_reduce_axis_mask", "_broadcast_shape")


FAILURES: dict[str, tuple[Any, str]] = {
    "scale": (lambda: Rescaling("half"), "option scale: expected numbers, got 'half'"),
    "offset": (lambda: Rescaling(1, None), "option offset: expected numbers, got None"),
    "axis": (
        lambda: Normalization(axis=3),
        "option axis: expected axes of inputs with 2 dimensions, got (3,)",
    ),
    "mean alone": (lambda: Normalization(mean=1), "option mean: expected with variance, got 1 and None"),
    "mean": (lambda: Normalization(mean=[1, 2], variance=1), "option mean: expected shape (3,), got (2,)"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_say_what_is_wrong(name: str) -> None:
    make, message = FAILURES[name]
    with pytest.raises(InvalidModelError) as caught:
        apply(make(), X)
    assert message in str(caught.value)


def test_unknown_axis() -> None:
    with pytest.raises(InvalidModelError, match="expected a known size"):
        Normalization()(kerasfmt.Input((None,)))
