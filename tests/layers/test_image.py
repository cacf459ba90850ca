from __future__ import annotations

from typing import Any

import numpy as np

import kerasfmt
from kerasfmt.layers import CenterCrop, Resizing
from tests.layers.layer_tests import LayerTests, Refusal, use
from tests.layers.one_layer import apply

IMAGES = np.arange(2 * 6 * 4 * 3, dtype=np.float32).reshape(2, 6, 4, 3)


SIZED = (None, 6, 4, 3)


def refusal(cls: Any, text: str, **options: Any) -> Refusal:
    return lambda: cls(**options, name="it"), text


class TestLayers(LayerTests):
    uses = [
        use(Resizing(3, 2), SIZED, gives=(None, 3, 2, 3)),
        use(Resizing(6, 4), SIZED, gives=SIZED),
        use(Resizing(3, 2, "area", crop_to_aspect_ratio=True), (None, None, None, 3), gives=(None, 3, 2, 3)),
        use(Resizing(9, 8, "bicubic"), SIZED, gives=(None, 9, 8, 3), dtype="uint8"),
        use(
            Resizing(4, 4, pad_to_aspect_ratio=True, fill_value=2.5, antialias=True),
            *((None, None, None, 3),),
            gives=(None, 4, 4, 3),
            not_in={"tf_keras": "Keras 2 has no such layer"},
        ),
        use(CenterCrop(2, 3), SIZED, gives=(None, 2, 3, 3)),
        use(CenterCrop(12, 8), (None, None, 4, 3), gives=(None, 12, 8, 3)),
    ]
    refused = {
        "height": refusal(
            Resizing, "option height: expected a whole number of at least 1, got 0", height=0, width=2
        ),
        "interpolation": refusal(
            Resizing, "option interpolation: expected one of", height=1, width=2, interpolation="x"
        ),
        "pad": refusal(
            Resizing,
            "option pad_to_aspect_ratio: expected False with crop_to_aspect_ratio",
            height=1,
            width=2,
            pad_to_aspect_ratio=True,
            crop_to_aspect_ratio=True,
        ),
        "fill_mode": refusal(
            Resizing, "option fill_mode: expected constant", height=1, width=2, fill_mode="wrap"
        ),
        "format": refusal(
            Resizing, "expected channels_last", height=1, width=2, data_format="channels_first"
        ),
        "width": refusal(CenterCrop, "option width: expected a whole number", height=1, width=2.5),
        "rank": (
            lambda: Resizing(2, 2, name="it")(kerasfmt.Input((3,))),
            "expected (batch, height, width, channels), got 2 dimensions",
        ),
    }


def test_resizing() -> None:
    np.testing.assert_array_equal(apply(Resizing(6, 4), IMAGES), IMAGES)
    np.testing.assert_array_equal(apply(Resizing(3, 2, "nearest"), IMAGES), IMAGES[:, 1::2, 1::2])
    np.testing.assert_allclose(
        apply(Resizing(3, 2), IMAGES), IMAGES.reshape(2, 3, 2, 2, 2, 3).mean((2, 4)), rtol=1e-6
    )


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


def test_open_sizes() -> None:
    x = kerasfmt.Input((None, None, 3))
    model = kerasfmt.Model(x, CenterCrop(2, 2)(x))
    assert model.outputs[0].shape == (None, 2, 2, 3)
    np.testing.assert_array_equal(model.predict(IMAGES), IMAGES[:, 2:4, 1:3])
    assert model.predict(IMAGES[:, :1, :1]).shape == (2, 2, 2, 3)


def test_resizing_with_padding() -> None:
    found = apply(Resizing(6, 6, pad_to_aspect_ratio=True, fill_value=-1.0), IMAGES)
    np.testing.assert_array_equal(found[:, :, 1:5], IMAGES)
    np.testing.assert_array_equal(found[:, :, [0, 5]], np.full((2, 6, 2, 3), -1.0))
    np.testing.assert_array_equal(apply(Resizing(12, 4, pad_to_aspect_ratio=True), IMAGES)[:, 3:9], IMAGES)


def test_a_smaller_image_of_all_pixels() -> None:
    stripes = np.tile(np.float32([1, 0, 0, 0])[:, None, None], (1, 3, 2, 1)).reshape(1, 12, 2, 1)
    plain, smooth = (apply(Resizing(3, 2, antialias=antialias), stripes) for antialias in (False, True))
    np.testing.assert_array_equal(plain, np.zeros((1, 3, 2, 1)))
    assert smooth.min() > 0.15
