"""Layers of activations."""

from __future__ import annotations

from conformance.case import vector
from conformance.cases.layer import FLOAT64, L1L2, MAX_NORM, MIXED_FLOAT16, TRUNCATED, Layer

_ACTIVATIONS = (
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
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
        {
            "default": {},
            "axis": {"axis": 1},
            "axes": {"axis": [1, 2]},
            "one_axis": {"axis": [1]},
            "dynamic": {"axis": [1, -1], "_on": vector(None, 5)},
            "float64": {**FLOAT64, "_on": vector(3, 5, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
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
            "dynamic": {"max_value": 1.0, "threshold": 0.1, "_on": vector(None, None, 3)},
            "float64": {
                "max_value": 1.0,
                "negative_slope": 0.2,
                "threshold": 0.3,
                **FLOAT64,
                "_on": vector(3, 5, dtype="float64"),
            },
            "mixed_float16": {"max_value": 1.0, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "LeakyReLU",
        vector(3, 5),
        {
            "default": {},
            "alpha": {"alpha": 0.1},
            "zero": {"alpha": 0.0},
            "dynamic": {"alpha": 2.0, "_on": vector(None, None)},
            "float64": {**FLOAT64, "_on": vector(5, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
    Layer(
        "PReLU",
        vector(3, 5),
        {
            "default": {"alpha_initializer": TRUNCATED},
            "shared": {"alpha_initializer": TRUNCATED, "shared_axes": [1]},
            "shared_last": {"alpha_initializer": TRUNCATED, "shared_axes": 2},
            "images": {"alpha_initializer": TRUNCATED, "shared_axes": [1, 2], "_on": vector(None, None, 3)},
            "vector": {"alpha_initializer": "ones", "_on": vector(5)},
            "options": {
                "alpha_initializer": TRUNCATED,
                "alpha_regularizer": L1L2,
                "alpha_constraint": MAX_NORM,
            },
            "frozen": {"alpha_initializer": TRUNCATED, "trainable": False},
            "float64": {"alpha_initializer": TRUNCATED, **FLOAT64, "_on": vector(3, 5, dtype="float64")},
            "mixed_float16": {"alpha_initializer": TRUNCATED, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "ELU",
        vector(3, 5),
        {
            "default": {},
            "alpha": {"alpha": 0.3},
            "dynamic": {"alpha": 0.3, "_on": vector(None, None)},
            "float64": {"alpha": 0.3, **FLOAT64, "_on": vector(5, dtype="float64")},
            "mixed_float16": {"alpha": 0.3, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "ThresholdedReLU",
        vector(3, 5),
        {
            "default": {},
            "theta": {"theta": 0.3},
            "dynamic": {"theta": 0.3, "_on": vector(None, None)},
            "float64": {"theta": 0.3, **FLOAT64, "_on": vector(5, dtype="float64")},
            "mixed_float16": {"theta": 0.3, **MIXED_FLOAT16},
        },
    ),
)
