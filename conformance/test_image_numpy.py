"""Image layers: kerasfmt in NumPy computes the same as Keras 2.

The seed fixes the state of the generator of a random layer, so training gives equal numbers too.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, Case
from conformance.cases.layer import (
    FLOAT64 as DOUBLE,
    MIXED_FLOAT16,
    Of,
    one_layer,
)
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

IMAGE = (5, 4, 3)
OPEN = (None, None, 3)
METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
FLOAT64 = {
    **DOUBLE,
    "_tolerance": 2e-5,
    "_why": "image ops of TensorFlow compute in float32, whatever comes out",
}

image_layer = partial(one_layer, _high=256)


def _of(application: str, name: str) -> Of:
    """A class that an application of Keras defines."""
    module = f"{keras.__name__}.src.applications.{application}"
    return Of(lambda k: getattr(importlib.import_module(module), name))


CASES = [
    *(image_layer("Resizing", IMAGE, height=7, width=3, interpolation=m) for m in METHODS),
    *(
        image_layer("Resizing", IMAGE, height=3, width=7, interpolation=m, crop_to_aspect_ratio=True)
        for m in METHODS
    ),
    image_layer("Rescaling", IMAGE, scale=1 / 127.5, offset=-1),
    image_layer("Rescaling", IMAGE, scale=[1.0, 2.0, 0.1], offset=[0, 1, 2]),
    image_layer("Rescaling", IMAGE, scale=(1.0, 2.0, 0.1), offset=(0.5, 1, 2)),
    image_layer("Rescaling", IMAGE, scale=np.array([1.0, 2.0, 0.1])),
    image_layer("Rescaling", IMAGE, scale=1 / 255, _of="uint8"),
    image_layer("Rescaling", IMAGE, scale=1 / 255, **FLOAT64),
    image_layer("Rescaling", IMAGE, scale=1 / 255, **MIXED_FLOAT16),
    image_layer("Resizing", OPEN, height=7, width=3),
    image_layer("Resizing", OPEN, height=2, width=9, crop_to_aspect_ratio=True),
    image_layer("Resizing", IMAGE, height=5, width=4),
    image_layer("Resizing", IMAGE, height=7, width=3, **MIXED_FLOAT16),
    image_layer("Resizing", IMAGE, height=7, width=3, **FLOAT64),
    image_layer("Resizing", IMAGE, height=7, width=3, _of="uint8"),
    image_layer("Resizing", IMAGE, height=7, width=3, interpolation="nearest", _of="uint8"),
    image_layer("Resizing", IMAGE, height=7, width=3, _batch=BATCH),
    image_layer("Resizing", (4, 3), height=7, width=3, _batch=BATCH),
    image_layer("CenterCrop", IMAGE, height=3, width=2),
    image_layer("CenterCrop", IMAGE, height=2, width=3),
    image_layer("CenterCrop", IMAGE, height=7, width=3),
    image_layer("CenterCrop", OPEN, height=3, width=3),
    image_layer("CenterCrop", IMAGE, height=3, width=3, **MIXED_FLOAT16),
    image_layer("CenterCrop", IMAGE, height=9, width=3, _of="uint8"),
    image_layer("RandomFlip", IMAGE, seed=3),
    image_layer("RandomFlip", OPEN, mode="horizontal", seed=4),
    image_layer("RandomFlip", IMAGE, mode="vertical", seed=4, _of="uint8"),
    image_layer("RandomFlip", IMAGE, seed=4, **MIXED_FLOAT16),
    image_layer("RandomCrop", IMAGE, height=3, width=2, seed=3),
    image_layer("RandomCrop", OPEN, height=3, width=2, seed=5),
    image_layer("RandomCrop", IMAGE, height=7, width=3, seed=5),
    image_layer("RandomCrop", IMAGE, height=4, width=3, seed=5, **MIXED_FLOAT16),
    image_layer("RandomTranslation", IMAGE, height_factor=0.3, width_factor=0.2, seed=3),
    image_layer(
        "RandomTranslation",
        OPEN,
        height_factor=(-0.3, 0.1),
        width_factor=(0.2, 0.4),
        fill_mode="wrap",
        seed=3,
    ),
    image_layer(
        "RandomTranslation",
        IMAGE,
        height_factor=0.5,
        width_factor=0.5,
        fill_mode="constant",
        interpolation="nearest",
        seed=3,
        fill_value=7.0,
    ),
    image_layer("RandomRotation", IMAGE, factor=0.2, seed=3),
    image_layer("RandomRotation", OPEN, factor=(-0.1, 0.4), fill_mode="nearest", seed=3),
    image_layer(
        "RandomRotation",
        IMAGE,
        factor=0.5,
        fill_mode="constant",
        interpolation="nearest",
        seed=3,
        fill_value=2.0,
    ),
    image_layer("RandomZoom", IMAGE, height_factor=0.4, seed=3),
    image_layer("RandomZoom", OPEN, height_factor=(-0.3, 0.2), width_factor=(0.1, 0.5), seed=3),
    image_layer(
        "RandomZoom",
        IMAGE,
        height_factor=0.4,
        width_factor=0.2,
        fill_mode="wrap",
        interpolation="nearest",
        seed=3,
    ),
    image_layer("RandomContrast", IMAGE, factor=0.4, seed=3),
    image_layer("RandomContrast", OPEN, factor=(0.9, 0.1), seed=3),
    image_layer("RandomContrast", IMAGE, factor=0.4, seed=3, **FLOAT64, _of="float64"),
    image_layer("RandomContrast", OPEN, factor=[0.9, 0.1], seed=3),
    image_layer("RandomBrightness", IMAGE, factor=0.4, seed=3),
    image_layer("RandomBrightness", OPEN, factor=[0.5, -0.1], value_range=(0, 1), seed=3),
    image_layer("RandomBrightness", IMAGE, factor=0.4, seed=3, **MIXED_FLOAT16),
    image_layer("RandomHeight", IMAGE, factor=0.4, seed=3),
    image_layer("RandomHeight", OPEN, factor=(0.2, 0.9), interpolation="nearest", seed=3),
    image_layer("RandomWidth", IMAGE, factor=0.4, seed=3),
    image_layer("RandomWidth", OPEN, factor=(-0.5, -0.2), interpolation="bicubic", seed=3),
    image_layer("LayerScale", IMAGE, init_values=0.5, projection_dim=3, _class=_of("convnext", "LayerScale")),
    image_layer(
        "CustomScaleLayer", IMAGE, IMAGE, scale=0.3, _class=_of("inception_resnet_v2", "CustomScaleLayer")
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
