"""Normalisation."""

from __future__ import annotations

from conformance.cases.case import (
    FLOAT64,
    IMAGES,
    L1L2,
    L2,
    MAX_NORM,
    MIXED_FLOAT16,
    TRUNCATED,
    Layer,
    vector,
)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "BatchNormalization",
        IMAGES,
        {
            "default": {},
            "vector": {"_on": vector(5)},
            "three_dims": {"_on": vector(6, 5)},
            "axis": {"axis": 1},
            "axes": {"axis": [1, 3], "_on": vector(8, 9, 4)},
            "plain": {"center": False, "scale": False},
            "no_scale": {"scale": False, "_on": vector(5)},
            "epsilon": {"momentum": 0.7, "epsilon": 0.1},
            "frozen": {"trainable": False},
            "frozen_vector": {"trainable": False, "_on": vector(5)},
            "options": {
                "beta_regularizer": L2,
                "gamma_regularizer": L1L2,
                "beta_constraint": MAX_NORM,
                "gamma_constraint": "non_neg",
                "gamma_initializer": TRUNCATED,
            },
            "dynamic": {"_on": vector(None, None, 4)},
            "float64": {**FLOAT64, "_on": vector(8, 9, 4, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
            "mixed_float16_vector": {**MIXED_FLOAT16, "_on": vector(5)},
        },
    ),
    Layer(
        "LayerNormalization",
        vector(6, 5),
        {
            "default": {},
            "axis": {"axis": 1},
            "axes": {"axis": [1, 2]},
            "images": {"_on": IMAGES},
            "plain": {"center": False, "scale": False},
            "epsilon": {"epsilon": 0.1, "scale": False},
            "options": {
                "beta_regularizer": L2,
                "gamma_regularizer": L1L2,
                "gamma_constraint": "non_neg",
                "gamma_initializer": TRUNCATED,
            },
            "dynamic": {"_on": vector(None, 5)},
            "float64": {**FLOAT64, "_on": vector(6, 5, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
)
