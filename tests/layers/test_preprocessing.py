from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import Normalization, Rescaling
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32, model_of

X = f32([1, 2, 3], [4, 5, 6])

RESCALINGS: dict[str, tuple[Any, Any, Any]] = {
    "numbers": (2, -1, [[1, 3, 5], [7, 9, 11]]),
    "lists": ([1, 2, 3], [0.5, 0, 0], [[1.5, 4, 9], [4.5, 10, 18]]),
    "tuple": ((1, 0, 1), 0.0, [[1, 0, 3], [4, 0, 6]]),
    "array": (np.array([1.0, 0, 1]), 0.0, [[1, 0, 3], [4, 0, 6]]),
    "scalar": (np.float32(0.5), 0, [[0.5, 1, 1.5], [2, 2.5, 3]]),
}


OPTIONS: dict[str, tuple[dict[str, Any], Any]] = {
    "list": ({"mean": [1, 2, 3], "variance": [1, 4, 0.25]}, [[0, 0, 0], [3, 1.5, 6]]),
    "number": ({"mean": 1.0, "variance": 4.0}, [[0, 0.5, 1], [1.5, 2, 2.5]]),
    "no axis": ({"axis": None, "mean": 1.0, "variance": 4.0}, [[0, 0.5, 1], [1.5, 2, 2.5]]),
    "array": ({"mean": np.array([1, 2, 3]), "variance": np.array([1, 4, 0.25])}, [[0, 0, 0], [3, 1.5, 6]]),
    "invert": ({"mean": 1.0, "variance": 4.0, "invert": True}, [[3, 5, 7], [9, 11, 13]]),
}


class TestLayers(LayerTests):
    uses = [
        *(
            use(Rescaling(scale, offset), (None, 3), gives=(None, 3))
            for scale, offset, _ in RESCALINGS.values()
        ),
        use(Rescaling(1 / 255), (None, None, None, 3), gives=(None, None, None, 3), dtype="uint8"),
        use(
            Normalization(),
            (None, 4, 3),
            gives=(None, 4, 3),
            weights={"mean": (3,), "variance": (3,), "count": ()},
        ),
        use(
            Normalization(axis=(-1, 1)),
            (None, 3, None, 5),
            gives=(None, 3, None, 5),
            weights={"mean": (3, 5), "variance": (3, 5), "count": ()},
        ),
        use(
            Normalization(axis=None),
            (None, None, 3),
            gives=(None, None, 3),
            weights={"mean": (), "variance": (), "count": ()},
        ),
        *(use(Normalization(**options), (None, 3), gives=(None, 3)) for options, _ in OPTIONS.values()),
    ]
    refused = {
        "scale": (lambda: Rescaling("half", name="it"), "option scale: expected numbers, got 'half'"),
        "offset": (lambda: Rescaling(1, None, name="it"), "option offset: expected numbers, got None"),
        "axis": (
            lambda: apply(Normalization(axis=3, name="it"), X),
            "option axis: expected axes of inputs with 2 dimensions, got (3,)",
        ),
        "mean alone": (
            lambda: Normalization(mean=1, name="it"),
            "option mean: expected with variance, got 1 and None",
        ),
        "mean": (
            lambda: apply(Normalization(mean=[1, 2], variance=1, name="it"), X),
            "option mean: expected shape (3,), got (2,)",
        ),
        "unknown size": (lambda: Normalization(name="it")(kerasfmt.Input((None,))), "expected a known size"),
    }


@pytest.mark.parametrize("name", RESCALINGS)
def test_rescaling(name: str) -> None:
    scale, offset, expected = RESCALINGS[name]
    layer = Rescaling(scale, offset)
    np.testing.assert_array_equal(apply(layer, X), f32(*expected))
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


@pytest.mark.parametrize("name", OPTIONS)
def test_normalization_with_options(name: str) -> None:
    options, expected = OPTIONS[name]
    layer = Normalization(**options)
    np.testing.assert_array_equal(apply(layer, X), f32(*expected))
    assert not layer.weights
    assert list(layer.get_config())[-4:] == ["axis", "invert", "mean", "variance"]


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


def test_statistics_are_learned_in_batches() -> None:
    data = np.random.default_rng(3).normal(5, 2, (1000, 3)).astype(np.float32)
    layer = Normalization()
    layer.adapt(data * 9)
    layer.adapt(data)
    mean, variance, count = layer.get_weights()
    np.testing.assert_allclose(mean, data.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, data.var(0), rtol=1e-5)
    assert count == 1000
    outputs = apply(layer, data)
    assert np.abs(outputs.mean(0)).max() < 1e-5


@pytest.mark.parametrize(
    ("layer", "data", "said"),
    [
        (Normalization(mean=1.0, variance=2.0), X, "it has a mean and a variance and cannot be adapted"),
        (Normalization(), np.zeros((3, 4, 5)), "option axis|expected 2 dimensions"),
    ],
    ids=["given", "dimensions"],
)
def test_statistics_that_cannot_be_learned(layer: Normalization, data: Any, said: str) -> None:
    if said.startswith("option"):
        layer.adapt(X)
    with pytest.raises(InvalidModelError, match=said):
        layer.adapt(data)
