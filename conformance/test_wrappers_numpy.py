"""Wrappers: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, Case
from conformance.cases.layer import MIXED_FLOAT16, Of, inner, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

IMAGE = (5, 4, 3)

CASES = [
    one_layer("TimeDistributed", (4, 3), layer=inner("Dense", 4, "relu")),
    one_layer("TimeDistributed", (4, 3), layer=inner("Dense", 4, activity_regularizer="l2")),
    one_layer("TimeDistributed", (None, 3), layer=inner("Dense", 4)),
    one_layer("TimeDistributed", (None, *IMAGE), layer=inner("Conv2D", 2, 3)),
    one_layer(
        "TimeDistributed",
        (4, 3),
        layer=inner(
            "BatchNormalization",
        ),
    ),
    one_layer(
        "TimeDistributed",
        (4, 3, 2),
        layer=inner(
            "Flatten",
        ),
    ),
    one_layer("TimeDistributed", (4, 3), layer=inner("Dense", 4), _masked=True),
    one_layer(
        "TimeDistributed",
        (4, 3, 2),
        layer=Of(lambda k: k.layers.TimeDistributed(k.layers.Dense(2))),
        _words="TimeDistributed",
    ),
    one_layer("TimeDistributed", (4, 3), layer=inner("Dense", 2), _batch=BATCH),
    one_layer("TimeDistributed", (4, 3), layer=inner("Dense", 2, dtype="mixed_float16"), **MIXED_FLOAT16),
    one_layer("SpectralNormalization", (3,), layer=inner("Dense", 4)),
    one_layer("SpectralNormalization", IMAGE, layer=inner("Conv2D", 4, 3), power_iterations=3),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
