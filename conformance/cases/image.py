"""Preprocessing, of images above all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.case import vector
from conformance.cases.layer import FLOAT64, IMAGES, MIXED_FLOAT16, NO_GRADIENT, Layer

_INTERPOLATIONS = ("nearest", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _varying(variants: Mapping[str, Mapping[str, Any]], trains: bool = True) -> dict[str, dict[str, Any]]:
    """The variants of a layer that varies images while training; without a seed Keras invents one."""
    first = next(iter(variants.values()))
    more: dict[str, Mapping[str, Any]] = {
        "dynamic": {**first, "_on": vector(None, None, 4)},
        "mixed_float16": {**first, **MIXED_FLOAT16},
    }
    return {
        name: {"seed": 3, "_random": True, "_trains": trains, **config}
        for name, config in {**variants, **more}.items()
    }


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Rescaling",
        vector(3, 5),
        {
            "default": {"scale": 1 / 255},
            "offset": {"scale": 1 / 127.5, "offset": -1},
            "per_channel": {"scale": [0.5, 1.0, 2.0, 3.0, 4.0], "offset": [0.0, 1.0, 2.0, 3.0, 4.0]},
            "integers": {"scale": 0.5, "_on": vector(3, dtype="uint8", high=200), "_trains": False},
            "mixed_float16": {"scale": 1 / 255, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "Normalization",
        vector(3, 5),
        {
            "adapted": {"_adapt": True},
            "axis": {"axis": 1, "_adapt": True},
            "axes": {"axis": [1, 2], "_adapt": True},
            "no_axis": {"axis": None, "_adapt": True},
            "given": {"axis": -1, "mean": [0.0, 1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 3.0, 4.0, 5.0]},
            "scalar": {"axis": None, "mean": 2.0, "variance": 4.0},
            "invert": {"_adapt": True, "invert": True},
        },
    ),
    Layer(
        "Resizing",
        IMAGES,
        {
            "default": {"height": 5, "width": 7},
            **{m: {"height": 11, "width": 3, "interpolation": m} for m in _INTERPOLATIONS},
            "area": {"height": 11, "width": 3, "interpolation": "area", **NO_GRADIENT},
            "crop": {"height": 5, "width": 9, "crop_to_aspect_ratio": True},
            "dynamic": {"height": 5, "width": 7, "_on": vector(None, None, 4)},
            "dynamic_crop": {
                "height": 5,
                "width": 9,
                "crop_to_aspect_ratio": True,
                "_on": vector(None, None, 4),
            },
            "bytes": {
                "height": 5,
                "width": 7,
                "_on": vector(8, 9, 4, dtype="uint8", high=200),
                "_trains": False,
            },
            "float64": {"height": 5, "width": 7, **FLOAT64, "_tolerance": 1e-6, "_why": "resized in float32"},
            "mixed_float16": {"height": 5, "width": 7, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "CenterCrop",
        IMAGES,
        {
            "default": {"height": 5, "width": 4},
            "larger": {"height": 12, "width": 4},
            "dynamic": {"height": 5, "width": 4, "_on": vector(None, None, 4)},
            "mixed_float16": {"height": 5, "width": 4, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "RandomCrop",
        IMAGES,
        {
            "default": {"height": 5, "width": 4, "seed": 3, "_random": True},
            "larger": {"height": 12, "width": 4, "seed": 3, "_random": True},
            "dynamic": {"height": 5, "width": 4, "seed": 3, "_random": True, "_on": vector(None, None, 4)},
            "mixed_float16": {"height": 5, "width": 4, "seed": 3, "_random": True, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "RandomFlip",
        IMAGES,
        _varying({"default": {}, "horizontal": {"mode": "horizontal"}, "vertical": {"mode": "vertical"}}),
    ),
    *(
        Layer(
            name,
            IMAGES,
            _varying(
                {
                    "default": given,
                    "constant": {**given, "fill_mode": "constant", "fill_value": 0.5},
                    "wrap": {**given, "fill_mode": "wrap", "interpolation": "nearest"},
                    "nearest": {**given, "fill_mode": "nearest"},
                }
            ),
        )
        for name, given in (
            ("RandomTranslation", {"height_factor": 0.3, "width_factor": [-0.1, 0.2]}),
            ("RandomRotation", {"factor": 0.2}),
            ("RandomZoom", {"height_factor": 0.3}),
        )
    ),
    Layer(
        "RandomContrast",
        IMAGES,
        {
            name: config
            for name, config in _varying(
                {"default": {"factor": 0.3}, "pair": {"factor": [0.1, 0.5]}}, trains=False
            ).items()
            # TensorFlow has no float16 kernel for it on a CPU.
            if name != "mixed_float16"
        },
    ),
    Layer(
        "RandomBrightness",
        IMAGES,
        _varying({"default": {"factor": 0.3}, "range": {"factor": [-0.1, 0.2], "value_range": [0, 1]}}),
    ),
    *(
        Layer(
            name,
            IMAGES,
            _varying({"default": {"factor": 0.3}, "pair": {"factor": [-0.1, 0.5]}}, trains=False),
        )
        for name in ("RandomHeight", "RandomWidth")
    ),
)
