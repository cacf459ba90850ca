from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.layers import CenterCrop, Resizing
from tests.layers.one_layer import apply, reread

IMAGES = np.arange(2 * 6 * 4 * 3, dtype=np.float32).reshape(2, 6, 4, 3)


def test_resizing() -> None:
    np.testing.assert_array_equal(apply(Resizing(6, 4), IMAGES), IMAGES)
    np.testing.assert_array_equal(apply(Resizing(3, 2, "nearest"), IMAGES), IMAGES[:, 1::2, 1::2])
    np.testing.assert_allclose(
        apply(Resizing(3, 2), IMAGES), IMAGES.reshape(2, 3, 2, 2, 2, 3).mean((2, 4)), rtol=1e-6
    )
    reread(Resizing(3, 2, "area", crop_to_aspect_ratio=True))


def test_resizing_without_distortion() -> None:
    layer = Resizing(4, 4, crop_to_aspect_ratio=True)
    np.testing.assert_array_equal(apply(layer, IMAGES), IMAGES[:, 1:5])


def test_resizing_casts() -> None:
    small = IMAGES.astype(np.uint8)
    assert apply(Resizing(3, 2), small).dtype == np.float32
    assert apply(Resizing(3, 2, dtype="float16"), small).dtype == np.float16


def test_center_crop() -> None:
    np.testing.assert_array_equal(apply(CenterCrop(2, 2), IMAGES), IMAGES[:, 2:4, 1:3])
    np.testing.assert_array_equal(apply(CenterCrop(3, 3), IMAGES), IMAGES[:, 1:4, 0:3])
    enlarged = apply(CenterCrop(12, 8), IMAGES)
    np.testing.assert_allclose(enlarged, apply(Resizing(12, 8), IMAGES))
    reread(CenterCrop(2, 2))


def test_open_sizes() -> None:
    x = kerasfmt.Input((None, None, 3))
    model = kerasfmt.Model(x, CenterCrop(2, 2)(x))
    assert model.outputs[0].shape == (None, 2, 2, 3)
    np.testing.assert_array_equal(model.predict(IMAGES), IMAGES[:, 2:4, 1:3])
    assert model.predict(IMAGES[:, :1, :1]).shape == (2, 2, 2, 3)


@pytest.mark.parametrize(
    ("cls", "options", "text"),
    [
        (Resizing, {"height": 0, "width": 2}, "height: expected a whole number of at least 1, got 0"),
        (Resizing, {"height": 1, "width": 2, "interpolation": "x"}, "interpolation: expected one of"),
        (Resizing, {"height": 1, "width": 2, "pad_to_aspect_ratio": True}, "pad_to_aspect_ratio"),
        (Resizing, {"height": 1, "width": 2, "data_format": "channels_first"}, "expected channels_last"),
        (CenterCrop, {"height": 1, "width": 2.5}, "width: expected a whole number"),
    ],
)
def test_refuses(cls: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidModelError, match=f"layer it .*{text}"):
        cls(**options, name="it")


def test_refuses_other_ranks() -> None:
    with pytest.raises(KerasfmtError, match=r"expected .batch, height, width, channels., got 2 dim"):
        Resizing(2, 2)(kerasfmt.Input((3,)))
