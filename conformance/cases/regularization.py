"""Layers that add noise while training, or losses."""

from __future__ import annotations

from conformance.cases.case import MIXED_FLOAT16, Layer, vector

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Dropout",
        vector(6, 5),
        {
            "default": {"rate": 0.4, "_random": True},
            "none": {"rate": 0.0},
            "noise_shape": {"rate": 0.4, "noise_shape": [None, 1, 5], "_random": True},
            "seed": {"rate": 0.4, "seed": 3, "_random": True},
            "mixed_float16": {"rate": 0.4, "_random": True, **MIXED_FLOAT16},
        },
    ),
)
