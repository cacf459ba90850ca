"""Convolutions: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, Case
from conformance.cases.layer import NO_NCHW, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

FIRST = {"data_format": "channels_first"}
NOT_RUN = {"_runs": False, "_why": NO_NCHW}

CASES = [
    one_layer("Conv1D", (None, 6), filters=4, kernel_size=3),
    one_layer("Conv1D", (9, 6), filters=4, kernel_size=(3,), strides=2, use_bias=False),
    one_layer("Conv1D", (9, 6), filters=4, kernel_size=3, padding="same", activation="relu"),
    one_layer("Conv1D", (None, 6), filters=4, kernel_size=3, padding="causal"),
    one_layer("Conv1D", (None, 6), filters=4, kernel_size=3, padding="causal", dilation_rate=2),
    one_layer("Conv1D", (9, 6), filters=4, kernel_size=3, padding="causal", strides=2),
    one_layer("Conv1D", (10, 6), filters=4, kernel_size=3, padding="same", dilation_rate=3),
    one_layer("Conv1D", (None, 6), filters=4, kernel_size=3, dilation_rate=2, _batch=BATCH),
    one_layer("Conv1D", (None, 6), filters=4, kernel_size=3, groups=2),
    one_layer("Conv1D", (3, None, 6), filters=4, kernel_size=3),
    one_layer("Conv2D", (None, 8, 6), filters=4, kernel_size=3, strides=2, activation="relu"),
    one_layer("Conv2D", (7, 8, 6), filters=4, kernel_size=(3, 2), padding="same"),
    one_layer("Conv2D", (7, 8, 6), filters=4, kernel_size=3, strides=(2, 3), padding="SAME"),
    one_layer("Conv2D", (None, 8, 6), filters=4, kernel_size=3, dilation_rate=2, padding="same"),
    one_layer("Conv2D", (9, 8, 6), filters=4, kernel_size=3, dilation_rate=(1, 2)),
    one_layer("Conv2D", (9, 8, 6), filters=4, kernel_size=3, groups=2),
    one_layer("Conv2D", (2, None, 8, 6), filters=4, kernel_size=3),
    one_layer("Conv2D", (2, 5, 9, 8, 6), filters=4, kernel_size=3),
    one_layer(
        "Conv2D",
        (9, 8, 6),
        filters=4,
        kernel_size=3,
        kernel_regularizer="l2",
        bias_regularizer="l1",
        kernel_constraint="max_norm",
        bias_constraint="non_neg",
        activity_regularizer="l2",
        bias_initializer="ones",
        kernel_initializer="he_normal",
    ),
    one_layer("Conv3D", (5, None, 6, 3), filters=4, kernel_size=2),
    one_layer("Conv3D", (5, 4, 6, 3), filters=4, kernel_size=3, strides=2, padding="same"),
    one_layer("Conv3D", (5, 4, 6, 3), filters=4, kernel_size=2, dilation_rate=2),
    one_layer("DepthwiseConv1D", (None, 6), kernel_size=3),
    one_layer("DepthwiseConv1D", (9, 6), kernel_size=3, strides=2, padding="same"),
    one_layer("DepthwiseConv1D", (9, 6), kernel_size=3, dilation_rate=2, depth_multiplier=2),
    one_layer("DepthwiseConv2D", (9, 8, 6), kernel_size=3, strides=2, padding="same"),
    one_layer("DepthwiseConv2D", (None, 8, 6), kernel_size=3, depth_multiplier=2),
    one_layer("DepthwiseConv2D", (9, 8, 6), kernel_size=(3, 2), dilation_rate=2),
    one_layer("DepthwiseConv2D", (None, 8, 6), kernel_size=3, dilation_rate=2, padding="same"),
    one_layer("DepthwiseConv2D", (6, 9, None), kernel_size=3, use_bias=False, **FIRST),
    one_layer("DepthwiseConv2D", (6, 9, 8), kernel_size=3, dilation_rate=2, use_bias=False, **FIRST),
    one_layer(
        "DepthwiseConv2D",
        (9, 8, 6),
        kernel_size=3,
        depthwise_initializer="he_normal",
        depthwise_regularizer="l2",
        depthwise_constraint="max_norm",
        bias_regularizer="l1",
    ),
    one_layer("SeparableConv1D", (None, 6), filters=4, kernel_size=3),
    one_layer("SeparableConv1D", (None, 6), filters=4, kernel_size=3, padding="causal"),
    one_layer("SeparableConv1D", (9, 6), filters=4, kernel_size=3, padding="same", strides=2),
    one_layer("SeparableConv1D", (9, 6), filters=4, kernel_size=3, dilation_rate=2),
    one_layer("SeparableConv2D", (None, 8, 6), filters=4, kernel_size=3, depth_multiplier=2),
    one_layer("SeparableConv2D", (9, 8, 6), filters=4, kernel_size=3, strides=2, padding="same"),
    one_layer("SeparableConv2D", (9, 8, 6), filters=4, kernel_size=3, dilation_rate=2),
    one_layer(
        "SeparableConv2D",
        (9, 8, 6),
        filters=4,
        kernel_size=3,
        depthwise_regularizer="l2",
        pointwise_regularizer="l1",
        pointwise_constraint="max_norm",
        activation="tanh",
        use_bias=False,
    ),
    one_layer("Conv1DTranspose", (None, 6), filters=4, kernel_size=3),
    one_layer("Conv1DTranspose", (9, 6), filters=4, kernel_size=3, strides=2, padding="same"),
    one_layer("Conv1DTranspose", (9, 6), filters=4, kernel_size=3, strides=2, output_padding=1),
    one_layer("Conv2DTranspose", (None, 8, 6), filters=4, kernel_size=3),
    one_layer("Conv2DTranspose", (7, None, 6), filters=4, kernel_size=2, strides=3),
    one_layer(
        "Conv2DTranspose", (9, 8, 6), filters=4, kernel_size=3, strides=2, padding="same", _batch=BATCH
    ),
    one_layer(
        "Conv2DTranspose",
        (9, 8, 6),
        filters=4,
        kernel_size=3,
        strides=2,
        padding="same",
        output_padding=(0, 1),
    ),
    one_layer("Conv2DTranspose", (9, 8, 6), filters=4, kernel_size=3, dilation_rate=2),
    one_layer("Conv2DTranspose", (None, 8, 6), filters=4, kernel_size=3, dilation_rate=2, padding="same"),
    one_layer("Conv2DTranspose", (6, 9, None), filters=4, kernel_size=3, use_bias=False, **FIRST),
    one_layer(
        "Conv2DTranspose", (6, 9, 8), filters=4, kernel_size=3, dilation_rate=2, use_bias=False, **FIRST
    ),
    one_layer("Conv3DTranspose", (5, None, 4, 3), filters=4, kernel_size=3),
    one_layer("Conv3DTranspose", (5, 3, 4, 3), filters=4, kernel_size=2, strides=2, padding="same"),
    one_layer("Conv3DTranspose", (3, 3, 4, 3), filters=4, kernel_size=3, strides=2, output_padding=1),
    one_layer("Conv1D", (6, 9), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("Conv1D", (6, None), filters=4, kernel_size=3, padding="causal", **FIRST, **NOT_RUN),
    one_layer("Conv2D", (6, None, 8), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("Conv2D", (6, 9, 8), filters=4, kernel_size=3, dilation_rate=2, **FIRST, **NOT_RUN),
    one_layer("Conv3D", (6, 5, None, 6), filters=4, kernel_size=2, **FIRST, **NOT_RUN),
    one_layer("DepthwiseConv1D", (6, 9), kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("DepthwiseConv2D", (6, 9, None), kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("SeparableConv1D", (6, 9), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("SeparableConv2D", (6, None, 8), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("Conv1DTranspose", (6, 9), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
    one_layer("Conv1DTranspose", (9, 6), filters=4, kernel_size=3, dilation_rate=2, **NOT_RUN),
    one_layer("Conv3DTranspose", (3, 4, None, 5), filters=4, kernel_size=3, **FIRST, **NOT_RUN),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
