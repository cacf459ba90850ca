"""Layers of activations: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import MIXED_FLOAT16, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

IMAGE = (5, 4, 3)

CASES = [
    one_layer("Softmax", (5, 3)),
    one_layer("Softmax", (5, 3), axis=1),
    one_layer("Softmax", (5, 3), axis=[1, 2]),
    one_layer("Softmax", (5, 3), axis=(-1, -2)),
    one_layer("Softmax", (5, 3), axis=[1]),
    one_layer("Softmax", (5, 3), **MIXED_FLOAT16),
    one_layer("ReLU", IMAGE),
    one_layer("ReLU", IMAGE, max_value=6),
    one_layer("ReLU", IMAGE, max_value=1.5),
    one_layer("ReLU", IMAGE, negative_slope=0.1),
    one_layer("ReLU", IMAGE, max_value=0.7, negative_slope=0.1, threshold=0.2),
    one_layer("ReLU", IMAGE, threshold=0.2),
    one_layer("ReLU", IMAGE, max_value=6, negative_slope=0.25),
    one_layer("LeakyReLU", IMAGE),
    one_layer("LeakyReLU", IMAGE, alpha=0.7),
    one_layer("LeakyReLU", IMAGE, alpha=0.0),
    one_layer("PReLU", IMAGE),
    one_layer("PReLU", (None, None, 3), shared_axes=[1, 2]),
    one_layer("PReLU", IMAGE, shared_axes=1, alpha_constraint="non_neg"),
    one_layer("PReLU", (3,), **MIXED_FLOAT16),
    one_layer("ELU", IMAGE),
    one_layer("ELU", IMAGE, alpha=0.3),
    one_layer("ThresholdedReLU", IMAGE, theta=0.3),
    one_layer("ThresholdedReLU", IMAGE, theta=0.3, **MIXED_FLOAT16),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
