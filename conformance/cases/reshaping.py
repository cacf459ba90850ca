"""Layers that only move or pad."""

from __future__ import annotations

from typing import Any

from conformance.case import vector
from conformance.cases.layer import FLOAT64, IMAGES, MIXED_FLOAT16, SIGNALS, VOLUMES, Layer

FIRST = {"data_format": "channels_first"}


def _margins(option: str, on: tuple[int, ...], *sides: Any, first: bool = True) -> dict[str, dict[str, Any]]:
    """The variants of a layer that changes the ends of axes; `sides`: one number, numbers, pairs."""
    names = ("number", "symmetric", "sides")[-len(sides) :]
    dynamic = (*(None,) * (len(on) - 1), on[-1])
    return {
        "default": {},
        **{name: {option: value} for name, value in zip(names, sides, strict=True)},
        **({"channels_first": {option: sides[-1], **FIRST}} if first else {}),
        "dynamic": {option: sides[-1], "_on": vector(*dynamic)},
        "float64": {**FLOAT64, "_on": vector(*on, dtype="float64")},
        "mixed_float16": MIXED_FLOAT16,
    }


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Flatten",
        IMAGES,
        {
            "default": {},
            "channels_first": FIRST,
            "channels_first_dynamic": {**FIRST, "_on": vector(2, None, 3)},
            "vector": {"_on": vector(5)},
            "scalar": {"_on": vector()},
            "dynamic": {"_on": vector(None, 3)},
            "integers": {"dtype": "int32", "_on": vector(2, 3, dtype="int32", high=9), "_trains": False},
            "float64": {**FLOAT64, "_on": vector(2, 3, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
    Layer(
        "Reshape",
        vector(4, 6),
        {
            "default": {"target_shape": [3, 8]},
            "inferred": {"target_shape": [-1, 2]},
            "flat": {"target_shape": [24]},
            "ones": {"target_shape": [1, 24, 1]},
            "dynamic": {"target_shape": [-1, 2], "_on": vector(None, 6)},
            "dynamic_known": {"target_shape": [6, 7], "_on": vector(None, 6)},
            "float64": {"target_shape": [2, 3, 4], **FLOAT64, "_on": vector(4, 6, dtype="float64")},
            "mixed_float16": {"target_shape": [24], **MIXED_FLOAT16},
        },
    ),
    Layer(
        "Permute",
        vector(3, 4, 2),
        {
            "default": {"dims": [2, 1, 3]},
            "cycle": {"dims": [3, 1, 2]},
            "same": {"dims": [1, 2, 3]},
            "matrix": {"dims": [2, 1], "_on": vector(3, 5)},
            "dynamic": {"dims": [3, 2, 1], "_on": vector(None, 3, None)},
            "float64": {"dims": [3, 2, 1], **FLOAT64, "_on": vector(3, 4, 2, dtype="float64")},
            "mixed_float16": {"dims": [2, 1, 3], **MIXED_FLOAT16},
        },
    ),
    Layer(
        "RepeatVector",
        vector(5),
        {
            "default": {"n": 3},
            "once": {"n": 1},
            "dynamic": {"n": 2, "_on": vector(None)},
            "float64": {"n": 3, **FLOAT64, "_on": vector(5, dtype="float64")},
            "mixed_float16": {"n": 3, **MIXED_FLOAT16},
        },
    ),
    Layer("ZeroPadding1D", SIGNALS, _margins("padding", (9, 4), 2, [0, 3], first=False)),
    Layer("ZeroPadding2D", IMAGES, _margins("padding", (8, 9, 4), 2, [2, 1], [[1, 2], [3, 0]])),
    Layer(
        "ZeroPadding3D",
        VOLUMES,
        _margins("padding", (4, 5, 3, 2), 2, [0, 1, 2], [[1, 2], [3, 0], [0, 1]]),
    ),
    Layer("Cropping1D", SIGNALS, _margins("cropping", (9, 4), 2, [0, 3], first=False)),
    Layer("Cropping2D", IMAGES, _margins("cropping", (8, 9, 4), 1, [2, 0], [[1, 2], [3, 0]])),
    Layer(
        "Cropping3D",
        vector(6, 5, 7, 3),
        _margins("cropping", (6, 5, 7, 3), 1, [2, 0, 1], [[1, 2], [3, 0], [0, 1]]),
    ),
)
