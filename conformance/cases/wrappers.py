"""Layers around a layer."""

from __future__ import annotations

from conformance.cases.case import MIXED_FLOAT16, Layer, inner, vector

LAYERS: tuple[Layer, ...] = (
    Layer(
        "TimeDistributed",
        vector(6, 3),
        {
            "default": {"layer": inner("Dense", 5)},
            "penalty": {"layer": inner("Dense", 5, activity_regularizer="l2")},
            "dynamic": {"layer": inner("Dense", 5), "_on": vector(None, 3)},
            "images": {"layer": inner("Conv2D", 2, 3), "_on": vector(5, 8, 9, 4)},
            "norm": {"layer": inner("BatchNormalization")},
            "dropout": {"layer": inner("Dropout", 0.3), "_random": True},
            "flatten": {"layer": inner("Flatten"), "_on": vector(5, 3, 4)},
            "mixed_float16": {"layer": inner("Dense", 5, dtype="mixed_float16"), **MIXED_FLOAT16},
        },
    ),
)
