"""Layers that enlarge."""

from __future__ import annotations

from typing import Any

from conformance.case import HALF, vector
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, NO_GRADIENT, Layer

_METHODS = ("nearest", "bilinear", "area", "bicubic", "gaussian", "lanczos3", "lanczos5", "mitchellcubic")


def _images() -> dict[str, dict[str, Any]]:
    """Each interpolation, and the other variants for those that TensorFlow has different ops for."""
    return {
        **{method: {"interpolation": method, "size": [3, 2]} for method in _METHODS if method != "area"},
        "area": {"interpolation": "area", "size": [3, 2], **NO_GRADIENT},
        **{
            f"{method}_{name}": {"interpolation": method, **config}
            for method in ("nearest", "bilinear", "bicubic", "gaussian")
            for name, config in {
                **_dtypes(method),
                "channels_first": {"data_format": "channels_first", "_on": vector(2, 3, 4)},
                "dynamic": {"size": [2, 3], "_on": vector(None, None, 2)},
            }.items()
        },
    }


def _dtypes(method: str) -> dict[str, dict[str, Any]]:
    """The variants of other dtypes."""
    float64 = {**FLOAT64, "_on": vector(3, 4, 2, dtype="float64")}
    if method != "gaussian":
        return {"float64": float64, "mixed_float16": MIXED_FLOAT16}
    both = {"_trains": False, "_why": f"{HALF}; {NO_GRADIENT['_why']}"}
    return {"float64": {**float64, **NO_GRADIENT}, "mixed_float16": {**MIXED_FLOAT16, **both}}


LAYERS: tuple[Layer, ...] = (
    Layer(
        "UpSampling1D",
        vector(3, 2),
        {
            "default": {},
            "size": {"size": 3},
            "once": {"size": 1, "_on": vector(1, 2)},
            "dynamic": {"size": 3, "_on": vector(None, 2)},
            "float64": {**FLOAT64, "_on": vector(3, 2, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
    Layer("UpSampling2D", vector(3, 4, 2), {"default": {}, **_images()}),
    Layer(
        "UpSampling3D",
        vector(2, 3, 2, 2),
        {
            "default": {},
            "size": {"size": [1, 2, 3]},
            "channels_first": {"data_format": "channels_first", "size": [3, 1, 2]},
            "dynamic": {"_on": vector(None, 2, None, 2)},
            "float64": {**FLOAT64, "_on": vector(2, 3, 2, 2, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
)
