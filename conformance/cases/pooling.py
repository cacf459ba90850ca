"""Local and global pooling."""

from __future__ import annotations

from typing import Any

from conformance.cases.case import FLOAT64, IMAGES, MIXED_FLOAT16, NCHW, SIGNALS, Layer, vector


def _pooling(dimensions: int) -> dict[str, dict[str, Any]]:
    """The variants that every local pooling layer has."""
    deep = (9, 4) if dimensions == 1 else (8, 9, 4)
    first = (4, 9) if dimensions == 1 else (4, 8, 9)
    return {
        "default": {},
        "same": {"pool_size": 3, "strides": 2, "padding": "same"},
        "valid": {"pool_size": 3, "strides": 1, "padding": "valid"},
        "channels_first": {
            "_on": vector(*first),
            **(NCHW if dimensions == 2 else {"data_format": NCHW["data_format"]}),
        },
        "dynamic": {"_on": vector(*(None,) * dimensions, 4)},
        "float64": {**FLOAT64, "_on": vector(*deep, dtype="float64")},
        "mixed_float16": MIXED_FLOAT16,
    }


def _global_pooling(dimensions: int) -> dict[str, dict[str, Any]]:
    """The variants that every global pooling layer has."""
    return {
        "default": {},
        "keepdims": {"keepdims": True},
        "channels_first": {"data_format": "channels_first"},
        "dynamic": {"_on": vector(*(None,) * dimensions, 4)},
        "mixed_float16": MIXED_FLOAT16,
    }


LAYERS: tuple[Layer, ...] = (
    Layer("MaxPooling1D", SIGNALS, _pooling(1)),
    Layer("AveragePooling1D", SIGNALS, _pooling(1)),
    Layer("MaxPooling2D", IMAGES, _pooling(2)),
    Layer("AveragePooling2D", IMAGES, _pooling(2)),
    Layer("GlobalMaxPooling1D", SIGNALS, _global_pooling(1)),
    Layer("GlobalAveragePooling1D", SIGNALS, _global_pooling(1)),
    Layer("GlobalMaxPooling2D", IMAGES, _global_pooling(2)),
    Layer("GlobalAveragePooling2D", IMAGES, _global_pooling(2)),
)
