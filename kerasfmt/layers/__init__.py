"""Every Keras layer that kerasfmt knows: one class per layer, a file per family."""

from __future__ import annotations

from kerasfmt.ir.layer import InputSpec, Layer
from kerasfmt.ir.model import InputLayer
from kerasfmt.layers.activation import ReLU, Softmax
from kerasfmt.layers.convolution import Conv1D, Conv2D, Conv3D
from kerasfmt.layers.core import Activation, Dense, Dropout, Embedding, Flatten, Reshape
from kerasfmt.layers.merging import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from kerasfmt.layers.normalization import BatchNormalization, LayerNormalization
from kerasfmt.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from kerasfmt.layers.preprocessing import Normalization, Rescaling
from kerasfmt.layers.regularization import Masking
from kerasfmt.layers.reshaping import ZeroPadding2D
from kerasfmt.layers.separable import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D

__all__ = [
    "Activation",
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "InputLayer",
    "InputSpec",
    "Layer",
    "LayerNormalization",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "Softmax",
    "Subtract",
    "ZeroPadding2D",
]
