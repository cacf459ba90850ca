"""Layers that reshape, crop, pad and enlarge: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

FIRST = {"data_format": "channels_first"}

CASES = [
    *(
        one_layer("UpSampling2D", shape, interpolation=method, **options)
        for method in (
            *("nearest", "bilinear", "area", "bicubic"),
            *("gaussian", "lanczos3", "lanczos5", "mitchellcubic"),
        )
        for options, shape in [
            ({}, (4, 5, 3)),
            ({"size": (3, 2)}, (None, 5, 3)),
            ({"size": (3, 2), **FIRST}, (3, 4, 5)),
        ]
    ),
    one_layer("UpSampling1D", (None, 6)),
    one_layer("UpSampling1D", (4, 6), size=3),
    one_layer("UpSampling3D", (3, 4, None, 3)),
    one_layer("UpSampling3D", (3, 2, 3, 4), size=(1, 2, 3), **FIRST),
    one_layer("Cropping1D", (None, 6)),
    one_layer("Cropping1D", (9, 6), cropping=(2, 0)),
    one_layer("Cropping2D", (None, 8, 6), cropping=((1, 0), (0, 2))),
    one_layer("Cropping2D", (6, 9, 8), cropping=(1, 2), **FIRST),
    one_layer("Cropping2D", (9, 8, 6)),
    one_layer("Cropping3D", (5, None, 6, 3)),
    one_layer("Cropping3D", (3, 5, 4, 6), cropping=((1, 0), (0, 0), (0, 2)), **FIRST),
    one_layer("ZeroPadding1D", (None, 6)),
    one_layer("ZeroPadding1D", (9, 6), padding=(0, 2)),
    one_layer("ZeroPadding3D", (None, 4, 6, 3)),
    one_layer("ZeroPadding3D", (3, 5, 4, None), padding=((1, 2), (0, 3), (0, 0)), **FIRST),
    one_layer("Permute", (None, 6), dims=(2, 1)),
    one_layer("Permute", (4, 5, 6), dims=[3, 1, 2]),
    one_layer("RepeatVector", (6,), n=3),
    one_layer("ZeroPadding2D", (None, 8, 6)),
    one_layer("ZeroPadding2D", (9, 8, 6), padding=(1, 2)),
    one_layer("ZeroPadding2D", (6, 9, None), padding=((1, 2), (0, 3)), **FIRST),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
