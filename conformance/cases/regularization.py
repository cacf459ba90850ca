"""Layers that add noise while training, or losses."""

from __future__ import annotations

from typing import Any

from conformance.case import vector
from conformance.cases.layer import FLOAT64, MIXED_FLOAT16, Layer


def _noise(option: str) -> dict[str, dict[str, Any]]:
    """The variants of a layer whose one option besides the seed is a number."""
    return {
        "default": {option: 0.4, "_random": True},
        "seed": {option: 0.4, "seed": 3, "_random": True},
        "none": {option: 0.0},
        "images": {option: 0.1, "_on": vector(3, 4, 5), "_random": True},
        "dynamic": {option: 0.4, "_on": vector(None, 5), "_random": True},
        "float64": {option: 0.4, **FLOAT64, "_on": vector(6, 5, dtype="float64"), "_random": True},
        "mixed_float16": {option: 0.4, "_random": True, **MIXED_FLOAT16},
    }


def _spatial(*dims: int) -> dict[str, dict[str, Any]]:
    """The variants of a SpatialDropout of `dims` pixels."""
    size, open_size = (*dims, 4), (*(None for _ in dims), 4)
    return {
        "default": {"rate": 0.4, "_random": True},
        "seed": {"rate": 0.4, "seed": 3, "_random": True},
        "none": {"rate": 0.0},
        "dynamic": {"rate": 0.4, "_on": vector(*open_size), "_random": True},
        "float64": {"rate": 0.4, **FLOAT64, "_on": vector(*size, dtype="float64"), "_random": True},
        "mixed_float16": {"rate": 0.4, "_random": True, **MIXED_FLOAT16},
        **(
            {"channels_first": {"rate": 0.4, "data_format": "channels_first", "_random": True}}
            if dims[1:]
            else {}
        ),
    }


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Dropout",
        vector(6, 5),
        {
            "default": {"rate": 0.4, "_random": True},
            "none": {"rate": 0.0},
            "noise_shape": {"rate": 0.4, "noise_shape": [None, 1, 5], "_random": True},
            "seed": {"rate": 0.4, "seed": 3, "_random": True},
            "dynamic": {"rate": 0.4, "noise_shape": [None, 1, None], "_on": vector(None, 5), "_random": True},
            "float64": {"rate": 0.4, **FLOAT64, "_on": vector(6, 5, dtype="float64"), "_random": True},
            "mixed_float16": {"rate": 0.4, "_random": True, **MIXED_FLOAT16},
        },
    ),
    Layer("SpatialDropout1D", vector(6, 4), _spatial(6)),
    Layer("SpatialDropout2D", vector(5, 3, 4), _spatial(5, 3)),
    Layer("SpatialDropout3D", vector(2, 3, 5, 4), _spatial(2, 3, 5)),
    Layer("GaussianNoise", vector(6, 5), _noise("stddev")),
    Layer("GaussianDropout", vector(6, 5), _noise("rate")),
    Layer(
        "AlphaDropout",
        vector(6, 5),
        {
            **_noise("rate"),
            "noise_shape": {"rate": 0.4, "noise_shape": [4, 1, 5], "_random": True},
            "all": {"rate": 1.0},
        },
    ),
    Layer(
        "ActivityRegularization",
        vector(6, 5),
        {
            "default": {},
            "l1": {"l1": 0.01},
            "l2": {"l2": 0.02},
            "both": {"l1": 0.01, "l2": 0.02},
            "dynamic": {"l1": 0.01, "_on": vector(None, 5)},
            "float64": {"l1": 0.01, "l2": 0.02, **FLOAT64, "_on": vector(6, 5, dtype="float64")},
            "mixed_float16": {"l2": 0.02, **MIXED_FLOAT16},
        },
    ),
)
