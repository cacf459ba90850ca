"""Layers against a real Keras 2: config, shapes, weights, and what a model of one layer predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
import kerasfmt.layers  # noqa: E402  (the layers register themselves)
from conformance.installed import keras2  # noqa: E402

keras: Any = keras2()

Shape = tuple[int | None, ...]
FIRST = {"data_format": "channels_first"}

# Class, options, input shape with the batch dimension.
CASES: list[tuple[str, dict[str, Any], Shape]] = [
    ("Conv1D", {"filters": 4, "kernel_size": 3}, (None, None, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": (3,), "strides": 2, "use_bias": False}, (None, 9, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}, (None, 9, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (None, None, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (None, None, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "strides": 2}, (None, 9, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "dilation_rate": 3}, (None, 10, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (2, None, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "groups": 2}, (None, None, 6)),
    ("Conv1D", {"filters": 4, "kernel_size": 3}, (None, 3, None, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"}, (None, None, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": (3, 2), "padding": "same"}, (None, 7, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": (2, 3), "padding": "SAME"}, (None, 7, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, (None, None, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": (1, 2)}, (None, 9, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, (None, 9, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (None, 2, None, 8, 6)),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (None, 2, 5, 9, 8, 6)),
    (
        "Conv2D",
        {
            "filters": 4,
            "kernel_size": 3,
            "kernel_regularizer": "l2",
            "bias_regularizer": "l1",
            "kernel_constraint": "max_norm",
            "bias_constraint": "non_neg",
            "activity_regularizer": "l2",
            "bias_initializer": "ones",
            "kernel_initializer": "he_normal",
        },
        (None, 9, 8, 6),
    ),
    ("Conv3D", {"filters": 4, "kernel_size": 2}, (None, 5, None, 6, 3)),
    ("Conv3D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (None, 5, 4, 6, 3)),
    ("Conv3D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2}, (None, 5, 4, 6, 3)),
    ("DepthwiseConv1D", {"kernel_size": 3}, (None, None, 6)),
    ("DepthwiseConv1D", {"kernel_size": 3, "strides": 2, "padding": "same"}, (None, 9, 6)),
    ("DepthwiseConv1D", {"kernel_size": 3, "dilation_rate": 2, "depth_multiplier": 2}, (None, 9, 6)),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}, (None, 9, 8, 6)),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, (None, None, 8, 6)),
    ("DepthwiseConv2D", {"kernel_size": (3, 2), "dilation_rate": 2}, (None, 9, 8, 6)),
    ("DepthwiseConv2D", {"kernel_size": 3, "dilation_rate": 2, "padding": "same"}, (None, None, 8, 6)),
    ("DepthwiseConv2D", {"kernel_size": 3, "use_bias": False, **FIRST}, (None, 6, 9, None)),
    ("DepthwiseConv2D", {"kernel_size": 3, "dilation_rate": 2, "use_bias": False, **FIRST}, (None, 6, 9, 8)),
    (
        "DepthwiseConv2D",
        {
            "kernel_size": 3,
            "depthwise_initializer": "he_normal",
            "depthwise_regularizer": "l2",
            "depthwise_constraint": "max_norm",
            "bias_regularizer": "l1",
        },
        (None, 9, 8, 6),
    ),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3}, (None, None, 6)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (None, None, 6)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2}, (None, 9, 6)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (None, 9, 6)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2}, (None, None, 8, 6)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (None, 9, 8, 6)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (None, 9, 8, 6)),
    (
        "SeparableConv2D",
        {
            "filters": 4,
            "kernel_size": 3,
            "depthwise_regularizer": "l2",
            "pointwise_regularizer": "l1",
            "pointwise_constraint": "max_norm",
            "activation": "tanh",
            "use_bias": False,
        },
        (None, 9, 8, 6),
    ),
    *(
        case
        for kind in ("Max", "Average")
        for case in [
            (f"{kind}Pooling1D", {}, (None, None, 6)),
            (f"{kind}Pooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, (None, 9, 6)),
            (f"{kind}Pooling1D", {"pool_size": 3, **FIRST}, (None, 6, 9)),
            (f"{kind}Pooling2D", {}, (None, None, 8, 6)),
            (f"{kind}Pooling2D", {"pool_size": (3, 2), "strides": 1, "padding": "same"}, (None, 9, 8, 6)),
            (f"{kind}Pooling2D", {"pool_size": 3, "strides": (2, 3)}, (None, 9, 8, 6)),
            (f"Global{kind}Pooling1D", {}, (None, None, 6)),
            (f"Global{kind}Pooling1D", {"keepdims": True, **FIRST}, (None, 6, None)),
            (f"Global{kind}Pooling2D", {}, (None, None, 8, 6)),
            (f"Global{kind}Pooling2D", {"keepdims": True}, (None, 9, 8, 6)),
            (f"Global{kind}Pooling2D", FIRST, (None, 6, 9, 8)),
        ]
    ),
    *(
        case
        for kind in ("Max", "Average")
        for case in [
            (f"{kind}Pooling3D", {}, (None, None, 4, 6, 3)),
            (f"{kind}Pooling3D", {"pool_size": 3, "strides": 2, "padding": "same"}, (None, 5, 4, 6, 3)),
            (f"Global{kind}Pooling3D", {}, (None, None, 4, 6, 3)),
            (f"Global{kind}Pooling3D", {"keepdims": True, **FIRST}, (None, 3, 4, None, 6)),
        ]
    ),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3}, (None, None, 6)),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (None, 9, 6)),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1}, (None, 9, 6)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3}, (None, None, 8, 6)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 2, "strides": 3}, (None, 7, None, 6)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 9, 8, 6)),
    (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": (0, 1)},
        (None, 9, 8, 6),
    ),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (None, 9, 8, 6)),
    (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same"},
        (None, None, 8, 6),
    ),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "use_bias": False, **FIRST}, (None, 6, 9, None)),
    (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "use_bias": False, **FIRST},
        (None, 6, 9, 8),
    ),
    ("Conv3DTranspose", {"filters": 4, "kernel_size": 3}, (None, 5, None, 4, 3)),
    (
        "Conv3DTranspose",
        {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same"},
        (None, 5, 3, 4, 3),
    ),
    (
        "Conv3DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1},
        (None, 3, 3, 4, 3),
    ),
    *(
        (f"LocallyConnected{rank}D", {"filters": 4, "kernel_size": 3, **options}, shape)
        for rank, last, first in ((1, (None, 7, 6), (None, 6, 7)), (2, (None, 7, 5, 6), (None, 6, 7, 5)))
        for implementation in (1, 2, 3)
        for options, shape in [
            ({"implementation": implementation}, last),
            ({"implementation": implementation, "strides": 2, "activation": "relu"}, last),
            ({"implementation": implementation, **FIRST}, first),
            *([({"implementation": implementation, "padding": "same"}, last)] if implementation > 1 else []),
        ]
    ),
    ("LocallyConnected1D", {"filters": 4, "kernel_size": 2, "use_bias": False}, (3, 7, 6)),
    (
        "LocallyConnected2D",
        {"filters": 4, "kernel_size": (2, 4), "strides": (2, 3), "padding": "same", "implementation": 3},
        (None, 7, 5, 6),
    ),
    ("UpSampling1D", {}, (None, None, 6)),
    ("UpSampling1D", {"size": 3}, (None, 4, 6)),
    *(
        ("UpSampling2D", {"interpolation": method, **options}, shape)
        for method in (
            *("nearest", "bilinear", "area", "bicubic"),
            *("gaussian", "lanczos3", "lanczos5", "mitchellcubic"),
        )
        for options, shape in [
            ({}, (None, 4, 5, 3)),
            ({"size": (3, 2)}, (None, None, 5, 3)),
            ({"size": (3, 2), **FIRST}, (None, 3, 4, 5)),
        ]
    ),
    ("UpSampling3D", {}, (None, 3, 4, None, 3)),
    ("UpSampling3D", {"size": (1, 2, 3), **FIRST}, (None, 3, 2, 3, 4)),
    ("Cropping1D", {}, (None, None, 6)),
    ("Cropping1D", {"cropping": (2, 0)}, (None, 9, 6)),
    ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, (None, None, 8, 6)),
    ("Cropping2D", {"cropping": (1, 2), **FIRST}, (None, 6, 9, 8)),
    ("Cropping2D", {}, (None, 9, 8, 6)),
    ("Cropping3D", {}, (None, 5, None, 6, 3)),
    ("Cropping3D", {"cropping": ((1, 0), (0, 0), (0, 2)), **FIRST}, (None, 3, 5, 4, 6)),
    ("ZeroPadding1D", {}, (None, None, 6)),
    ("ZeroPadding1D", {"padding": (0, 2)}, (None, 9, 6)),
    ("ZeroPadding3D", {}, (None, None, 4, 6, 3)),
    ("ZeroPadding3D", {"padding": ((1, 2), (0, 3), (0, 0)), **FIRST}, (None, 3, 5, 4, None)),
    ("Permute", {"dims": (2, 1)}, (None, None, 6)),
    ("Permute", {"dims": [3, 1, 2]}, (None, 4, 5, 6)),
    ("RepeatVector", {"n": 3}, (None, 6)),
    ("ZeroPadding2D", {}, (None, None, 8, 6)),
    ("ZeroPadding2D", {"padding": (1, 2)}, (None, 9, 8, 6)),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3)), **FIRST}, (None, 6, 9, None)),
]

# TensorFlow has no kernel for these on a CPU; they are compared without running them.
UNRUNNABLE: list[tuple[str, dict[str, Any], Shape]] = [
    ("Conv1D", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 6, 9)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", **FIRST}, (None, 6, None)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 6, None, 8)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2, **FIRST}, (None, 6, 9, 8)),
    ("Conv3D", {"filters": 4, "kernel_size": 2, **FIRST}, (None, 6, 5, None, 6)),
    ("DepthwiseConv1D", {"kernel_size": 3, **FIRST}, (None, 6, 9)),
    ("DepthwiseConv2D", {"kernel_size": 3, **FIRST}, (None, 6, 9, None)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 6, 9)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 6, None, 8)),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 6, 9)),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "dilation_rate": 2}, (None, 9, 6)),
    ("Conv3DTranspose", {"filters": 4, "kernel_size": 3, **FIRST}, (None, 3, 4, None, 5)),
    ("MaxPooling3D", FIRST, (None, 3, 5, 4, 6)),
    ("MaxPooling2D", FIRST, (None, 6, 9, 8)),
    ("AveragePooling2D", {"padding": "same", **FIRST}, (None, 6, 9, None)),
]


def case_id(case: tuple[str, dict[str, Any], Shape]) -> str:
    name, options, shape = case
    return f"{name}-{','.join(f'{k}={v}' for k, v in options.items())}-{shape}"


def both(case: tuple[str, dict[str, Any], Shape]) -> tuple[Any, Any]:
    """The Keras model of one layer, and ours from its config, with the same weights."""
    name, options, shape = case
    keras.backend.clear_session()
    inputs = keras.Input(batch_shape=shape)
    model = keras.Model(inputs, getattr(keras.layers, name)(**options, name="layer")(inputs))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    ours = kerasfmt.model_from_config(model.get_config())
    ours.set_weights(model.get_weights())
    return model, ours


def initializer_free(config: dict[str, Any]) -> dict[str, Any]:
    """The config without the parts that the objects' own dialects decide."""
    return {k: v for k, v in config.items() if not isinstance(v, dict)}


