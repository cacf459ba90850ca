"""Layers of categories: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.categorical import LAYERS
from conformance.cases.layer import layer_case
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

CASES = [layer_case(layer, variant, config) for layer in LAYERS for variant, config in layer.variants.items()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
