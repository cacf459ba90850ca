from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph.run import run
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomHeight,
    RandomRotation,
    RandomTranslation,
    RandomWidth,
    RandomZoom,
)
from tests.layers.one_layer import apply, model_of, reread

IMAGES = np.random.default_rng(1).uniform(20, 200, (40, 6, 5, 3)).astype(np.float32)
LAYERS: dict[str, Layer] = {
    "flip": RandomFlip("horizontal", seed=1),
    "translation": RandomTranslation(0.3, (0.1, 0.2), "nearest", seed=1),
    "rotation": RandomRotation(0.2, "wrap", seed=1),
    "zoom": RandomZoom(0.3, 0.4, "constant", "nearest", seed=1, fill_value=3.0),
    "zoom square": RandomZoom((-0.2, 0.1), seed=1),
    "contrast": RandomContrast((0.5, 0.2), seed=1),
    "brightness": RandomBrightness([-0.2, 0.1], seed=1),
    "height": RandomHeight(0.4, seed=1),
    "width": RandomWidth((0.3, 0.6), "nearest", seed=1),
}


def draws(layer: Layer, count: int) -> list[Any]:
    """What the layer makes of the images in training, call after call."""
    function = model_of(layer, IMAGES).default_trace(training=True).function
    state: dict[Any, Any] = {v: v.numpy() for v in function.variables}  # type: ignore[attr-defined]
    return [run(function, [IMAGES], state)[0] for _ in range(count)]


@pytest.mark.parametrize("name", LAYERS)
def test_varies_in_training_only(name: str) -> None:
    layer = LAYERS[name]
    np.testing.assert_array_equal(apply(layer, IMAGES), IMAGES)
    first, second = draws(layer, 2)
    assert first.shape != IMAGES.shape or not np.array_equal(first, IMAGES)
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(draws(again, 1)[0], first)
    assert first.shape != second.shape or not np.array_equal(first, second)
    reread(layer)


@pytest.mark.parametrize("name", LAYERS)
def test_state_is_no_weight(name: str) -> None:
    model = model_of(LAYERS[name], IMAGES)
    assert model.weights == []
    state = LAYERS[name].generator_state
    assert state is not None
    assert state.name == f"{LAYERS[name].name}/StateVar"
    assert state.numpy().tolist() == [1, 0, 0]
    assert LAYERS[name].random_generator()


def test_without_seed_the_name_decides() -> None:
    first, second, other = (RandomFlip(name=n) for n in ("a", "a", "b"))
    drawn = [draws(layer, 1)[0] for layer in (first, second, other)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_flip_mirrors_whole_images() -> None:
    flipped = draws(RandomFlip("vertical", seed=3), 1)[0]
    upside_down = [bool(np.array_equal(y, x[::-1])) for x, y in zip(IMAGES, flipped, strict=True)]
    as_they_were = [bool(np.array_equal(y, x)) for x, y in zip(IMAGES, flipped, strict=True)]
    assert all(a != b for a, b in zip(upside_down, as_they_were, strict=True))
    assert any(upside_down)
    assert any(as_they_were)


def test_crop() -> None:
    layer = RandomCrop(3, 2, seed=2)
    windows = draws(layer, 6)
    places = set()
    for window in windows:
        found = [
            (i, j)
            for i in range(4)
            for j in range(4)
            if np.array_equal(window, IMAGES[:, i : i + 3, j : j + 2])
        ]
        assert len(found) == 1
        places.update(found)
    assert len(places) > 1
    assert apply(layer, IMAGES).shape == (40, 3, 2, 3)
    assert draws(RandomCrop(8, 8, seed=2), 1)[0].shape == (40, 8, 8, 3)
    reread(layer)


def test_brightness_moves_each_image() -> None:
    moved = draws(RandomBrightness(0.05, seed=1), 1)[0] - IMAGES
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1, :1, :1], moved.shape), atol=1e-4)
    assert np.abs(moved).max() <= 0.05 * 255 + 1e-4


def test_one_image() -> None:
    x = kerasfmt.Input(batch_shape=(6, 5, 3))
    layer = RandomRotation(0.2, seed=1)
    model = kerasfmt.Model(x, layer(x))
    np.testing.assert_array_equal(model.predict(IMAGES[0]), IMAGES[0])
    function = model.default_trace(training=True).function
    state: dict[Any, Any] = {v: v.numpy() for v in function.variables}  # type: ignore[attr-defined]
    assert run(function, [IMAGES[0]], state)[0].shape == (6, 5, 3)


@pytest.mark.parametrize(
    ("cls", "options", "text"),
    [
        (RandomFlip, {"mode": "diagonal"}, "mode: expected one of"),
        (RandomCrop, {"height": -1, "width": 1}, "height: expected a whole number of at least 1, got -1"),
        (RandomTranslation, {"height_factor": 1.5, "width_factor": 0}, r"height_factor: .* got 1.5"),
        (RandomTranslation, {"height_factor": 0, "width_factor": (0.2, 0.1)}, "width_factor: expected lower"),
        (RandomRotation, {"factor": -0.1}, "factor: expected lower <= upper"),
        (RandomRotation, {"factor": "x"}, "factor: expected a number or a pair of numbers, got 'x'"),
        (RandomRotation, {"factor": 0.1, "fill_mode": "zero"}, "fill_mode: expected one of"),
        (RandomZoom, {"height_factor": 0.1, "interpolation": "area"}, "interpolation: expected one of"),
        (RandomContrast, {"factor": (1.5, 0.1)}, "factor: expected numbers of at least 0"),
        (RandomBrightness, {"factor": 2}, "factor: expected a number in"),
        (RandomBrightness, {"factor": 1, "value_range": 3}, "value_range: expected a pair of numbers, got 3"),
        (RandomHeight, {"factor": (-2, 1)}, "factor: expected lower <= upper"),
    ],
)
def test_refuses(cls: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidModelError, match=f"layer it .*{text}"):
        cls(**options, name="it")
