"""Locally connected layers: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, Case
from conformance.cases.layer import one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

FIRST = {"data_format": "channels_first"}

CASES = [
    *(
        one_layer(f"LocallyConnected{rank}D", shape, filters=4, kernel_size=3, implementation=way, **options)
        for rank, last, first in ((1, (7, 6), (6, 7)), (2, (7, 5, 6), (6, 7, 5)))
        for way in (1, 2, 3)
        for options, shape in [
            ({}, last),
            ({"strides": 2, "activation": "relu"}, last),
            (FIRST, first),
            *([({"padding": "same"}, last)] if way > 1 else []),
        ]
    ),
    one_layer("LocallyConnected1D", (7, 6), filters=4, kernel_size=2, use_bias=False, _batch=BATCH),
    one_layer(
        "LocallyConnected2D",
        (7, 5, 6),
        filters=4,
        kernel_size=(2, 4),
        strides=(2, 3),
        padding="same",
        implementation=3,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
