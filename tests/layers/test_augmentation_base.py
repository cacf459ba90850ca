"""Bounds and ranges of images, and random numbers for each image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.graph import ops
from kerasfmt.layers.augmentation_base import (
    Augmentation,
    Bounds,
    Range,
    from_range,
    image_range,
    pair,
    to_range,
)
from tests.layers.drawn import IMAGES, draws


class Plain(Augmentation, register=False):
    """Does nothing."""

    factor: Bounds = pair(-1, 1, mirrored=True)
    other: Bounds = pair(0, 1, default=1.0)
    limits: Range = image_range()
    seed: int | None = None


@pytest.mark.parametrize(
    ("given", "held", "stored"), [(0.3, (-0.3, 0.3), 0.3), ([0.4, 0.1], (0.1, 0.4), [0.1, 0.4])]
)
def test_pairs_of_bounds(given: Any, held: Any, stored: Any) -> None:
    layer = Plain(given)
    assert layer.factor == held
    assert layer.get_config()["factor"] == stored
    assert Plain(0, given).other == ((0, 0.3) if given == 0.3 else held)


def test_ranges_of_images() -> None:
    assert Plain(0, limits=[-1, 1]).get_config()["limits"] == [-1, 1]
    with pytest.raises(kerasfmt.KerasfmtError, match="expected a pair of numbers that grow"):
        Plain(0, limits=(1, 1))


class Moved(Augmentation, register=False):
    """Images in another range and back."""

    limits: Range = image_range()
    seed: int | None = None

    def vary(self, x: Any) -> Any:
        return to_range(from_range(x, self.limits) * 0.5, self.limits)


def test_ways_into_a_range_and_back() -> None:
    np.testing.assert_allclose(draws(Moved(limits=(0, 1)), 1, IMAGES / 255)[0], IMAGES / 510, rtol=1e-5)
    np.testing.assert_allclose(draws(Moved(limits=(-1, 1)), 1, IMAGES * 0)[0], IMAGES * 0 - 0.5, rtol=1e-6)


class Shares(Augmentation, register=False):
    """The random numbers themselves."""

    kind: str
    seed: int | None = None

    def vary(self, x: Any) -> Any:
        drawn = {"share": lambda: self.share(x, (2, 3)), "turn": lambda: self.turn(x, (0.1, 1))}[self.kind]()
        return x * 0.0 + drawn


def test_a_number_for_each_image() -> None:
    shares = draws(Shares("share", 1), 1)[0]
    assert ((shares >= 2) & (shares < 3)).all()
    assert (shares == shares[:, :1, :1, :1]).all()
    assert len(set(shares[:, 0, 0, 0])) == len(IMAGES)
    turns = draws(Shares("turn", 1), 1)[0][:, 0, 0, 0]
    assert ((abs(turns) >= 0.05) & (abs(turns) <= 0.5)).all()
    assert (turns < 0).any()
    assert (turns > 0).any()


class Drawn(Augmentation, register=False):
    """Images times random numbers of the beta distribution, or in random order."""

    kind: str
    alpha: float = 1.0
    seed: int | None = None

    def vary(self, x: Any) -> Any:
        if self.kind == "order":
            return self.shuffled(x)
        alphas = ops.getitem(x, (slice(None), 0, 0, 0)) * 0.0 + self.alpha
        drawn = self.gamma(alphas) if self.kind == "gamma" else self.beta(alphas)
        return x * 0.0 + ops.reshape(drawn, [-1, 1, 1, 1])


@pytest.mark.parametrize("alpha", [0.1, 1.0, 4.0])
def test_gamma_and_beta_distributions(alpha: float) -> None:
    gammas = np.stack(draws(Drawn("gamma", alpha, seed=1), 60))[..., 0, 0, 0]
    assert abs(gammas.mean() - alpha) < 5 * (alpha / gammas.size) ** 0.5
    betas = np.stack(draws(Drawn("beta", alpha, seed=1), 60))[..., 0, 0, 0]
    variance = 1 / (8 * alpha + 4)
    assert abs(betas.mean() - 0.5) < 5 * (variance / betas.size) ** 0.5
    np.testing.assert_allclose(betas.var(), variance, rtol=0.1)


def test_batches_in_random_order() -> None:
    numbered = np.zeros_like(IMAGES) + np.arange(len(IMAGES))[:, None, None, None]
    first, second = (found[:, 0, 0, 0].tolist() for found in draws(Drawn("order", seed=1), 2, numbered))
    assert sorted(first) == sorted(second) == list(range(len(IMAGES)))
    assert first != second
