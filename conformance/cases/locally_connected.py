"""Convolutions whose windows have weights of their own."""

from __future__ import annotations

from typing import Any

from conformance.case import vector
from conformance.cases.convolution import each
from conformance.cases.layer import FLOAT64, KERNEL_OPTIONS, MIXED_FLOAT16, Layer


def _locally_connected(last: tuple[int, ...], first: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """The variants on inputs of the two data formats; implementations 2 and 3 also pad."""
    shared = {
        "strides": {"strides": 2, "activation": "relu"},
        "channels_first": {"data_format": "channels_first", "_on": vector(*first)},
        "float64": {**FLOAT64, "_on": vector(*last, dtype="float64")},
        "mixed_float16": MIXED_FLOAT16,
    }
    others = {
        "valid": {"padding": "valid"},
        "same": {"padding": "same", "kernel_size": 3},
        "regularized": KERNEL_OPTIONS["regularized"],
        **shared,
    }
    return each(
        {"filters": 3, "kernel_size": 2},
        {
            "default": {},
            "single": {"kernel_size": last[:-1]},
            **shared,
            **KERNEL_OPTIONS,
            **{
                f"implementation{number}_{name}": {**config, "implementation": number}
                for number in (2, 3)
                for name, config in others.items()
            },
        },
    )


LAYERS: tuple[Layer, ...] = (
    Layer("LocallyConnected1D", vector(5, 3), _locally_connected((5, 3), (3, 5))),
    Layer("LocallyConnected2D", vector(4, 3, 2), _locally_connected((4, 3, 2), (2, 4, 3))),
)
