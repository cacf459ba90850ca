"""EinsumDense, Identity and Masking: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import MIXED_FLOAT16, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()


CASES = [
    one_layer("Identity", (4, 3)),
    one_layer("Identity", (4, 3), _masked=True),
    one_layer("Masking", (4, 3), mask_value=0.5, _masked=True),
    one_layer("EinsumDense", (4, 3), equation="abc,cd->abd", output_shape=(None, 6), bias_axes="d"),
    one_layer("EinsumDense", (4, 3), equation="...c,cd->...d", output_shape=6, activation="relu"),
    one_layer("EinsumDense", (5, 4, 3), equation="...c,cd->...d", output_shape=6, bias_axes="d"),
    one_layer("EinsumDense", (4, 3), equation="ab...,bc->ac...", output_shape=6, bias_axes="c"),
    one_layer("EinsumDense", (4, 3), equation="abc,cde->abde", output_shape=(4, 2, 5), bias_axes="be"),
    one_layer("EinsumDense", (None, 3), equation="abc,cd->abd", output_shape=(None, 6), bias_axes="d"),
    one_layer(
        "EinsumDense", (4, 3), equation="abc,cd->abd", output_shape=(None, 6), bias_axes="d", **MIXED_FLOAT16
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
