"""Layers that flip, cut, light and resize images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.layers import (
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomFlip,
    RandomHeight,
    RandomWidth,
)
from tests.layers.drawn import IMAGES, RandomLayerTests, draws
from tests.layers.layer_tests import LayerTests, Refusal, use
from tests.layers.one_layer import apply, reread

SIZED = (None, 6, 5, 3)


def refusal(cls: Any, text: str, **options: Any) -> Refusal:
    return lambda: cls(**options, name="it"), f"option {text}"


class TestLayers(RandomLayerTests):
    uses = [
        use(RandomFlip("horizontal", seed=1), SIZED, gives=SIZED),
        use(RandomContrast((0.5, 0.2), seed=1), SIZED, gives=SIZED),
        use(RandomBrightness([-0.2, 0.1], seed=1), (None, None, 5, 3), gives=(None, None, 5, 3)),
        use(RandomHeight(0.4, seed=1), SIZED, gives=(None, None, 5, 3)),
        use(RandomWidth((0.3, 0.6), "nearest", seed=1), SIZED, gives=(None, 6, None, 3)),
    ]
    refused = {
        "mode": refusal(RandomFlip, "mode: expected one of", mode="diagonal"),
        "contrast": refusal(RandomContrast, "factor: expected numbers of at least 0", factor=(1.5, 0.1)),
        "brightness": refusal(RandomBrightness, "factor: expected a number in", factor=2),
        "value_range": refusal(
            RandomBrightness, "value_range: expected a pair of numbers, got 3", factor=1, value_range=3
        ),
        "height": refusal(RandomHeight, "factor: expected lower <= upper", factor=(-2, 1)),
    }


class TestCrop(LayerTests):
    uses = [
        use(RandomCrop(3, 2, seed=1), SIZED, gives=(None, 3, 2, 3)),
        use(RandomCrop(8, 8, seed=1), (None, None, None, 3), gives=(None, 8, 8, 3)),
    ]
    refused = {
        "height": refusal(
            RandomCrop, "height: expected a whole number of at least 1, got -1", height=-1, width=1
        )
    }


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
