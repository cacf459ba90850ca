"""Layers that only move or pad."""

from __future__ import annotations

from conformance.cases.case import IMAGES, MIXED_FLOAT16, Layer, vector

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Flatten",
        IMAGES,
        {
            "default": {},
            "channels_first": {"data_format": "channels_first"},
            "vector": {"_on": vector(5)},
            "scalar": {"_on": vector()},
            "dynamic": {"_on": vector(None, 3)},
        },
    ),
    Layer(
        "Reshape",
        vector(4, 6),
        {
            "default": {"target_shape": [3, 8]},
            "inferred": {"target_shape": [-1, 2]},
            "flat": {"target_shape": [24]},
            "dynamic": {"target_shape": [-1, 2], "_on": vector(None, 6)},
            "mixed_float16": {"target_shape": [24], **MIXED_FLOAT16},
        },
    ),
    Layer(
        "ZeroPadding2D",
        IMAGES,
        {
            "default": {},
            "symmetric": {"padding": [2, 1]},
            "sides": {"padding": [[1, 2], [3, 0]]},
            "channels_first": {"padding": [2, 1], "data_format": "channels_first"},
            "dynamic": {"_on": vector(None, None, 4)},
        },
    ),
)
