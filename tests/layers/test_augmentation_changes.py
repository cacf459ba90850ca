"""Each change is that of its layer, by the number of the change and a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.graph.run import run
from kerasfmt.layers import AutoContrast, Equalization, RandAugment
from kerasfmt.layers.augmentation_changes import COLOURS, GEOMETRY_AND_TONES, change_function
from tests.layers.drawn import IMAGES, draws
from tests.layers.one_layer import apply

CHANGES = (*GEOMETRY_AND_TONES, *COLOURS)
SPEC = Spec((None, 6, 5, 3), dtypes.float32)


def changed(name: str, seed: int = 5, factor: Any = (0.3, 0.3), images: Any = IMAGES) -> Any:
    function = change_function(RandAugment(factor=factor, name="it"), SPEC, [name])
    (found,) = run(function, [images, np.int32(0), np.array([seed, 3])], {})
    (kept,) = run(function, [images, np.int32(1), np.array([seed, 3])], {})
    np.testing.assert_array_equal(kept, images)
    assert found.dtype == images.dtype
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_equal_seeds_draw_equal_numbers(name: str) -> None:
    first = changed(name)
    assert not np.array_equal(first, IMAGES)
    np.testing.assert_array_equal(first, changed(name))
    fixed = ("auto_contrast", "equalization", "color_degeneration", "sharpness", "brightness")
    fixed += ("rotation", "translation")
    spread = changed(name, factor=(0.1, 0.5))
    other = changed(name, seed=6, factor=(0.1, 0.5))
    assert np.array_equal(spread, other) == (name in ("auto_contrast", "equalization"))
    if name in fixed:  # with bounds that are one number, nothing is random
        np.testing.assert_array_equal(first, changed(name, seed=6, factor=(0.3, 0.3)))


def test_values_of_some_changes() -> None:
    gray = (IMAGES @ np.array([0.2989, 0.587, 0.114]))[..., None]
    np.testing.assert_allclose(changed("color_degeneration"), IMAGES + 0.3 * (gray - IMAGES), rtol=1e-4)
    np.testing.assert_allclose(changed("brightness"), np.minimum(IMAGES + 0.3 * 255, 255), rtol=1e-5)
    step = 2.0 ** (8 - np.arange(1, 3))  # of one bit or two: 8 * 0.3, and at least 1
    wanted = [np.floor(np.floor(IMAGES) / s) * s for s in step]
    assert all(
        any(np.array_equal(image, w[i]) for w in wanted) for i, image in enumerate(changed("posterization"))
    )
    np.testing.assert_allclose(changed("auto_contrast"), apply(AutoContrast(), IMAGES), rtol=1e-6)
    np.testing.assert_array_equal(changed("equalization"), draws(Equalization(), 1)[0])


def test_each_image_has_a_contrast_of_its_own() -> None:
    mean = IMAGES.mean((1, 2), keepdims=True)
    times = (changed("contrast", factor=(0.1, 0.2)) - mean) / (IMAGES - mean)
    each = np.median(times, (1, 2, 3))
    assert ((each >= 0.9) & (each <= 1.2)).all()
    assert len(np.unique(each.round(4))) > 30


def test_numbers_choose_and_changes_have_seeds_of_their_own() -> None:
    function = change_function(RandAugment(factor=(0.1, 0.5), name="it"), SPEC, ["brightness", "brightness"])
    found = [run(function, [IMAGES, np.int32(n), np.array([5, 3])], {})[0] for n in (0, 1, 2)]
    assert not np.array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[2], IMAGES)
