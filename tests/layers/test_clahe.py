"""Tiles with equalized values, as loops over tiles and pixels say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import ContrastLimitedAdaptiveHistogramEqualization as Clahe
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply

FIRST: Any = {"data_format": "channels_first"}


class TestLayers(LayerTests):
    uses = [
        use(Clahe(), (None, 16, 24, 3), gives=(None, 16, 24, 3)),
        use(Clahe((0, 2), 2.5, (3, 2)), (4, 7, 5, 2), gives=(4, 7, 5, 2)),
        use(Clahe(clip_limit=0, tile_grid_size=2, **FIRST), (None, 2, 7, 5), gives=(None, 2, 7, 5)),
        use(Clahe(tile_grid_size=2), (6, 5, 3), gives=(6, 5, 3)),
        use(Clahe(tile_grid_size=2), (None, 6, 5, 3), gives=(None, 6, 5, 3), dtype="int32"),
    ]
    refused = {
        "unknown sizes": (
            lambda: Clahe(name="it")(kerasfmt.Input((None, 8, 3))),
            "input: expected a known size of axis -3",
        ),
        "no images": (
            lambda: Clahe(name="it")(kerasfmt.Input((8,))),
            "input: expected images or one image, got shape (None, 8)",
        ),
        "more tiles than pixels": (
            lambda: Clahe(tile_grid_size=(2, 9), name="it")(kerasfmt.Input((4, 4, 3))),
            "option tile_grid_size: expected at most 4 tiles of 4 pixels, got 9",
        ),
        "tiles": (
            lambda: Clahe(tile_grid_size=(0, 2), name="it"),
            "option tile_grid_size: expected 2 integers of at least 1, got (0, 2)",
        ),
    }


def curve(tile: Any, limit: float) -> Any:
    """What stands for each value in one tile."""
    counts = np.bincount(tile.astype(int).ravel(), minlength=256).astype(float)
    if limit > 0:
        most = limit * tile.size / 256
        counts = np.minimum(counts, most) + np.maximum(counts - most, 0).sum() / 256
    below = np.cumsum(counts)
    rest = tile.size - below[0]
    return np.clip((below - below[0]) * 255 / (rest if rest else 1), 0, 255)


def expected(image: Any, rows: int, columns: int, limit: float) -> Any:
    """One channel in [0, 255]."""
    height, width = image.shape
    tall, wide = math.ceil(height / rows), math.ceil(width / columns)
    padded = np.pad(image, ((0, tall * rows - height), (0, wide * columns - width)), mode="symmetric")
    curves = [
        [curve(padded[i * tall : (i + 1) * tall, j * wide : (j + 1) * wide], limit) for j in range(columns)]
        for i in range(rows)
    ]
    found = np.zeros(image.shape)
    for y in range(height):
        for x in range(width):
            v, u = y / tall - 0.5, x / wide - 0.5  # in tiles, from the middle of the first one
            for i, down in ((math.floor(v), math.floor(v) + 1 - v), (math.floor(v) + 1, v - math.floor(v))):
                for j, part in (
                    (math.floor(u), math.floor(u) + 1 - u),
                    (math.floor(u) + 1, u - math.floor(u)),
                ):
                    table = curves[min(max(i, 0), rows - 1)][min(max(j, 0), columns - 1)]
                    found[y, x] += down * part * table[int(image[y, x])]
    return found


@pytest.mark.parametrize("limit", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("tiles", [(1, 1), (3, 2), (4, 5)])
def test_values(tiles: tuple[int, int], limit: float) -> None:
    x = np.random.default_rng(1).uniform(0, 180, (2, 13, 11, 2)).astype(np.float32)
    layer = Clahe(clip_limit=limit, tile_grid_size=tiles)
    found = apply(layer, x)
    for image, made in zip(x, found, strict=True):
        for channel in range(2):
            wanted = expected(image[..., channel], *tiles, limit)
            np.testing.assert_allclose(made[..., channel], wanted, atol=2e-3)
    first = apply(Clahe(clip_limit=limit, tile_grid_size=tiles, **FIRST), x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(first, found.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(apply(layer, x, training=True), found)


def test_ranges_and_whole_numbers() -> None:
    x = np.random.default_rng(2).integers(0, 256, (2, 8, 6, 1))
    whole = apply(Clahe(tile_grid_size=2), x.astype(np.int32))
    assert whole.dtype == np.int32
    exact = apply(Clahe(tile_grid_size=2), x.astype(np.float32))
    np.testing.assert_array_equal(whole, exact.astype(np.int32))
    # Half a value more: so no rounding takes a pixel to the value below.
    shifted = (x + 0.5).astype(np.float32)
    moved = apply(Clahe((-1, 1), tile_grid_size=2), shifted / 255 * 2 - 1)
    np.testing.assert_allclose((moved + 1) / 2 * 255, exact, atol=1e-2)


def test_an_image_of_one_value() -> None:
    flat = np.full((1, 8, 8, 1), 77, np.float32)
    np.testing.assert_allclose(apply(Clahe(clip_limit=0), flat), 255.0)
    np.testing.assert_array_equal(apply(Clahe(clip_limit=0), flat * 0), 0.0)
