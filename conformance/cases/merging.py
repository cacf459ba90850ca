"""Layers of several inputs."""

from __future__ import annotations

from typing import Any

from conformance.cases.case import MIXED_FLOAT16, Input, Layer


def _merging() -> dict[str, dict[str, Any]]:
    """The variants of the element-wise merging layers."""
    return {
        "two": {},
        "three": {"_on": (Input((3, 5)), Input((3, 5)), Input((3, 5)))},
        "broadcast": {"_on": (Input((3, 5)), Input((1, 5)))},
        "ranks": {"_on": (Input((3, 5)), Input((5,)))},
        "dynamic": {"_on": (Input((None, 5)), Input((None, 5)))},
        "mixed_float16": MIXED_FLOAT16,
    }


LAYERS: tuple[Layer, ...] = (
    Layer("Add", (Input((3, 5)), Input((3, 5))), _merging()),
    Layer("Multiply", (Input((3, 5)), Input((3, 5))), _merging()),
    Layer(
        "Concatenate",
        (Input((3, 5)), Input((3, 4))),
        {
            "default": {},
            "axis": {"axis": 1, "_on": (Input((2, 5)), Input((3, 5)), Input((1, 5)))},
            "dynamic": {"_on": (Input((None, 5)), Input((None, 2)))},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
)
