"""What sharpens, blurs, erases and warps images does so in training alone, as formulas in NumPy say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.layers import (
    RandomElasticTransform,
    RandomErasing,
    RandomGaussianBlur,
    RandomPerspective,
    RandomSharpness,
    RandomShear,
)
from tests.layers.drawn import IMAGES, draws
from tests.layers.layer_tests import LayerTests, use

SIZED, OPEN = (None, 5, 4, 3), (None, None, None, 3)


OPEN_SIDED = (
    RandomSharpness(0.1),
    RandomErasing(),
    RandomShear(0.3),
    RandomPerspective(),
    RandomElasticTransform(),
)


class TestLayers(LayerTests):
    uses = [
        use(layer, SIZED, gives=SIZED)
        for layer in (
            RandomSharpness((-0.2, 0.4)),
            RandomGaussianBlur(0.5, (3, 5), 0.8, seed=1),
            RandomErasing(0.7),
            RandomErasing(1.0, (0.3, 0.6), [1.0, 2.0, 3.0], (0, 2)),
            RandomShear(0.2, (0.1, 0.3), "nearest", "wrap"),
            RandomPerspective(0.5, 0.4, "nearest", 7.0, seed=3),
            RandomElasticTransform(0.5, (0.2, 0.4), "nearest", "constant", 3.0, (0, 2), seed=2),
        )
    ] + [use(layer, OPEN, gives=OPEN) for layer in OPEN_SIDED]
    refused = {
        "even window": (
            lambda: RandomGaussianBlur(kernel_size=(3, 4), name="it"),
            "option kernel_size: expected odd numbers",
        ),
        "filling": (
            lambda: RandomErasing(fill_value=[1, 2], name="it"),
            "option fill_value: expected a number, or one for each of 3 channels",
        ),
        "text": (lambda: RandomErasing(fill_value="red", name="it"), "option fill_value: expected a number"),
    }


def varied(layer: Any, images: Any = IMAGES) -> Any:
    """What becomes of the images in training."""
    return draws(layer, 1, images)[0]


def convolved(images: Any, kernel: Any) -> Any:
    """Each channel convolved, with zeros around."""
    height, width = kernel.shape
    top, left = height // 2, width // 2
    padded = np.pad(images, ((0, 0), (top, top), (left, left), (0, 0)))
    rows, columns = images.shape[1:3]
    return sum(
        kernel[i, j] * padded[:, i : i + rows, j : j + columns] for i in range(height) for j in range(width)
    )


@pytest.mark.parametrize("factor", [0.0, 0.25, 0.5, 0.9])
def test_sharpness(factor: float) -> None:
    kernel = np.full((3, 3), 1 / 13)
    kernel[1, 1] = 5 / 13
    wanted = np.clip(IMAGES + (1 - 2 * factor) * (convolved(IMAGES, kernel) - IMAGES), 0, 255)
    np.testing.assert_allclose(varied(RandomSharpness((factor, factor))), wanted, rtol=1e-4)


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (3, 5), (5, 1)])
def test_blur(size: tuple[int, int]) -> None:
    curves = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / 0.7) ** 2) for n in size]
    first, second = (curve / curve.sum() for curve in curves)
    kernel = np.outer(second, first).reshape(size)  # as Keras does, which lays it out the other way round
    found = varied(RandomGaussianBlur((1, 1), size, (0.7, 0.7)))
    np.testing.assert_allclose(found, convolved(IMAGES, kernel), rtol=1e-4)
    some = varied(RandomGaussianBlur((0.5, 0.5), size, (0.7, 0.7), seed=1))
    kept = [np.array_equal(image, given) for image, given in zip(some, IMAGES, strict=True)]
    assert 0 < sum(kept) < len(kept)


@pytest.mark.parametrize(("filling", "value"), [(3.0, 3.0), ([1, 2, 300], np.array([1.0, 2.0, 255.0]))])
def test_a_rectangle_of_each_image_is_erased(filling: Any, value: Any) -> None:
    images = np.random.default_rng(3).uniform(20, 200, (30, 20, 16, 3)).astype(np.float32)
    found = varied(RandomErasing((0.8, 0.8), (0.2, 0.3), filling, seed=1), images)
    erased = found != images
    assert (erased == erased[..., :1]).all()
    np.testing.assert_array_equal(found[erased[..., 0]], np.broadcast_to(value, found[erased[..., 0]].shape))
    areas = erased[..., 0].sum((1, 2))
    assert 0 < (areas == 0).sum() < 15
    for mask, area in zip(erased[..., 0], areas, strict=True):
        rows, columns = mask.any(1).sum(), mask.any(0).sum()
        assert area == rows * columns  # one rectangle
        if area:
            assert 20 * 0.2**0.5 - 1 <= rows <= 20 * 0.3**0.5 + 1
            assert 16 * 0.2**0.5 - 1 <= columns <= 16 * 0.3**0.5 + 1


def test_random_filling_stays_in_range() -> None:
    found = varied(RandomErasing((1, 1), (0.5, 0.9), value_range=(0, 255), seed=2))
    filled = found[found != IMAGES]
    assert ((filled >= 0) & (filled <= 255)).all()
    assert len(np.unique(filled)) > 100


def test_shear_moves_each_row_by_its_number() -> None:
    images = np.zeros((20, 9, 30, 1), np.float32)
    images[:, :, 15] = 100
    found = varied(RandomShear((0.5, 0.5), (0, 0), "nearest", "constant", seed=1), images)
    directions = set()
    for image in found[..., 0]:
        places = image.argmax(1)
        right, left = np.round(15 - 0.5 * np.arange(9)), np.round(15 + 0.5 * np.arange(9))
        directions.add((abs(places - right) <= 1).all())
        assert (abs(places - right) <= 1).all() or (abs(places - left) <= 1).all()
    assert directions == {True, False}


def test_perspective_of_no_size_changes_nothing_and_others_fill() -> None:
    np.testing.assert_allclose(varied(RandomPerspective((1, 1), 0.0)), IMAGES, rtol=1e-4, atol=1e-2)
    found = varied(RandomPerspective((1, 1), 1.0, fill_value=-9.0, seed=4))
    assert (found == -9).any()
    assert (found[:, 0, 0] == IMAGES[:, 0, 0]).mean() > 0.5  # the first corner stays, as in Keras


LARGE = np.random.default_rng(8).uniform(20, 200, (6, 40, 60, 2)).astype(np.float32)


def test_elastic_transforms_move_every_channel_alike_and_only_chosen_images() -> None:
    twice = np.concatenate([LARGE, LARGE], -1)
    found = varied(RandomElasticTransform((0.5, 0.5), (0.8, 1.0), seed=6), twice)
    np.testing.assert_array_equal(found[..., :2], found[..., 2:])
    kept = [np.array_equal(image, given) for image, given in zip(found, twice, strict=True)]
    assert 0 < sum(kept) < len(kept)
    moved = found[np.logical_not(kept)]
    assert abs(moved - twice[np.logical_not(kept)]).mean() > 1
    assert moved.std() < twice.std()  # means of neighbours


def test_nearest_elements_are_elements() -> None:
    found = varied(RandomElasticTransform((1, 1), (1, 1), "nearest", "constant", 7.0, seed=1), LARGE)
    for image, given in zip(found, LARGE, strict=True):
        assert set(np.unique(image)) <= {*np.unique(given).tolist(), 7.0}
    assert (found == 7.0).any()
    clipped = varied(RandomElasticTransform((0.1, 0.2), value_range=(50, 100), seed=1), LARGE)
    assert (clipped.min(), clipped.max()) == (50, 100)


@pytest.mark.parametrize("options", [{"factor": 0.0}, {"scale": 0.0}])
def test_elastic_transforms_of_no_size_change_nothing(options: Any) -> None:
    layer = RandomElasticTransform(**options, value_range=(50, 100))
    np.testing.assert_array_equal(varied(layer, LARGE), LARGE)
