"""Layers that move, turn and stretch images at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.dialects.model_config import normalized
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph.run import run
from kerasfmt.layers import RandomRotation, RandomTranslation, RandomZoom
from tests.layers.drawn import IMAGES, RandomLayerTests, draws
from tests.layers.layer_tests import Refusal, use

SIZED = (None, 6, 5, 3)


def refusal(cls: Any, text: str, **options: Any) -> Refusal:
    return lambda: cls(**options, name="it"), f"option {text}"


class TestLayers(RandomLayerTests):
    uses = [
        use(RandomTranslation(0.3, (0.1, 0.2), "nearest", seed=1), SIZED, gives=SIZED),
        use(RandomRotation(0.2, "wrap", seed=1), SIZED, gives=SIZED),
        use(RandomZoom(0.3, 0.4, "constant", "nearest", seed=1, fill_value=3.0), SIZED, gives=SIZED),
        use(RandomZoom((-0.2, 0.1), seed=1), (None, None, 5, 3), gives=(None, None, 5, 3)),
    ]
    refused = {
        "width_factor": refusal(
            RandomTranslation, "width_factor: expected lower", height_factor=0, width_factor=(0.2, 0.1)
        ),
        "factor": refusal(RandomRotation, "factor: expected lower <= upper", factor=-0.1),
        "factor type": refusal(
            RandomRotation, "factor: expected a number or a pair of numbers, got 'x'", factor="x"
        ),
        "fill_mode": refusal(RandomRotation, "fill_mode: expected one of", factor=0.1, fill_mode="zero"),
        "interpolation": refusal(
            RandomZoom, "interpolation: expected one of", height_factor=0.1, interpolation="area"
        ),
    }


def test_a_range_of_values_that_first_versions_of_keras_3_state_is_left_out() -> None:
    told = {"name": "r", "factor": 0.1, "value_range": [0, 1], "data_format": "channels_last"}
    assert normalized(RandomRotation, told) == {k: v for k, v in told.items() if k != "value_range"}
    assert "value_range" in normalized(RandomZoom, told)


def test_a_factor_beyond_the_image() -> None:
    with pytest.raises(InvalidModelError, match=r"layer it .*height_factor: .* got 1.5"):
        RandomTranslation(height_factor=1.5, width_factor=0, name="it")


def test_one_image() -> None:
    x = kerasfmt.Input(batch_shape=(6, 5, 3))
    layer = RandomRotation(0.2, seed=1)
    model = kerasfmt.Model(x, layer(x))
    np.testing.assert_array_equal(model.predict(IMAGES[0]), IMAGES[0])
    function = model.default_trace(training=True).function
    state: dict[Any, Any] = {v: v.numpy() for v in function.captured}  # type: ignore[attr-defined]
    assert run(function, [IMAGES[0]], state)[0].shape == (6, 5, 3)


def test_a_translation_by_whole_pixels_moves_them() -> None:
    moved = draws(RandomTranslation((0.5, 0.5), 0, "constant", "nearest", seed=1, fill_value=7.0), 1)[0]
    np.testing.assert_array_equal(moved[:, 3:], IMAGES[:, :3])
    assert (moved[:, :3] == 7).all()


def test_half_a_turn_is_both_mirrors() -> None:
    turned = draws(RandomRotation((0.5, 0.5), "nearest", "nearest", seed=1), 1)[0]
    np.testing.assert_array_equal(turned, IMAGES[:, ::-1, ::-1])


def test_a_zoom_by_nothing_leaves_the_images() -> None:
    np.testing.assert_array_equal(draws(RandomZoom((0.0, 0.0), seed=1), 1)[0], IMAGES)
