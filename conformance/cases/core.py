"""Inputs, dense layers and embeddings."""

from __future__ import annotations

from conformance.cases.case import (
    BATCH,
    FLOAT64,
    KERNEL_OPTIONS,
    L2,
    MAX_NORM,
    MIN_MAX_NORM,
    MIXED_FLOAT16,
    ORTHOGONAL,
    TRUNCATED,
    Layer,
    vector,
)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "InputLayer",
        vector(3),
        {
            "default": {},
            "batch_size": {"_batch": BATCH},
            "dynamic": {"_on": vector(None, None)},
            "int32": {"_on": vector(3, dtype="int32", high=9), "_trains": False},
            "bool": {"_on": vector(3, dtype="bool", high=2), "_trains": False},
        },
    ),
    Layer(
        "Dense",
        vector(3),
        {
            "default": {"units": 5},
            "relu": {"units": 5, "activation": "relu"},
            "softmax": {"units": 5, "activation": "softmax"},
            "three_dims": {"units": 5, "_on": vector(6, 3)},
            "dynamic": {"units": 5, "_on": vector(None, None, 3)},
            "float64": {"units": 5, **FLOAT64, "_on": vector(3, dtype="float64")},
            "named": {"units": 5, "name": "the.layer-1"},
            "orthogonal": {"units": 5, "kernel_regularizer": ORTHOGONAL, "kernel_constraint": MIN_MAX_NORM},
            "radial": {"units": 5, "kernel_constraint": "unit_norm", "kernel_regularizer": "l1"},
            **{name: {"units": 5, **config} for name, config in KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "Embedding",
        vector(6, dtype="int32", high=11),
        {
            "default": {"input_dim": 11, "output_dim": 3},
            "input_length": {"input_dim": 11, "output_dim": 3, "input_length": 6},
            "floats": {"input_dim": 11, "output_dim": 3, "_on": vector(6, dtype="float32", high=11)},
            "dynamic": {"input_dim": 11, "output_dim": 3, "_on": vector(None, dtype="int64", high=11)},
            "mask_zero": {"input_dim": 11, "output_dim": 3, "mask_zero": True},
            "options": {
                "input_dim": 11,
                "output_dim": 3,
                "embeddings_regularizer": L2,
                "activity_regularizer": L2,
                "embeddings_constraint": MAX_NORM,
                "embeddings_initializer": TRUNCATED,
            },
            "mixed_float16": {"input_dim": 11, "output_dim": 3, **MIXED_FLOAT16},
        },
    ),
)
