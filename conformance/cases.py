"""The models that conformance is checked on: one table of layer cases and one of whole models.

A new layer is one entry in `LAYERS`: its class name, the shapes that it is called on, and the configurations
to try. Everything else (artefacts, readers, structural comparison, `COVERAGE.md`) follows from the table.
Nothing here imports TensorFlow; builders are given the `keras` module of the line under test.
"""

from __future__ import annotations

import fnmatch
import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Keras = Any
KerasModel = Any

BATCH = 4
DYNAMIC = 7
"""Sample inputs have this size where a model's input leaves a dimension open."""

NO_NCHW = "TensorFlow has no channels_first kernel for this layer on a CPU"
HALF = "float16 has 11 bits of mantissa, and the kernels round at different places"
DEEP = "the rounding of some hundred float32 convolutions and normalisations adds up"


@dataclass(frozen=True)
class Input:
    """One sample input of a layer: its shape without the batch, and what fills it."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    high: int | None = None
    """Integers in [0, high) fill the sample; None: normally distributed numbers."""

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """The sample array, (BATCH, *shape), open dimensions DYNAMIC long."""
        shape = (BATCH, *(DYNAMIC if n is None else n for n in self.shape))
        if self.high is not None:
            return rng.integers(0, self.high, shape).astype(self.dtype)
        return rng.normal(size=shape).astype(self.dtype)


@dataclass(frozen=True)
class Case:
    """One model under test.

    `runs` is False where this machine's TensorFlow cannot execute the model; such a model is loaded and its
    specs are compared, nothing more. `random` marks outputs that differ from call to call when training.
    `tolerance` is relative to the largest magnitude of the output, and `why` gives the reason for it (or for
    `runs` being False).
    """

    name: str
    layer: str
    """The layer class that the case is about; "model" for whole models."""
    build: Callable[[Keras], KerasModel]
    key: str
    """Names the definition: artefacts are cached under it."""
    inputs: tuple[Input, ...] = ()
    """Sample inputs in the order of `model.inputs`; () derives them from the model."""
    tolerance: float = 1e-5
    why: str = ""
    runs: bool = True
    random: bool = False
    trains: bool = True
    """False: integers or no gradient come out, so no training step is tried."""
    slow: bool = False
    save: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `save_model`, TensorFlow's and ours."""


class _Of:
    """A config value that needs the keras module: `of(lambda k: k.regularizers.L2(0.01))`."""

    def __init__(self, make: Callable[[Keras], Any]) -> None:
        self.make = make

    def __repr__(self) -> str:
        return inspect.getsource(self.make).strip()


def _l2(k: Keras) -> Any:
    return k.regularizers.L2(0.01)


def _l1l2(k: Keras) -> Any:
    return k.regularizers.L1L2(0.02, 0.03)


def _orthogonal(k: Keras) -> Any:
    return k.regularizers.OrthogonalRegularizer(0.01, mode="columns")


def _max_norm(k: Keras) -> Any:
    return k.constraints.MaxNorm(1.5, axis=0)


def _min_max_norm(k: Keras) -> Any:
    return k.constraints.MinMaxNorm(0.1, 1.2, rate=0.9)


def _truncated(k: Keras) -> Any:
    return k.initializers.TruncatedNormal(stddev=0.3, seed=5)


def _mixed_float16(k: Keras) -> Any:
    return k.mixed_precision.Policy("mixed_float16")


L2, L1L2, ORTHOGONAL = _Of(_l2), _Of(_l1l2), _Of(_orthogonal)
MAX_NORM, MIN_MAX_NORM, TRUNCATED = _Of(_max_norm), _Of(_min_max_norm), _Of(_truncated)
MIXED = _Of(_mixed_float16)


@dataclass(frozen=True)
class Layer:
    """A row of the layer table: `variants` maps a configuration's name to its arguments.

    Arguments whose names start with an underscore belong to the case: `_on` (other inputs), `_runs`, `_why`,
    `_tolerance`, `_random`, `_trains`.
    """

    name: str
    on: tuple[Input, ...]
    variants: Mapping[str, Mapping[str, Any]]


