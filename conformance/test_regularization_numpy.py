"""Layers that regularize: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

IMAGE = (5, 4, 3)

CASES = [
    one_layer("SpatialDropout1D", (4, 3), rate=0.3, _random=True),
    one_layer("SpatialDropout2D", IMAGE, rate=0.3, _random=True),
    one_layer("SpatialDropout3D", (2, 3, 4, 3), rate=0.3, seed=3, _random=True),
    one_layer("SpatialDropout2D", IMAGE, rate=0),
    one_layer("Dropout", (4, 3), rate=0.3, _random=True),
    one_layer("Dropout", (4, 3), rate=0.3, noise_shape=[None, 1, None], seed=5, _random=True),
    one_layer("Dropout", (4, 3), rate=0.3, noise_shape=(None, 1, 3), _random=True),
    one_layer("Dropout", (4, 3), rate=0),
    one_layer("Dropout", (4, 3), rate=1.0, _random=True),
    one_layer("GaussianNoise", (4, 3), stddev=0.3, seed=1, _random=True),
    one_layer("GaussianDropout", (4, 3), rate=0.3, _random=True),
    one_layer("GaussianDropout", (4, 3), rate=0.0),
    one_layer("AlphaDropout", (4, 3), rate=0.3, seed=4, _random=True),
    one_layer("AlphaDropout", (4, 3), rate=0.0),
    one_layer("ActivityRegularization", (4, 3), l1=0.1, l2=0.3),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
