"""Layers of activations."""

from __future__ import annotations

from conformance.cases.case import FLOAT64, MIXED_FLOAT16, Layer, vector

_ACTIVATIONS = (
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "linear",
    "mish",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
)


LAYERS: tuple[Layer, ...] = (
    Layer(
        "Activation",
        vector(3, 5),
        {
            **{name: {"activation": name} for name in _ACTIVATIONS},
            "float64": {
                "activation": "gelu",
                **FLOAT64,
                "_on": vector(5, dtype="float64"),
                "_tolerance": 1e-7,
                "_why": "2.15 rounds the square root of 2 to float32 in a float64 gelu, 2.21 does not",
            },
            "mixed_float16": {"activation": "tanh", **MIXED_FLOAT16},
        },
    ),
    Layer(
        "Softmax",
        vector(3, 5),
        {"default": {}, "axis": {"axis": 1}, "axes": {"axis": [1, 2]}, "mixed_float16": MIXED_FLOAT16},
    ),
    Layer(
        "ReLU",
        vector(3, 5),
        {
            "default": {},
            "max_value": {"max_value": 1.0},
            "leaky": {"negative_slope": 0.2},
            "threshold": {"threshold": 0.3},
            "all": {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.3},
            "six": {"max_value": 6.0},
            "mixed_float16": {"max_value": 1.0, **MIXED_FLOAT16},
        },
    ),
)
