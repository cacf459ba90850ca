"""Transposed convolutions."""

from __future__ import annotations

from conformance.case import vector
from conformance.cases.convolution import each
from conformance.cases.layer import FLOAT64, KERNEL_OPTIONS, NCHW, Layer

NO_DILATION = "TensorFlow has no kernel of a dilated Conv2DBackpropInput on a CPU"

LAYERS: tuple[Layer, ...] = (
    Layer(
        "Conv1DTranspose",
        vector(7, 3),
        each(
            {"filters": 4, "kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "activation": "relu"},
                "valid": {"padding": "valid", "strides": 3, "kernel_size": 2},
                "output_padding": {"strides": 2, "output_padding": 1},
                "same_output_padding": {"strides": 3, "output_padding": 2, "padding": "same"},
                "dilated": {"dilation_rate": 2, "_runs": False, "_why": NO_DILATION},
                "dynamic": {"strides": 2, "_on": vector(None, 3)},
                "channels_first": {"_on": vector(3, 7), **NCHW},
                "float64": {**FLOAT64, "_on": vector(7, 3, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
    Layer(
        "Conv2DTranspose",
        vector(5, 4, 3),
        each(
            {"filters": 4, "kernel_size": 3},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "kernel_size": [2, 3], "activation": "relu"},
                "valid": {"padding": "valid", "strides": [2, 3], "kernel_size": 2},
                "output_padding": {"strides": 2, "output_padding": [0, 1]},
                "same_output_padding": {"strides": 3, "output_padding": 2, "padding": "same"},
                "dilated": {"dilation_rate": 2},
                "same_dilated": {"dilation_rate": 2, "padding": "same"},
                "dynamic": {"strides": 2, "_on": vector(None, None, 3)},
                "dynamic_dilated": {"dilation_rate": 2, "_on": vector(None, None, 3)},
                "channels_first": {"_on": vector(3, 5, 4), **NCHW},
                "channels_first_no_bias": {
                    "data_format": "channels_first",
                    "use_bias": False,
                    "_on": vector(3, 5, 4),
                },
                "float64": {**FLOAT64, "_on": vector(5, 4, 3, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
    Layer(
        "Conv3DTranspose",
        vector(3, 2, 4, 2),
        each(
            {"filters": 3, "kernel_size": 2},
            {
                "default": {},
                "same": {"padding": "same", "strides": 2, "kernel_size": [1, 2, 3], "activation": "relu"},
                "valid": {"padding": "valid", "strides": [2, 1, 3], "kernel_size": [1, 2, 2]},
                "output_padding": {"strides": 2, "output_padding": [0, 1, 0]},
                "same_output_padding": {"strides": 2, "output_padding": 1, "padding": "same"},
                "dynamic": {"strides": 2, "_on": vector(None, 2, None, 2)},
                "channels_first": {"_on": vector(2, 3, 2, 4), **NCHW},
                "float64": {**FLOAT64, "_on": vector(3, 2, 4, 2, dtype="float64")},
                **KERNEL_OPTIONS,
            },
        ),
    ),
)