def _vector(*shape: int | None, **kw: Any) -> tuple[Input, ...]:
    return (Input(shape, **kw),)


_HALF = {"dtype": MIXED, "_tolerance": 4e-3, "_why": HALF}
_NCHW = {"data_format": "channels_first", "_runs": False, "_why": NO_NCHW}
_DOUBLE = {"dtype": "float64"}

_SIGNALS = _vector(9, 4)
_IMAGES = _vector(8, 9, 4)
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


def _pooling(dimensions: int) -> dict[str, dict[str, Any]]:
    """The variants that every local pooling layer has."""
    deep = (9, 4) if dimensions == 1 else (8, 9, 4)
    first = (4, 9) if dimensions == 1 else (4, 8, 9)
    return {
        "default": {},
        "same": {"pool_size": 3, "strides": 2, "padding": "same"},
        "valid": {"pool_size": 3, "strides": 1, "padding": "valid"},
        "channels_first": {
            "_on": _vector(*first),
            **(_NCHW if dimensions == 2 else {"data_format": _NCHW["data_format"]}),
        },
        "dynamic": {"_on": _vector(*(None,) * dimensions, 4)},
        "float64": {**_DOUBLE, "_on": _vector(*deep, dtype="float64")},
        "mixed_float16": _HALF,
    }


def _global_pooling(dimensions: int) -> dict[str, dict[str, Any]]:
    """The variants that every global pooling layer has."""
    return {
        "default": {},
        "keepdims": {"keepdims": True},
        "channels_first": {"data_format": "channels_first"},
        "dynamic": {"_on": _vector(*(None,) * dimensions, 4)},
        "mixed_float16": _HALF,
    }


def _merging() -> dict[str, dict[str, Any]]:
    """The variants of the element-wise merging layers."""
    return {
        "two": {},
        "three": {"_on": (Input((3, 5)), Input((3, 5)), Input((3, 5)))},
        "broadcast": {"_on": (Input((3, 5)), Input((1, 5)))},
        "ranks": {"_on": (Input((3, 5)), Input((5,)))},
        "dynamic": {"_on": (Input((None, 5)), Input((None, 5)))},
        "mixed_float16": _HALF,
    }


_KERNEL_OPTIONS: dict[str, dict[str, Any]] = {
    "regularized": {"kernel_regularizer": L2, "bias_regularizer": L1L2, "activity_regularizer": L1L2},
    "constrained": {"kernel_constraint": MAX_NORM, "bias_constraint": "non_neg"},
    "frozen": {"trainable": False, "kernel_initializer": TRUNCATED, "bias_initializer": "ones"},
    "no_bias": {"use_bias": False},
    "mixed_float16": _HALF,
}

