from __future__ import annotations

from typing import Any

import numpy as np

import kerasfmt
from kerasfmt.layers import (
    AutoContrast,
    Equalization,
    MaxNumBoundingBoxes,
    RandomColorDegeneration,
    RandomColorJitter,
    RandomGrayscale,
    RandomHue,
    RandomInvert,
    RandomPosterization,
    RandomSaturation,
    Solarization,
)
from tests.layers.drawn import IMAGES, draws
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply

SIZED, OPEN = (None, 5, 4, 3), (None, None, None, 3)


class TestLayers(LayerTests):
    uses = [
        use(layer, SIZED, gives=SIZED)
        for layer in (
            RandomInvert(0.5),
            RandomInvert((0.2, 0.4), (0, 1), seed=3),
            RandomGrayscale(0.5, seed=1),
            Solarization(0.1, (0.2, 0.3), (0, 1)),
            RandomColorDegeneration(0.3),
            RandomPosterization(4),
            RandomPosterization((3, 3), (0, 1)),
            RandomSaturation((0.2, 0.6)),
            AutoContrast(),
            Equalization(),
            Equalization((0, 1), 9),
            RandomColorJitter((0, 1), 0.2, (0.1, 0.3), 0.4, 0.1, seed=2),
            RandomColorJitter(),
            MaxNumBoundingBoxes(4),
        )
    ] + [use(RandomHue(0.5, (-1, 1)), OPEN, gives=OPEN)]
    refused = {
        "factor": (lambda: RandomInvert(2, name="it"), "option factor: expected a number from 0 to 1"),
        "range": (
            lambda: AutoContrast((3, 1), name="it"),
            "option value_range: expected a pair of numbers that grow, got (3, 1)",
        ),
        "pair": (lambda: AutoContrast([3], name="it"), "option value_range: expected a pair of numbers"),
        "bits": (
            lambda: RandomPosterization(9, name="it"),
            "option factor: expected a whole number from 1 to 8",
        ),
        "jitter": (
            lambda: RandomColorJitter(hue_factor=2, name="it"),
            "option hue_factor: expected a number from 0 to 1",
        ),
        "rank": (
            lambda: RandomInvert(name="it")(kerasfmt.Input((3,))),
            "expected (batch, height, width, channels), got 2 dimensions",
        ),
    }


def varied(layer: Any) -> Any:
    """What becomes of the images in training."""
    return draws(layer, 1)[0]


def test_the_choice_is_made_for_each_image() -> None:
    found = varied(RandomInvert((0.5, 0.5), seed=4))
    inverted = [bool((image == 255 - given).all()) for image, given in zip(found, IMAGES, strict=True)]
    kept = [bool((image == given).all()) for image, given in zip(found, IMAGES, strict=True)]
    assert inverted == [not same for same in kept]
    assert 0 < sum(kept) < len(IMAGES)


def test_changes_that_are_not_random() -> None:
    gray = (IMAGES @ np.array([0.2989, 0.587, 0.114], np.float32))[..., None]
    np.testing.assert_allclose(varied(RandomGrayscale(1.0)), np.broadcast_to(gray, IMAGES.shape), rtol=1e-5)
    np.testing.assert_allclose(varied(RandomColorDegeneration((0.5, 0.5))), (IMAGES + gray) / 2, rtol=1e-4)
    np.testing.assert_array_equal(varied(RandomPosterization((3, 3))), IMAGES // 32 * 32)
    np.testing.assert_allclose(varied(Solarization()), 255 - IMAGES, rtol=1e-6)
    np.testing.assert_allclose(varied(RandomSaturation((0.5, 0.5))), IMAGES, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(varied(RandomHue((0.0, 0.0))), IMAGES, rtol=1e-4, atol=1e-3)


def test_contrast_is_stretched_in_both_modes() -> None:
    narrow = 50 + IMAGES / 5
    narrow[:, :, :, 1] = 7.0
    for training in (False, True):
        found = apply(AutoContrast(), narrow, training=training)
        np.testing.assert_allclose(found[..., [0, 2]].min((1, 2)), 0, atol=1e-3)
        np.testing.assert_allclose(found[..., [0, 2]].max((1, 2)), 255, rtol=1e-5)
        np.testing.assert_array_equal(found[..., 1], narrow[..., 1])


def test_limits_of_solarization() -> None:
    """Keras multiplies only the upper bound by 255."""
    added = varied(Solarization((0.5, 0.6))) - (255 - IMAGES)
    assert -0.6 * 255 <= added.min() <= added.max() <= -0.5 + 1e-4


def test_equal_values_are_spread() -> None:
    """Over the whole batch, by the share of values below, in 256 steps or fewer."""
    images = np.zeros((2, 2, 2, 3), np.float32)
    images[..., 0] = [[[10, 10], [20, 30]], [[30, 30], [40, 10]]]
    images[..., 1] = 7.0
    images[..., 2] = [[[0, 255], [0, 255]], [[0, 255], [255, 255]]]
    found = draws(Equalization(), 1, images)[0]
    # 3 x 10, 1 x 20, 3 x 30, 1 x 40: the first step counts from nothing
    spread = {10.0: 0.0, 20.0: 51.0, 30.0: 204.0, 40.0: 255.0}
    np.testing.assert_array_equal(found[..., 0], np.vectorize(spread.__getitem__)(images[..., 0]))
    np.testing.assert_array_equal(found[..., 1:], images[..., 1:])
    in_unit = draws(Equalization(value_range=(0, 1)), 1, images / 255)[0]
    np.testing.assert_allclose(in_unit, found / 255, atol=1e-6)


def test_jitter_is_one_change_after_the_other() -> None:
    np.testing.assert_array_equal(varied(RandomColorJitter()), IMAGES)
    brighter = varied(RandomColorJitter(brightness_factor=(0.1, 0.1)))
    np.testing.assert_allclose(brighter, np.clip(IMAGES + 25.5, 0, 255), rtol=1e-5)
    np.testing.assert_allclose(
        varied(RandomColorJitter(saturation_factor=(0.3, 0.3))),
        varied(RandomSaturation((0.3, 0.3))),
        rtol=1e-6,
    )
    contrast = varied(RandomColorJitter(contrast_factor=0.5, seed=1))
    mean = IMAGES.mean((1, 2), keepdims=True)
    inner = (contrast > 0) & (contrast < 255) & (abs(IMAGES - mean) > 1)
    times = np.where(inner, (contrast - mean) / np.where(inner, IMAGES - mean, 1), np.nan)
    low, high = np.nanmin(times, (1, 2, 3)), np.nanmax(times, (1, 2, 3))
    np.testing.assert_allclose(low, high, rtol=1e-2)
    assert (low > 0.99).all()
    assert (high < 1.51).all()
    assert len(set(low.round(3))) > len(IMAGES) // 2
