"""Convolutions."""

from __future__ import annotations

from typing import Any

from conformance.case import vector
from conformance.cases.layer import (
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
    VOLUMES,
    Layer,
)


def each(common: dict[str, Any], variants: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The variants, with `common` options in each."""
    return {name: {**common, **config} for name, config in variants.items()}


_DEPTHWISE: dict[str, dict[str, Any]] = {
    "no_bias": {"use_bias": False},
    "options": {
        "depthwise_regularizer": L2,
        "bias_regularizer": L2,
        "activity_regularizer": L2,
        "depthwise_constraint": MAX_NORM,
        "depthwise_initializer": TRUNCATED,
    },
    "constrained_bias": {"bias_constraint": "non_neg", "bias_initializer": "ones"},
    "frozen": {"trainable": False},
    "mixed_float16": MIXED_FLOAT16,
}

_SEPARABLE: dict[str, dict[str, Any]] = {
    "multiplier": {"depth_multiplier": 2, "use_bias": False},
    "options": {
        "depthwise_regularizer": L2,
        "pointwise_regularizer": L1L2,
        "activity_regularizer": L2,
        "pointwise_constraint": MAX_NORM,
        "depthwise_constraint": "non_neg",
    },
    "initialized": {
        "depthwise_initializer": TRUNCATED,
        "pointwise_initializer": "he_normal",
        "bias_initializer": "ones",
        "bias_regularizer": L2,
        "bias_constraint": "non_neg",
    },
    "frozen": {"trainable": False},
    "mixed_float16": MIXED_FLOAT16,
}

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Conv1D",
        SIGNALS,
        each(
            {"filters": 6, "kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"padding": "valid", "strides": 3},
                "causal": {"padding": "causal"},
                "causal_strides": {"padding": "causal", "strides": 2},
                "dilated": {"dilation_rate": 2},
                "same_dilated": {"dilation_rate": 3, "padding": "same"},
                "causal_dilated": {"kernel_size": 2, "padding": "causal", "dilation_rate": 3},
                "groups": {"groups": 2},
                "batches": {"_on": vector(2, 9, 4)},
                "dynamic": {"padding": "same", "_on": vector(None, 4)},
                "dynamic_dilated": {"padding": "same", "dilation_rate": 2, "_on": vector(None, 4)},
                "channels_first": {"_on": vector(4, 9), **NCHW},
                "channels_first_causal": {"padding": "causal", "_on": vector(4, 9), **NCHW},
                "float64": {**FLOAT64, "_on": vector(9, 4, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
    Layer(
        "Conv2D",
        IMAGES,
        each(
            {"filters": 6, "kernel_size": 3},
            {
                "default": {},
                "same": {"kernel_size": [2, 3], "padding": "same", "strides": 2, "activation": "relu"},
                "strides": {"kernel_size": [2, 3], "strides": [2, 1]},
                "dilated": {"kernel_size": 2, "dilation_rate": [2, 3], "padding": "same"},
                "groups": {"groups": 2},
                "batches": {"_on": vector(2, 8, 9, 4)},
                "dynamic": {"padding": "same", "_on": vector(None, None, 4)},
                "dynamic_dilated": {"dilation_rate": 2, "_on": vector(None, None, 4)},
                "channels_first": {"_on": vector(4, 8, 9), **NCHW},
                "float64": {**FLOAT64, "_on": vector(8, 9, 4, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
    Layer(
        "Conv3D",
        VOLUMES,
        each(
            {"filters": 4, "kernel_size": 2},
            {
                "default": {},
                "same": {"kernel_size": [3, 2, 1], "padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"kernel_size": [1, 3, 2], "padding": "valid", "strides": [2, 1, 1]},
                "dilated": {"dilation_rate": [1, 2, 2], "padding": "same"},
                "groups": {"groups": 2},
                "batches": {"_on": vector(2, 4, 5, 3, 2)},
                "dynamic": {"padding": "same", "_on": vector(None, 5, None, 2)},
                "channels_first": {"_on": vector(2, 4, 5, 3), **NCHW},
                "float64": {**FLOAT64, "_on": vector(4, 5, 3, 2, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
    Layer(
        "DepthwiseConv1D",
        SIGNALS,
        each(
            {"kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"padding": "valid", "strides": 3},
                "multiplier": {"depth_multiplier": 2},
                "dilated": {"kernel_size": 2, "dilation_rate": 2},
                "same_dilated": {"padding": "same", "dilation_rate": 3},
                "dynamic": {"padding": "same", "_on": vector(None, 4)},
                "channels_first": {"_on": vector(4, 9), **NCHW},
                "float64": {**FLOAT64, "_on": vector(9, 4, dtype="float64")},
                **_DEPTHWISE,
            },
        ),
    ),
    Layer(
        "DepthwiseConv2D",
        IMAGES,
        each(
            {"kernel_size": 3},
            {
                "default": {},
                "same": {"kernel_size": [2, 3], "padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"kernel_size": [3, 2], "padding": "valid", "strides": 2},
                "multiplier": {"depth_multiplier": 2},
                "dilated": {"kernel_size": 2, "dilation_rate": 2},
                "same_dilated": {"padding": "same", "dilation_rate": 2},
                "dynamic": {"padding": "same", "_on": vector(None, None, 4)},
                "channels_first": {"_on": vector(4, 8, 9), **NCHW},
                "channels_first_no_bias": {
                    "data_format": "channels_first",
                    "use_bias": False,
                    "_on": vector(4, 8, 9),
                },
                "float64": {**FLOAT64, "_on": vector(8, 9, 4, dtype="float64")},
                **_DEPTHWISE,
            },
        ),
    ),
    Layer(
        "SeparableConv1D",
        SIGNALS,
        each(
            {"filters": 6, "kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"padding": "valid", "strides": 3},
                "causal": {"padding": "causal"},
                "causal_dilated": {"padding": "causal", "dilation_rate": 2},
                "dilated": {"kernel_size": 2, "dilation_rate": 2},
                "dynamic": {"padding": "same", "_on": vector(None, 4)},
                "channels_first": {"_on": vector(4, 9), **NCHW},
                "float64": {**FLOAT64, "_on": vector(9, 4, dtype="float64")},
                **_SEPARABLE,
            },
        ),
    ),
    Layer(
        "SeparableConv2D",
        IMAGES,
        each(
            {"filters": 6, "kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"kernel_size": [3, 2], "padding": "valid", "strides": 2},
                "dilated": {"kernel_size": 2, "dilation_rate": 2},
                "same_dilated": {"padding": "same", "dilation_rate": 2},
                "dynamic": {"_on": vector(None, None, 4)},
                "channels_first": {"_on": vector(4, 8, 9), **NCHW},
                "float64": {**FLOAT64, "_on": vector(8, 9, 4, dtype="float64")},
                **_SEPARABLE,
            },
        ),
    ),
)
