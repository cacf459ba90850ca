"""Layers that normalize: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, HALF, Case
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, Of, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

IMAGE = (5, 4, 3)
FLOAT16 = {"dtype": "float16", "_tolerance": 4e-3, "_why": HALF}
MIXED_BFLOAT16 = {"dtype": "mixed_bfloat16", "_tolerance": 4e-2, "_why": "bfloat16 has 8 bits of mantissa"}
UNIFORM = Of(lambda k: k.initializers.RandomUniform(0.5, 1.5, seed=3))
GAMMA_BETA = {"beta_initializer": UNIFORM, "gamma_initializer": UNIFORM}
BATCH_NORM = {**GAMMA_BETA, "moving_mean_initializer": UNIFORM, "moving_variance_initializer": UNIFORM}

CASES = [
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM),
    one_layer("BatchNormalization", (7,), **BATCH_NORM, axis=1),
    one_layer("BatchNormalization", (None, None, 3), **BATCH_NORM),
    one_layer("BatchNormalization", (3, 2, 4, 5), **BATCH_NORM, axis=-4),
    one_layer("BatchNormalization", (3, 2, 4, 5), **BATCH_NORM),
    one_layer("BatchNormalization", (3, 2, 4, 5), **BATCH_NORM, axis=3),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, axis=2),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, momentum=0.6, epsilon=0.1),
    one_layer("BatchNormalization", (4, 3), **BATCH_NORM, axis=1),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, axis=[1, 3]),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, axis=[-1, 1]),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, center=False, scale=False),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, center=False, scale=False),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, scale=False),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, center=False),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, trainable=False),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, trainable=False),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, **MIXED_FLOAT16),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, **MIXED_FLOAT16),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, **FLOAT16),
    one_layer("BatchNormalization", (3,), **BATCH_NORM, **FLOAT16),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, **MIXED_BFLOAT16),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, **FLOAT64),
    one_layer("BatchNormalization", (4, 3), **BATCH_NORM, _masked=True),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, beta_regularizer="l2", gamma_constraint="non_neg"),
    one_layer("BatchNormalization", IMAGE, **BATCH_NORM, momentum=0.0),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, axis=[1, 2]),
    one_layer("LayerNormalization", (4, 5, 3), **GAMMA_BETA, axis=[-1, -2]),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, axis=1),
    one_layer("LayerNormalization", IMAGE, **GAMMA_BETA, axis=[1, 3]),
    one_layer("LayerNormalization", IMAGE, **GAMMA_BETA),
    one_layer("LayerNormalization", (None, 3), **GAMMA_BETA),
    one_layer("LayerNormalization", (None, 3, 4), **GAMMA_BETA, axis=2),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, epsilon=1e-06),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, center=False, scale=False),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, center=False, scale=False, epsilon=1e-07),
    one_layer("LayerNormalization", (5, 8), **GAMMA_BETA, **MIXED_FLOAT16),
    one_layer("LayerNormalization", (5, 8), **GAMMA_BETA, axis=1, **MIXED_FLOAT16),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, **FLOAT64),
    one_layer("LayerNormalization", (5, 3), **GAMMA_BETA, _batch=BATCH),
    one_layer("Normalization", (3,)),
    one_layer("Normalization", IMAGE, axis=(1, -1)),
    one_layer("Normalization", IMAGE, axis=None),
    one_layer("Normalization", IMAGE, axis=1, invert=True),
    one_layer("Normalization", (3,), _of="int32"),
    one_layer("Normalization", (3,), mean=[1.0, 2, 3], variance=[0.5, 1, 0]),
    one_layer("Normalization", IMAGE, mean=1, variance=2.5),
    one_layer("Normalization", IMAGE, axis=None, mean=1, variance=2.5, invert=True),
    one_layer("GroupNormalization", (4, 5, 6), **GAMMA_BETA, groups=2),
    one_layer("GroupNormalization", (4, 5, 6), **GAMMA_BETA, groups=2, axis=1),
    one_layer("GroupNormalization", (4, 5, 6), **GAMMA_BETA, groups=5, axis=-2),
    one_layer("GroupNormalization", (4, 3), **GAMMA_BETA, groups=-1),
    one_layer("GroupNormalization", (6,), **GAMMA_BETA, groups=1, center=False),
    one_layer("GroupNormalization", (None, None, 6), **GAMMA_BETA, groups=3, scale=False),
    one_layer("GroupNormalization", (4, 5, 6), **GAMMA_BETA, groups=2, **MIXED_FLOAT16),
    one_layer("UnitNormalization", (4, 3)),
    one_layer("UnitNormalization", (4, 3), axis=[1, 2]),
    one_layer("UnitNormalization", (4, 3), **MIXED_FLOAT16),
    one_layer("Normalization", (3,), **MIXED_FLOAT16),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