def spec_config(spec: Any) -> dict[str, Any]:
    keys = ("shape", "ndim", "max_ndim", "min_ndim")
    return {**{k: getattr(spec, k) for k in keys}, "axes": dict(spec.axes or {})}


def check_static(theirs: Any, ours: Any) -> None:
    layer, mine = theirs.get_layer("layer"), ours.get_layer("layer")
    config = mine.get_config()
    assert initializer_free(config) == initializer_free(layer.get_config())
    assert list(config) == list(layer.get_config())
    assert type(mine).from_config(config).get_config() == config
    assert mine.supports_masking == layer.supports_masking
    demand = mine.input_spec()
    assert (demand and spec_config(demand)) == (layer.input_spec and spec_config(layer.input_spec))
    assert [(w.name, w.shape) for w in mine.weights] == [
        (w.name.removesuffix(":0"), tuple(w.shape)) for w in layer.weights
    ]
    for weight, variable in zip(mine.weights, layer.weights, strict=True):
        attributes = [k for k, v in mine.weight_attributes.items() if v is weight]
        assert any(getattr(layer, key, None) is variable for key in attributes)
        assert (getattr(variable, "constraint", None) is None) == (weight.constraint is None)
    assert sum(w.regularizer is not None for w in mine.weights) == len(layer._callable_losses)
    expected, got = tuple(layer.output_shape), ours.outputs[0].shape
    # Ours may know a dimension that TensorFlow lost (behind BatchToSpaceND), never the other way round.
    assert len(expected) == len(got)
    assert all(e is None or e == g for e, g in zip(expected, got, strict=True)), (expected, got)


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_layer(case: tuple[str, dict[str, Any], Shape]) -> None:
    theirs, ours = both(case)
    check_static(theirs, ours)
    shape = tuple(d or n for d, n in zip(case[2], (2, 11, 7, 5, 6, 6), strict=False))
    x = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    expected = theirs(x, training=False).numpy()
    got = ours.predict(x)
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    # float32 sums of up to 54 products of standard normal numbers, in another order.
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("keepdims", [False, True])
def test_masked_mean(keepdims: bool) -> None:
    keras.backend.clear_session()
    inputs = keras.Input((5,), dtype="int32")
    steps = keras.layers.Embedding(7, 3, mask_zero=True)(inputs)
    theirs = keras.Model(inputs, keras.layers.GlobalAveragePooling1D(keepdims=keepdims)(steps))
    ours = kerasfmt.model_from_config(theirs.get_config())
    ours.set_weights(theirs.get_weights())
    x = np.array([[1, 2, 0, 0, 3], [6, 0, 0, 0, 0]], np.int32)
    np.testing.assert_allclose(ours.predict(x), theirs(x).numpy(), rtol=1e-6)
    assert not ours.outputs[0].masked


@pytest.mark.parametrize("case", UNRUNNABLE, ids=case_id)
def test_layer_that_a_cpu_does_not_run(case: tuple[str, dict[str, Any], Shape]) -> None:
    check_static(*both(case))
