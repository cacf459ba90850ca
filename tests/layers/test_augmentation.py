from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    AugMix,
    AutoContrast,
    CutMix,
    Equalization,
    MaxNumBoundingBoxes,
    MixUp,
    RandAugment,
    RandomColorDegeneration,
    RandomColorJitter,
    RandomElasticTransform,
    RandomErasing,
    RandomGaussianBlur,
    RandomGrayscale,
    RandomHue,
    RandomInvert,
    RandomPerspective,
    RandomPosterization,
    RandomSaturation,
    RandomSharpness,
    RandomShear,
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
        "rank": (
            lambda: RandomInvert(name="it")(kerasfmt.Input((3,))),
            "expected (batch, height, width, channels), got 2 dimensions",
        ),
    }


UNTRAINED: list[Layer] = [
    AugMix(num_chains=2, name="it"),
    CutMix(0.5, name="it"),
    Equalization(bins=9, name="it"),
    MixUp(0.3, name="it"),
    RandAugment(num_ops=1, name="it"),
    RandomColorJitter(brightness_factor=0.2, hue_factor=[0.1, 0.2], name="it"),
    RandomElasticTransform(0.5, fill_mode="wrap", name="it"),
    RandomErasing(fill_value=1.0, name="it"),
    RandomGaussianBlur(kernel_size=5, sigma=2.0, name="it"),
    RandomPerspective(scale=0.5, name="it"),
    RandomSharpness(0.5, name="it"),
    RandomShear(0.2, (0.1, 0.3), name="it"),
]


@pytest.mark.parametrize("layer", UNTRAINED, ids=lambda layer: type(layer).__name__)
def test_what_is_not_trained_yet(layer: Any, tmp_path: Any) -> None:
    model_config = layer.get_config()
    assert type(layer).from_config(model_config).get_config() == model_config
    np.testing.assert_array_equal(apply(layer, IMAGES), IMAGES)
    x = kerasfmt.Input(IMAGES.shape[1:])
    model = kerasfmt.Model(x, type(layer).from_config(model_config)(x))
    kerasfmt.save_model(model, tmp_path / "m.keras")
    np.testing.assert_array_equal(kerasfmt.load_model(tmp_path / "m.keras").predict(IMAGES), IMAGES)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer it \(.*does not have what it does in training yet"
    ):
        kerasfmt.save_model(model, tmp_path / "saved")


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
