"""Local and global pooling."""

from __future__ import annotations

from typing import Any

from conformance.case import Input, vector
from conformance.cases.layer import FLOAT64, IMAGES, MIXED_FLOAT16, NCHW, SIGNALS, VOLUMES, Layer

FIRST = {"data_format": "channels_first"}


def _pooling(kind: str, on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants of a local pooling layer; `on`: what it is called on."""
    *spatial, channels = on[0].shape
    rank = len(spatial)
    return {
        "default": {},
        "same": {"pool_size": 3, "strides": 2, "padding": "same"},
        "valid": {"pool_size": 3, "strides": 1, "padding": "valid"},
        **({"uneven": {"pool_size": [1, 2, 3][-rank:], "strides": [2, 1, 3][-rank:]}} if rank > 1 else {}),
        # Keras pools sequences in channels_last.
        "channels_first": {"_on": vector(channels, *spatial), **(FIRST if rank == 1 else NCHW)},
        "channels_first_same": {
            "pool_size": 3,
            "padding": "same",
            "_on": vector(channels, *spatial),
            **(FIRST if rank == 1 else NCHW),
        },
        "dynamic": {"_on": vector(*(None,) * rank, channels)},
        **(_volumes(kind, on) if rank == 3 else _dtypes(on)),
    }


def _dtypes(on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants of other dtypes."""
    float64 = {**FLOAT64, "_on": vector(*on[0].shape, dtype="float64")}
    return {"float64": float64, "mixed_float16": MIXED_FLOAT16}


def _volumes(kind: str, on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants of other dtypes on volumes, which are pooled in float32 alone; MaxPool3D takes no float64."""
    limits = {"_runs": False, "_why": "TensorFlow pools volumes in float32 alone on a CPU"}
    found = {name: {**config, **limits} for name, config in _dtypes(on).items()}
    return found if kind == "Average" else {"mixed_float16": found["mixed_float16"]}


def _global_pooling(kind: str, on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants of a global pooling layer; `on`: what it is called on."""
    shape = on[0].shape
    return {
        "default": {},
        "keepdims": {"keepdims": True},
        "channels_first": FIRST,
        "channels_first_keepdims": {**FIRST, "keepdims": True},
        "dynamic": {"_on": vector(*(None,) * (len(shape) - 1), shape[-1])},
        **_dtypes(on),
    }


LAYERS: tuple[Layer, ...] = tuple(
    Layer(f"{place}{kind}Pooling{len(on[0].shape) - 1}D", on, variants(kind, on))
    for place, variants in (("", _pooling), ("Global", _global_pooling))
    for on in (SIGNALS, IMAGES, VOLUMES)
    for kind in ("Max", "Average")
)
