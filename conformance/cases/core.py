"""Inputs, dense layers and embeddings."""

from __future__ import annotations

from typing import Any

from conformance.case import BATCH, vector
from conformance.cases.layer import (
    FLOAT64,
    KERNEL_OPTIONS,
    L1L2,
    L2,
    MAX_NORM,
    MIN_MAX_NORM,
    MIXED_FLOAT16,
    ORTHOGONAL,
    TRUNCATED,
    Layer,
    Of,
)

_FOURIER = {"_objects": Of(lambda k: {"RandomFourierFeatures": _features(k.layers)})}
"""Keras 2 exports the class, but its own files do not find it."""


def _features(layers: Any) -> Any:
    return getattr(layers, "experimental", layers).RandomFourierFeatures


LAYERS: tuple[Layer, ...] = (
    Layer(
        "InputLayer",
        vector(3),
        {
            "default": {},
            "batch_size": {"_batch": BATCH},
            "dynamic": {"_on": vector(None, None)},
            "int32": {"_on": vector(3, dtype="int32", high=9), "_trains": False},
            "bool": {"_on": vector(3, dtype="bool", high=2), "_trains": False},
        },
    ),
    Layer(
        "Dense",
        vector(3),
        {
            "default": {"units": 5},
            "relu": {"units": 5, "activation": "relu"},
            "softmax": {"units": 5, "activation": "softmax"},
            "three_dims": {"units": 5, "_on": vector(6, 3)},
            "dynamic": {"units": 5, "_on": vector(None, None, 3)},
            "float64": {"units": 5, **FLOAT64, "_on": vector(3, dtype="float64")},
            "named": {"units": 5, "name": "the.layer-1"},
            "orthogonal": {"units": 5, "kernel_regularizer": ORTHOGONAL, "kernel_constraint": MIN_MAX_NORM},
            "radial": {"units": 5, "kernel_constraint": "unit_norm", "kernel_regularizer": "l1"},
            **{name: {"units": 5, **config} for name, config in KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "Embedding",
        vector(6, dtype="int32", high=11),
        {
            "default": {"input_dim": 11, "output_dim": 3},
            "input_length": {"input_dim": 11, "output_dim": 3, "input_length": 6},
            "floats": {"input_dim": 11, "output_dim": 3, "_on": vector(6, dtype="float32", high=11)},
            "dynamic": {"input_dim": 11, "output_dim": 3, "_on": vector(None, dtype="int64", high=11)},
            "mask_zero": {"input_dim": 11, "output_dim": 3, "mask_zero": True},
            "options": {
                "input_dim": 11,
                "output_dim": 3,
                "embeddings_regularizer": L2,
                "activity_regularizer": L2,
                "embeddings_constraint": MAX_NORM,
                "embeddings_initializer": TRUNCATED,
            },
            "mixed_float16": {"input_dim": 11, "output_dim": 3, **MIXED_FLOAT16},
        },
    ),
    Layer(
        "EinsumDense",
        vector(6, 3),
        {
            "default": {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"},
            "no_bias": {"equation": "abc,cd->abd", "output_shape": (6, 5)},
            "vector": {"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c", "_on": vector(3)},
            "transposed": {"equation": "abc,cd->adb", "output_shape": (5, 6), "bias_axes": "db"},
            "first_bias_axis": {"equation": "abc,cd->abd", "output_shape": (6, 5), "bias_axes": "b"},
            "heads": {"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "de"},
            "heads_back": {
                "equation": "abde,dec->abc",
                "output_shape": (None, 5),
                "bias_axes": "c",
                "_on": vector(6, 2, 3),
            },
            "ellipsis_first": {
                "equation": "...x,xy->...y",
                "output_shape": 5,
                "bias_axes": "y",
                "_on": vector(None, 6, 3),
            },
            "ellipsis_last": {
                "equation": "ax...,xy->ay...",
                "output_shape": 5,
                "bias_axes": "y",
                "_on": vector(3, 2),
            },
            "relu": {"equation": "abc,cd->abd", "output_shape": (None, 5), "activation": "relu"},
            "regularized": {
                "equation": "abc,cd->abd",
                "output_shape": (None, 5),
                "bias_axes": "d",
                "kernel_regularizer": L2,
                "bias_regularizer": L1L2,
                "activity_regularizer": L2,
            },
            "constrained": {
                "equation": "abc,cd->abd",
                "output_shape": (None, 5),
                "bias_axes": "d",
                "kernel_constraint": MAX_NORM,
                "bias_constraint": "non_neg",
                "kernel_initializer": TRUNCATED,
                "bias_initializer": "ones",
            },
            "frozen": {"equation": "abc,cd->abd", "output_shape": (None, 5), "trainable": False},
            "dynamic": {"equation": "abc,cd->abd", "output_shape": (None, 5), "_on": vector(None, 3)},
            "float64": {
                "equation": "abc,cd->abd",
                "output_shape": (None, 5),
                "bias_axes": "d",
                **FLOAT64,
                "_on": vector(6, 3, dtype="float64"),
            },
            "mixed_float16": {
                "equation": "abc,cd->abd",
                "output_shape": (None, 5),
                "bias_axes": "d",
                **MIXED_FLOAT16,
            },
        },
    ),
    Layer(
        "RandomFourierFeatures",
        vector(3),
        {
            "default": {**_FOURIER, "output_dim": 5},
            "laplacian": {**_FOURIER, "output_dim": 5, "kernel_initializer": "laplacian", "scale": 2.0},
            "trainable": {**_FOURIER, "output_dim": 5, "trainable": True},
            "float64": {**_FOURIER, "output_dim": 5, **FLOAT64, "_on": vector(3, dtype="float64")},
        },
    ),
    Layer(
        "Identity",
        vector(6, 3),
        {
            "default": {},
            "dynamic": {"_on": vector(None, None)},
            "integers": {"_on": vector(3, dtype="int32", high=9), "_trains": False},
            "float64": {**FLOAT64, "_on": vector(6, 3, dtype="float64")},
            "mixed_float16": {**MIXED_FLOAT16, "dtype": "mixed_float16"},
        },
    ),
    Layer(
        "Masking",
        vector(6, 2, high=2, dtype="float32"),
        {
            "default": {},
            "value": {"mask_value": 1.0},
            "four_dims": {"_on": vector(6, 3, 2, high=2, dtype="float32")},
            "dynamic": {"_on": vector(None, 2, high=2, dtype="float32")},
            "float64": {**FLOAT64, "_on": vector(6, 2, high=2, dtype="float64")},
            "mixed_float16": MIXED_FLOAT16,
        },
    ),
)
