"""Convolutions."""

from __future__ import annotations

from conformance.cases.case import (
    FLOAT64,
    IMAGES,
    KERNEL_OPTIONS,
    L1L2,
    L2,
    MAX_NORM,
    MIXED_FLOAT16,
    NCHW,
    SIGNALS,
    TRUNCATED,
    Layer,
    vector,
)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Conv1D",
        SIGNALS,
        {
            "default": {"filters": 6, "kernel_size": 3},
            "same": {"filters": 6, "kernel_size": 3, "padding": "same", "strides": 2, "activation": "relu"},
            "causal": {"filters": 6, "kernel_size": 3, "padding": "causal"},
            "dilated": {"filters": 6, "kernel_size": 3, "dilation_rate": 2},
            "causal_dilated": {"filters": 6, "kernel_size": 2, "padding": "causal", "dilation_rate": 3},
            "groups": {"filters": 6, "kernel_size": 3, "groups": 2},
            "dynamic": {"filters": 6, "kernel_size": 3, "padding": "same", "_on": vector(None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": vector(4, 9), **NCHW},
            "float64": {"filters": 6, "kernel_size": 3, **FLOAT64, "_on": vector(9, 4, dtype="float64")},
            **{name: {"filters": 6, "kernel_size": 3, **config} for name, config in KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "Conv2D",
        IMAGES,
        {
            "default": {"filters": 6, "kernel_size": 3},
            "same": {
                "filters": 6,
                "kernel_size": [2, 3],
                "padding": "same",
                "strides": 2,
                "activation": "relu",
            },
            "strides": {"filters": 6, "kernel_size": [2, 3], "strides": [2, 1]},
            "dilated": {"filters": 6, "kernel_size": 2, "dilation_rate": [2, 3], "padding": "same"},
            "groups": {"filters": 6, "kernel_size": 3, "groups": 2},
            "dynamic": {"filters": 6, "kernel_size": 3, "padding": "same", "_on": vector(None, None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": vector(4, 8, 9), **NCHW},
            "float64": {"filters": 6, "kernel_size": 3, **FLOAT64, "_on": vector(8, 9, 4, dtype="float64")},
            **{name: {"filters": 6, "kernel_size": 3, **config} for name, config in KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "DepthwiseConv2D",
        IMAGES,
        {
            "default": {"kernel_size": 3},
            "same": {"kernel_size": [2, 3], "padding": "same", "strides": 2, "activation": "relu"},
            "multiplier": {"kernel_size": 3, "depth_multiplier": 2},
            "dilated": {"kernel_size": 2, "dilation_rate": 2},
            "dynamic": {"kernel_size": 3, "padding": "same", "_on": vector(None, None, 4)},
            "channels_first": {"kernel_size": 3, "_on": vector(4, 8, 9), **NCHW},
            "no_bias": {"kernel_size": 3, "use_bias": False},
            "options": {
                "kernel_size": 3,
                "depthwise_regularizer": L2,
                "bias_regularizer": L2,
                "activity_regularizer": L2,
                "depthwise_constraint": MAX_NORM,
                "depthwise_initializer": TRUNCATED,
            },
            "mixed_float16": {"kernel_size": 3, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "SeparableConv2D",
        IMAGES,
        {
            "default": {"filters": 6, "kernel_size": 3},
            "same": {"filters": 6, "kernel_size": 3, "padding": "same", "strides": 2, "activation": "relu"},
            "multiplier": {"filters": 6, "kernel_size": 3, "depth_multiplier": 2, "use_bias": False},
            "dilated": {"filters": 6, "kernel_size": 2, "dilation_rate": 2},
            "dynamic": {"filters": 6, "kernel_size": 3, "_on": vector(None, None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": vector(4, 8, 9), **NCHW},
            "options": {
                "filters": 6,
                "kernel_size": 3,
                "depthwise_regularizer": L2,
                "pointwise_regularizer": L1L2,
                "activity_regularizer": L2,
                "pointwise_constraint": MAX_NORM,
                "depthwise_constraint": "non_neg",
            },
            "mixed_float16": {"filters": 6, "kernel_size": 3, **MIXED_FLOAT16},
        },
    ),
)
