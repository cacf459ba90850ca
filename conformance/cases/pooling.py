"""Local and global pooling."""

from __future__ import annotations

from typing import Any

from conformance.cases.case import (
    FLOAT64,
    IMAGES,
    MIXED_FLOAT16,
    NCHW,
    SIGNALS,
    VOLUMES,
    Input,
    Layer,
    vector,
)

FIRST = {"data_format": "channels_first"}


def _pooling(on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants that every local pooling layer has; `on`: what it is called on."""
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
        "float64": {**FLOAT64, "_on": vector(*on[0].shape, dtype="float64")},
        "mixed_float16": MIXED_FLOAT16,
    }


def _global_pooling(on: tuple[Input, ...]) -> dict[str, dict[str, Any]]:
    """The variants that every global pooling layer has; `on`: what it is called on."""
    shape = on[0].shape
    return {
        "default": {},
        "keepdims": {"keepdims": True},
        "channels_first": FIRST,
        "channels_first_keepdims": {**FIRST, "keepdims": True},
        "dynamic": {"_on": vector(*(None,) * (len(shape) - 1), shape[-1])},
        "float64": {**FLOAT64, "_on": vector(*shape, dtype="float64")},
        "mixed_float16": MIXED_FLOAT16,
    }


LAYERS: tuple[Layer, ...] = tuple(
    Layer(f"{place}{kind}Pooling{len(on[0].shape) - 1}D", on, variants(on))
    for place, variants in (("", _pooling), ("Global", _global_pooling))
    for on in (SIGNALS, IMAGES, VOLUMES)
    for kind in ("Max", "Average")
)
