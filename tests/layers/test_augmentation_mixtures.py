"""Layers that mix images: what comes of them are shares, and rectangles, of two images of the batch."""

from __future__ import annotations

import numpy as np

from kerasfmt.layers import AugMix, CutMix, MixUp, RandAugment
from tests.layers.drawn import IMAGES, draws
from tests.layers.layer_tests import LayerTests, use

SIZED, OPEN = (None, 5, 4, 3), (None, None, None, 3)


class TestLayers(LayerTests):
    uses = [
        use(layer, shape, gives=shape)
        for layer in (MixUp(), MixUp(2.0, seed=3), CutMix(), CutMix((0.2, 0.4), seed=1))
        for shape in (SIZED, OPEN, (5, 4, 3))
    ] + [
        use(RandAugment(num_ops=1, seed=3), (None, 5, 4, 3), gives=(None, 5, 4, 3)),
        use(AugMix((0, 2), 1, 2, 0.2, 0.5, False, "nearest"), (None, 5, 4, 3), gives=(None, 5, 4, 3)),
    ]
    refused = {
        "alpha": (lambda: MixUp(0, name="it"), "option alpha: expected a finite number above 0, got 0"),
        "alpha of chains": (
            lambda: AugMix(alpha=0.0, name="it"),
            "option alpha: expected a finite number above 0, got 0.0",
        ),
        "factor": (lambda: CutMix(1.5, name="it"), "option factor: expected a number from 0 to 1"),
    }


# Each image has one value throughout, by which it is known.
FLAT = np.broadcast_to(np.arange(12, dtype=np.float32)[:, None, None, None], (12, 30, 20, 3))


def test_mixed_up_images_are_shares_of_two() -> None:
    for found in draws(MixUp(0.5, seed=1), 5, FLAT):
        assert np.ptp(found, (1, 2, 3)).max() < 1e-6
        assert ((found >= 0) & (found <= 11)).all()
        assert 0 < abs(found[:, 0, 0, 0] - np.arange(12)).mean() < 6
    shares = np.stack([found[:, 0, 0, 0] for found in draws(MixUp(0.2, seed=2), 200, FLAT[:2])])
    middle = (shares > 0.25) & (shares < 0.75)
    assert 0.01 < middle.mean() < 0.3  # most shares are near 0 or 1, as alpha says


def test_cut_images_have_one_rectangle_of_another() -> None:
    others = set()
    for found in draws(CutMix((0.9, 1.0), seed=1), 10, FLAT):
        for own, image in enumerate(found[..., 0]):
            mask = image != own
            values = np.unique(image[mask])
            assert len(values) <= 1
            others.update((own, value) for value in values.tolist())
            assert mask.sum() == mask.any(0).sum() * mask.any(1).sum()
            if mask.any():
                # The sides are equal shares of those of the image.
                assert abs(mask.any(1).sum() / 30 - mask.any(0).sum() / 20) < 0.11
        assert (found == found[..., :1]).all()
    assert len(others) > 50


def test_all_images_have_the_same_changes() -> None:
    twice = np.concatenate([IMAGES[:4], IMAGES[:4]])
    kept = 0
    for found in draws(RandAugment(num_ops=1, factor=(0.4, 0.4), seed=1), 12, twice):
        assert ((found >= 0) & (found <= 255)).all()
        same = [np.array_equal(image, given) for image, given in zip(found, twice, strict=True)]
        assert len(set(same)) == 1  # one change, for every image
        kept += same[0]
    assert kept < 12


def test_no_strength_changes_what_has_no_strength_alone() -> None:
    """Of shears, rotations and such of size 0 nothing comes; tones and colours are changed by some layers even so."""
    kinds = set()
    for found in draws(RandAugment(num_ops=1, factor=0.0, seed=4), 30):
        kinds.add(round(float(abs(found - IMAGES).mean()), 1))
    assert 0.0 in kinds
    assert len(kinds) > 2


def test_chains_are_mixed_with_the_images() -> None:
    first, second = draws(AugMix(num_chains=2, chain_depth=1, seed=2), 2)
    assert not np.array_equal(first, second)
    assert ((first >= 0) & (first <= 255)).all()
    # With chains of no change, and shares that add up to 1, the images are the same.
    flat = np.full((3, 6, 5, 3), 100, np.float32)
    for found in draws(AugMix(num_chains=2, chain_depth=1, factor=0.0, all_ops=False, seed=2), 6, flat):
        assert found.shape == flat.shape
        assert np.isfinite(found).all()