_INTERPOLATIONS = ("nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _varying(variants: Mapping[str, Mapping[str, Any]], trains: bool = True) -> dict[str, dict[str, Any]]:
    """The variants of a layer that varies images while training; without a seed Keras invents one."""
    first = next(iter(variants.values()))
    more: dict[str, Mapping[str, Any]] = {
        "dynamic": {**first, "_on": _vector(None, None, 4)},
        "mixed_float16": {**first, **_HALF},
    }
    return {
        name: {"seed": 3, "_random": True, "_trains": trains, **config}
        for name, config in {**variants, **more}.items()
    }


def _inner(layer: str, *arguments: Any, **options: Any) -> _Of:
    """The layer inside a wrapper."""
    return _Inner(layer, arguments, options)


class _Inner(_Of):
    def __init__(self, layer: str, arguments: Any, options: Mapping[str, Any]) -> None:
        super().__init__(lambda k: getattr(k.layers, layer)(*arguments, name="inner", **options))
        self.text = f"{layer}{arguments}{sorted(options.items())}"

    def __repr__(self) -> str:
        return self.text


LAYERS: tuple[Layer, ...] = (
    Layer(
        "InputLayer",
        _vector(3),
        {
            "default": {},
            "batch_size": {"_batch": BATCH},
            "dynamic": {"_on": _vector(None, None)},
            "int32": {"_on": _vector(3, dtype="int32", high=9), "_trains": False},
            "bool": {"_on": _vector(3, dtype="bool", high=2), "_trains": False},
        },
    ),
    Layer(
        "Dense",
        _vector(3),
        {
            "default": {"units": 5},
            "relu": {"units": 5, "activation": "relu"},
            "softmax": {"units": 5, "activation": "softmax"},
            "three_dims": {"units": 5, "_on": _vector(6, 3)},
            "dynamic": {"units": 5, "_on": _vector(None, None, 3)},
            "float64": {"units": 5, **_DOUBLE, "_on": _vector(3, dtype="float64")},
            "named": {"units": 5, "name": "the.layer-1"},
            "orthogonal": {"units": 5, "kernel_regularizer": ORTHOGONAL, "kernel_constraint": MIN_MAX_NORM},
            "radial": {"units": 5, "kernel_constraint": "unit_norm", "kernel_regularizer": "l1"},
            **{name: {"units": 5, **config} for name, config in _KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "Activation",
        _vector(3, 5),
        {
            **{name: {"activation": name} for name in _ACTIVATIONS},
            "float64": {
                "activation": "gelu",
                **_DOUBLE,
                "_on": _vector(5, dtype="float64"),
                "_tolerance": 1e-7,
                "_why": "2.15 rounds the square root of 2 to float32 in a float64 gelu, 2.21 does not",
            },
            "mixed_float16": {"activation": "tanh", **_HALF},
        },
    ),
    Layer(
        "Softmax",
        _vector(3, 5),
        {"default": {}, "axis": {"axis": 1}, "axes": {"axis": [1, 2]}, "mixed_float16": _HALF},
    ),
    Layer(
        "ReLU",
        _vector(3, 5),
        {
            "default": {},
            "max_value": {"max_value": 1.0},
            "leaky": {"negative_slope": 0.2},
            "threshold": {"threshold": 0.3},
            "all": {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.3},
            "six": {"max_value": 6.0},
            "mixed_float16": {"max_value": 1.0, **_HALF},
        },
    ),
    Layer(
        "Flatten",
        _IMAGES,
        {
            "default": {},
            "channels_first": {"data_format": "channels_first"},
            "vector": {"_on": _vector(5)},
            "scalar": {"_on": _vector()},
            "dynamic": {"_on": _vector(None, 3)},
        },
    ),
    Layer(
        "Reshape",
        _vector(4, 6),
        {
            "default": {"target_shape": [3, 8]},
            "inferred": {"target_shape": [-1, 2]},
            "flat": {"target_shape": [24]},
            "dynamic": {"target_shape": [-1, 2], "_on": _vector(None, 6)},
            "mixed_float16": {"target_shape": [24], **_HALF},
        },
    ),
    Layer(
        "Dropout",
        _vector(6, 5),
        {
            "default": {"rate": 0.4, "_random": True},
            "none": {"rate": 0.0},
            "noise_shape": {"rate": 0.4, "noise_shape": [None, 1, 5], "_random": True},
            "seed": {"rate": 0.4, "seed": 3, "_random": True},
            "mixed_float16": {"rate": 0.4, "_random": True, **_HALF},
        },
    ),
    Layer(
        "Embedding",
        _vector(6, dtype="int32", high=11),
        {
            "default": {"input_dim": 11, "output_dim": 3},
            "input_length": {"input_dim": 11, "output_dim": 3, "input_length": 6},
            "floats": {"input_dim": 11, "output_dim": 3, "_on": _vector(6, dtype="float32", high=11)},
            "dynamic": {"input_dim": 11, "output_dim": 3, "_on": _vector(None, dtype="int64", high=11)},
            "mask_zero": {"input_dim": 11, "output_dim": 3, "mask_zero": True},
            "options": {
                "input_dim": 11,
                "output_dim": 3,
                "embeddings_regularizer": L2,
                "activity_regularizer": L2,
                "embeddings_constraint": MAX_NORM,
                "embeddings_initializer": TRUNCATED,
            },
            "mixed_float16": {"input_dim": 11, "output_dim": 3, **_HALF},
        },
    ),
    Layer(
        "Conv1D",
        _SIGNALS,
        {
            "default": {"filters": 6, "kernel_size": 3},
            "same": {"filters": 6, "kernel_size": 3, "padding": "same", "strides": 2, "activation": "relu"},
            "causal": {"filters": 6, "kernel_size": 3, "padding": "causal"},
            "dilated": {"filters": 6, "kernel_size": 3, "dilation_rate": 2},
            "causal_dilated": {"filters": 6, "kernel_size": 2, "padding": "causal", "dilation_rate": 3},
            "groups": {"filters": 6, "kernel_size": 3, "groups": 2},
            "dynamic": {"filters": 6, "kernel_size": 3, "padding": "same", "_on": _vector(None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": _vector(4, 9), **_NCHW},
            "float64": {"filters": 6, "kernel_size": 3, **_DOUBLE, "_on": _vector(9, 4, dtype="float64")},
            **{name: {"filters": 6, "kernel_size": 3, **config} for name, config in _KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "Conv2D",
        _IMAGES,
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
            "dynamic": {"filters": 6, "kernel_size": 3, "padding": "same", "_on": _vector(None, None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": _vector(4, 8, 9), **_NCHW},
            "float64": {"filters": 6, "kernel_size": 3, **_DOUBLE, "_on": _vector(8, 9, 4, dtype="float64")},
            **{name: {"filters": 6, "kernel_size": 3, **config} for name, config in _KERNEL_OPTIONS.items()},
        },
    ),
    Layer(
        "DepthwiseConv2D",
        _IMAGES,
        {
            "default": {"kernel_size": 3},
            "same": {"kernel_size": [2, 3], "padding": "same", "strides": 2, "activation": "relu"},
            "multiplier": {"kernel_size": 3, "depth_multiplier": 2},
            "dilated": {"kernel_size": 2, "dilation_rate": 2},
            "dynamic": {"kernel_size": 3, "padding": "same", "_on": _vector(None, None, 4)},
            "channels_first": {"kernel_size": 3, "_on": _vector(4, 8, 9), **_NCHW},
            "no_bias": {"kernel_size": 3, "use_bias": False},
            "options": {
                "kernel_size": 3,
                "depthwise_regularizer": L2,
                "bias_regularizer": L2,
                "activity_regularizer": L2,
                "depthwise_constraint": MAX_NORM,
                "depthwise_initializer": TRUNCATED,
            },
            "mixed_float16": {"kernel_size": 3, **_HALF},
        },
    ),
    Layer(
        "SeparableConv2D",
        _IMAGES,
        {
            "default": {"filters": 6, "kernel_size": 3},
            "same": {"filters": 6, "kernel_size": 3, "padding": "same", "strides": 2, "activation": "relu"},
            "multiplier": {"filters": 6, "kernel_size": 3, "depth_multiplier": 2, "use_bias": False},
            "dilated": {"filters": 6, "kernel_size": 2, "dilation_rate": 2},
            "dynamic": {"filters": 6, "kernel_size": 3, "_on": _vector(None, None, 4)},
            "channels_first": {"filters": 6, "kernel_size": 3, "_on": _vector(4, 8, 9), **_NCHW},
            "options": {
                "filters": 6,
                "kernel_size": 3,
                "depthwise_regularizer": L2,
                "pointwise_regularizer": L1L2,
                "activity_regularizer": L2,
                "pointwise_constraint": MAX_NORM,
                "depthwise_constraint": "non_neg",
            },
            "mixed_float16": {"filters": 6, "kernel_size": 3, **_HALF},
        },
    ),
    Layer("MaxPooling1D", _SIGNALS, _pooling(1)),
    Layer("AveragePooling1D", _SIGNALS, _pooling(1)),
    Layer("MaxPooling2D", _IMAGES, _pooling(2)),
    Layer("AveragePooling2D", _IMAGES, _pooling(2)),
    Layer("GlobalMaxPooling1D", _SIGNALS, _global_pooling(1)),
    Layer("GlobalAveragePooling1D", _SIGNALS, _global_pooling(1)),
    Layer("GlobalMaxPooling2D", _IMAGES, _global_pooling(2)),
    Layer("GlobalAveragePooling2D", _IMAGES, _global_pooling(2)),
    Layer(
        "ZeroPadding2D",
        _IMAGES,
        {
            "default": {},
            "symmetric": {"padding": [2, 1]},
            "sides": {"padding": [[1, 2], [3, 0]]},
            "channels_first": {"padding": [2, 1], "data_format": "channels_first"},
            "dynamic": {"_on": _vector(None, None, 4)},
        },
    ),
    Layer(
        "BatchNormalization",
        _IMAGES,
        {
            "default": {},
            "vector": {"_on": _vector(5)},
            "three_dims": {"_on": _vector(6, 5)},
            "axis": {"axis": 1},
            "axes": {"axis": [1, 3], "_on": _vector(8, 9, 4)},
            "plain": {"center": False, "scale": False},
            "no_scale": {"scale": False, "_on": _vector(5)},
            "epsilon": {"momentum": 0.7, "epsilon": 0.1},
            "frozen": {"trainable": False},
            "frozen_vector": {"trainable": False, "_on": _vector(5)},
            "options": {
                "beta_regularizer": L2,
                "gamma_regularizer": L1L2,
                "beta_constraint": MAX_NORM,
                "gamma_constraint": "non_neg",
                "gamma_initializer": TRUNCATED,
            },
            "dynamic": {"_on": _vector(None, None, 4)},
            "float64": {**_DOUBLE, "_on": _vector(8, 9, 4, dtype="float64")},
            "mixed_float16": _HALF,
            "mixed_float16_vector": {**_HALF, "_on": _vector(5)},
        },
    ),
    Layer(
        "LayerNormalization",
        _vector(6, 5),
        {
            "default": {},
            "axis": {"axis": 1},
            "axes": {"axis": [1, 2]},
            "images": {"_on": _IMAGES},
            "plain": {"center": False, "scale": False},
            "epsilon": {"epsilon": 0.1, "scale": False},
            "options": {
                "beta_regularizer": L2,
                "gamma_regularizer": L1L2,
                "gamma_constraint": "non_neg",
                "gamma_initializer": TRUNCATED,
            },
            "dynamic": {"_on": _vector(None, 5)},
            "float64": {**_DOUBLE, "_on": _vector(6, 5, dtype="float64")},
            "mixed_float16": _HALF,
        },
    ),
    Layer("Add", (Input((3, 5)), Input((3, 5))), _merging()),
    Layer("Multiply", (Input((3, 5)), Input((3, 5))), _merging()),
    Layer(
        "Concatenate",
        (Input((3, 5)), Input((3, 4))),
        {
            "default": {},
            "axis": {"axis": 1, "_on": (Input((2, 5)), Input((3, 5)), Input((1, 5)))},
            "dynamic": {"_on": (Input((None, 5)), Input((None, 2)))},
            "mixed_float16": _HALF,
        },
    ),
    Layer(
        "Rescaling",
        _vector(3, 5),
        {
            "default": {"scale": 1 / 255},
            "offset": {"scale": 1 / 127.5, "offset": -1},
            "per_channel": {"scale": [0.5, 1.0, 2.0, 3.0, 4.0], "offset": [0.0, 1.0, 2.0, 3.0, 4.0]},
            "integers": {"scale": 0.5, "_on": _vector(3, dtype="uint8", high=200), "_trains": False},
            "mixed_float16": {"scale": 1 / 255, **_HALF},
        },
    ),
    Layer(
        "Normalization",
        _vector(3, 5),
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
        _IMAGES,
        {
            "default": {"height": 5, "width": 7},
            **{m: {"height": 11, "width": 3, "interpolation": m} for m in _INTERPOLATIONS},
            "crop": {"height": 5, "width": 9, "crop_to_aspect_ratio": True},
            "dynamic": {"height": 5, "width": 7, "_on": _vector(None, None, 4)},
            "dynamic_crop": {
                "height": 5,
                "width": 9,
                "crop_to_aspect_ratio": True,
                "_on": _vector(None, None, 4),
            },
            "bytes": {
                "height": 5,
                "width": 7,
                "_on": _vector(8, 9, 4, dtype="uint8", high=200),
                "_trains": False,
            },
            "float64": {"height": 5, "width": 7, **_DOUBLE, "_tolerance": 1e-6, "_why": "resized in float32"},
            "mixed_float16": {"height": 5, "width": 7, **_HALF},
        },
    ),
    Layer(
        "CenterCrop",
        _IMAGES,
        {
            "default": {"height": 5, "width": 4},
            "larger": {"height": 12, "width": 4},
            "dynamic": {"height": 5, "width": 4, "_on": _vector(None, None, 4)},
            "mixed_float16": {"height": 5, "width": 4, **_HALF},
        },
    ),
    Layer(
        "RandomCrop",
        _IMAGES,
        {
            "default": {"height": 5, "width": 4, "seed": 3, "_random": True},
            "larger": {"height": 12, "width": 4, "seed": 3, "_random": True},
            "dynamic": {"height": 5, "width": 4, "seed": 3, "_random": True, "_on": _vector(None, None, 4)},
            "mixed_float16": {"height": 5, "width": 4, "seed": 3, "_random": True, **_HALF},
        },
    ),
    Layer(
        "RandomFlip",
        _IMAGES,
        _varying({"default": {}, "horizontal": {"mode": "horizontal"}, "vertical": {"mode": "vertical"}}),
    ),
    *(
        Layer(
            name,
            _IMAGES,
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
        _IMAGES,
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
        _IMAGES,
        _varying({"default": {"factor": 0.3}, "range": {"factor": [-0.1, 0.2], "value_range": [0, 1]}}),
    ),
    *(
        Layer(
            name,
            _IMAGES,
            _varying({"default": {"factor": 0.3}, "pair": {"factor": [-0.1, 0.5]}}, trains=False),
        )
        for name in ("RandomHeight", "RandomWidth")
    ),
    Layer(
        "TimeDistributed",
        _vector(6, 3),
        {
            "default": {"layer": _inner("Dense", 5)},
            "penalty": {"layer": _inner("Dense", 5, activity_regularizer="l2")},
            "dynamic": {"layer": _inner("Dense", 5), "_on": _vector(None, 3)},
            "images": {"layer": _inner("Conv2D", 2, 3), "_on": _vector(5, 8, 9, 4)},
            "norm": {"layer": _inner("BatchNormalization")},
            "dropout": {"layer": _inner("Dropout", 0.3), "_random": True},
            "flatten": {"layer": _inner("Flatten"), "_on": _vector(5, 3, 4)},
            "mixed_float16": {"layer": _inner("Dense", 5, dtype="mixed_float16"), **_HALF},
        },
    ),
)


def _layer_case(layer: Layer, variant: str, config: Mapping[str, Any]) -> Case:
    """The case of one configuration of one layer: a functional model of that single layer."""
    inputs: tuple[Input, ...] = config.get("_on", layer.on)
    arguments = {name: value for name, value in config.items() if not name.startswith("_")}

    def build(keras: Keras) -> KerasModel:
        made = {name: v.make(keras) if isinstance(v, _Of) else v for name, v in arguments.items()}
        tensors = [
            keras.Input(i.shape, config.get("_batch"), dtype=i.dtype, name=f"x{n}")
            for n, i in enumerate(inputs)
        ]
        if layer.name == "InputLayer":
            return keras.Model(tensors[0], tensors[0], name="model")
        instance = getattr(keras.layers, layer.name)(**{"name": "layer", **made})
        if config.get("_adapt"):
            instance.adapt(inputs[0].sample(np.random.default_rng(7)) * 2 + 1)
        return keras.Model(
            tensors[0] if len(tensors) == 1 else tensors,
            instance(tensors[0] if len(tensors) == 1 else tensors),
            name="model",
        )

    options = {name[1:]: config[name] for name in config if name in _CASE_OPTIONS}
    key = hashlib.sha256(repr((layer.name, sorted(config.items()), inputs)).encode()).hexdigest()[:12]
    return Case(f"{layer.name}-{variant}", layer.name, build, key, inputs, **options)


_CASE_OPTIONS = {"_runs", "_why", "_tolerance", "_random", "_trains"}

MODELS: list[Case] = []


def model(**options: Any) -> Callable[[Callable[[Keras], KerasModel]], Callable[[Keras], KerasModel]]:
    """Registers the decorated builder as the model case of its name."""

    def register(build: Callable[[Keras], KerasModel]) -> Callable[[Keras], KerasModel]:
        key = hashlib.sha256(inspect.getsource(build).encode()).hexdigest()[:12]
        MODELS.append(Case(build.__name__, "model", build, key, **options))
        return build

    return register


@model()
def seed(keras: Keras) -> KerasModel:
    return keras.Sequential([keras.layers.Dense(5, input_shape=(3,)), keras.layers.Softmax()])


@model(save={"save_traces": False})
def seed_without_traces(keras: Keras) -> KerasModel:
    return seed(keras)


def _mlp(keras: Keras, **options: Any) -> KerasModel:
    layers = keras.layers
    net = keras.Sequential(
        [
            layers.Dense(16, activation="relu", kernel_regularizer="l2", input_shape=(8,)),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ],
        name="mlp",
    )
    net.compile(**options)
    rng = np.random.default_rng(11)
    net.fit(rng.normal(size=(16, 8)), np.eye(3)[rng.integers(0, 3, 16)], batch_size=8, verbose=0)
    return net


@model(random=True)
def mlp_adam(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])


@model(random=True)
def mlp_sgd(keras: Keras) -> KerasModel:
    sgd = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)
    metrics = [keras.metrics.MeanSquaredError(name="mse"), keras.metrics.AUC(num_thresholds=20)]
    return _mlp(keras, optimizer=sgd, loss="mse", metrics=metrics, weighted_metrics=["mae"])


@model(random=True)
def mlp_rmsprop(keras: Keras) -> KerasModel:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    optimizer = keras.optimizers.RMSprop(schedule, centered=True, momentum=0.5)
    return _mlp(keras, optimizer=optimizer, loss=keras.losses.Huber(delta=0.5))


@model(random=True, save={"include_optimizer": False})
def mlp_without_optimizer(keras: Keras) -> KerasModel:
    return _mlp(keras, optimizer="adam", loss="mse")


@model(random=True)
def cnn(keras: Keras) -> KerasModel:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(
                8, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(1e-3)
            ),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(12, 3, use_bias=False),
            layers.ReLU(6.0),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ],
        name="cnn",
    )


@model(inputs=_vector(20, dtype="int32", high=50), random=True)
def text_cnn(keras: Keras) -> KerasModel:
    layers = keras.layers
    words = keras.Input((None,), dtype="int32", name="words")
    embedded = layers.Embedding(50, 8)(words)
    pooled = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(6, width, padding="same", activation="relu")(embedded))
        for width in (2, 3, 5)
    ]
    joined = layers.Dropout(0.3)(layers.Concatenate()(pooled))
    return keras.Model(words, layers.Dense(2, activation="sigmoid", name="label")(joined), name="text_cnn")


@model()
def many_to_many(keras: Keras) -> KerasModel:
    layers = keras.layers
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    inner_in = keras.Input((4,))
    inner_norm = layers.LayerNormalization()(layers.Dense(4, name="deep")(inner_in))
    inner = keras.Model(inner_in, [inner_norm, layers.Add()([inner_in, inner_norm])], name="inner")
    first, both = inner(shared(left))
    second, _ = inner(shared(right))
    product = layers.Multiply()([first, second])
    score = layers.Dense(1, name="score")(layers.Concatenate()([product, both]))
    return keras.Model([left, right], [score, product], name="many_to_many")


@model()
def dictionaries(keras: Keras) -> KerasModel:
    layers = keras.layers
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    joined = layers.Concatenate(name="joined")([a, b])
    outputs = {"second": layers.Dense(2, name="z")(joined), "first": layers.Softmax(name="y")(joined)}
    return keras.Model({"b": b, "a": a}, outputs, name="dictionaries")


@model()
def one_in_a_list(keras: Keras) -> KerasModel:
    x = keras.Input((3,), name="x")
    return keras.Model([x], [keras.layers.Dense(2, name="y")(x)], name="one_in_a_list")


@model()
def nested_sequential(keras: Keras) -> KerasModel:
    layers = keras.layers
    head = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(3)], name="head")
    x = keras.Input((5,), name="x")
    return keras.Model(x, head(layers.BatchNormalization(name="norm")(x)), name="nested_sequential")


@model()
def frozen_part(keras: Keras) -> KerasModel:
    layers = keras.layers
    base = keras.Sequential([layers.Dense(4, input_shape=(5,)), layers.BatchNormalization()], name="base")
    base.trainable = False
    return keras.Sequential([base, layers.Dense(2, name="head")], name="frozen_part")


@model()
def odd_names(keras: Keras) -> KerasModel:
    layers = keras.layers
    x, y = keras.Input((3,), name="in/put.1"), keras.Input((3,), name="2nd-input")
    both = layers.Add(name="a.b/c")([layers.Dense(3, name="block/dense.1")(x), y])
    return keras.Model([x, y], layers.Dense(2, name="out-put/last.layer")(both), name="odd.names")


@model()
def only_input_layer(keras: Keras) -> KerasModel:
    return keras.Sequential(
        [keras.layers.InputLayer((4,), name="x"), keras.layers.Flatten(name="y")], name="only"
    )


@model()
def ten_of_a_kind(keras: Keras) -> KerasModel:
    return keras.Sequential(
        [keras.layers.Dense(3, input_shape=(3,)) for _ in range(12)], name="ten_of_a_kind"
    )


def _application(keras: Keras, name: str, size: int) -> KerasModel:
    return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))


@model(slow=True, tolerance=1e-4, why=DEEP)
def mobilenet_v2(keras: Keras) -> KerasModel:
    return _application(keras, "MobileNetV2", 96)


@model(slow=True, tolerance=1e-4, why=DEEP)
def resnet50(keras: Keras) -> KerasModel:
    return _application(keras, "ResNet50", 64)


@model(slow=True, random=True, tolerance=1e-4, why=DEEP)
def efficientnet_b0(keras: Keras) -> KerasModel:
    return _application(keras, "EfficientNetB0", 64)


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        *MODELS,
        *(
            _layer_case(layer, variant, config)
            for layer in LAYERS
            for variant, config in layer.variants.items()
        ),
    )
}


def select(patterns: Iterable[str]) -> list[Case]:
    """The cases whose names match one of `patterns` (as in a shell); all of them for no pattern.

    Raises:
        SystemExit: A pattern matches nothing.
    """
    patterns = list(patterns)
    for pattern in patterns:
        if not fnmatch.filter(CASES, pattern):
            raise SystemExit(f"no case matches {pattern!r}; cases: {' '.join(CASES)}")
    return [c for c in CASES.values() if not patterns or any(fnmatch.fnmatch(c.name, p) for p in patterns)]
