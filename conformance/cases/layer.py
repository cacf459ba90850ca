"""Rows of the tables of layers, and the configurations that many layers share."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import HALF, Case, Input, Keras, KerasModel, vector

NO_NCHW = "TensorFlow has no channels_first kernel for this layer on a CPU"


class Of:
    """A config value that needs the keras module: `Of(lambda k: k.regularizers.L2(0.01))`."""

    def __init__(self, make: Callable[..., Any]) -> None:
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


L2, L1L2, ORTHOGONAL = Of(_l2), Of(_l1l2), Of(_orthogonal)
MAX_NORM, MIN_MAX_NORM, TRUNCATED = Of(_max_norm), Of(_min_max_norm), Of(_truncated)
MIXED = Of(_mixed_float16)


@dataclass(frozen=True)
class Layer:
    """A row of the layer table: `variants` maps a configuration's name to its arguments.

    Arguments whose names start with an underscore belong to the case: `_on` (other inputs), `_runs`, `_why`,
    `_tolerance`, `_random`, `_trains`, `_unsaved`, `_suffix`,
    `_batch` (a fixed batch size), `_adapt` (the layer is adapted to its
    input), `_call`, `Of` a function (keras, layer, tensors) that calls the layer and returns the outputs,
    `_objects`, `Of` a function (keras or kerasfmt) that gives the custom objects to load the model with, and
    `_class`, `Of` a function (keras) that gives the class, where `keras.layers` does not have it.
    """

    name: str
    on: tuple[Input, ...]
    variants: Mapping[str, Mapping[str, Any]]


MIXED_FLOAT16 = {"dtype": MIXED, "_tolerance": 4e-3, "_why": HALF}
NCHW = {"data_format": "channels_first", "_runs": False, "_why": NO_NCHW}
FLOAT64 = {"dtype": "float64"}
NO_GRADIENT = {"_trains": False, "_why": "TensorFlow has no gradient of this op for this dtype"}

SIGNALS = vector(9, 4)
IMAGES = vector(8, 9, 4)
VOLUMES = vector(4, 5, 3, 2)


KERNEL_OPTIONS: dict[str, dict[str, Any]] = {
    "regularized": {"kernel_regularizer": L2, "bias_regularizer": L1L2, "activity_regularizer": L1L2},
    "constrained": {"kernel_constraint": MAX_NORM, "bias_constraint": "non_neg"},
    "frozen": {"trainable": False, "kernel_initializer": TRUNCATED, "bias_initializer": "ones"},
    "no_bias": {"use_bias": False},
    "mixed_float16": MIXED_FLOAT16,
}


def inner(layer: str, *arguments: Any, **options: Any) -> Of:
    """The layer inside a wrapper."""
    return _Inner(layer, arguments, options)


class _Inner(Of):
    def __init__(self, layer: str, arguments: Any, options: Mapping[str, Any]) -> None:
        super().__init__(
            lambda k: getattr(k.layers, layer)(
                *(a.make(k) if isinstance(a, Of) else a for a in arguments), name="inner", **options
            )
        )
        self.text = f"{layer}{arguments}{sorted(options.items())}"

    def __repr__(self) -> str:
        return self.text


def _class(keras: Keras, name: str) -> Any:
    return getattr(keras.layers, name, None) or getattr(keras.layers.experimental, name)


def layer_cases(layers: Iterable[Layer], *, adapted: bool = True) -> list[Case]:
    """The cases of all configurations of layers.

    Args:
      layers: the layers.
      adapted: whether those are among them of which Keras adapts the layer to data.
    """
    return [
        layer_case(layer, variant, config)
        for layer in layers
        for variant, config in layer.variants.items()
        if adapted or not config.get("_adapt")
    ]


def layer_case(layer: Layer, variant: str, config: Mapping[str, Any]) -> Case:
    """The case of one configuration of one layer: a functional model of that single layer."""
    inputs: tuple[Input, ...] = config.get("_on", layer.on)
    arguments = {name: value for name, value in config.items() if not name.startswith("_")}

    def build(keras: Keras) -> KerasModel:
        made = {name: v.make(keras) if isinstance(v, Of) else v for name, v in arguments.items()}
        tensors = [given.tensor(keras, f"x{n}", config.get("_batch")) for n, given in enumerate(inputs)]
        if layer.name == "InputLayer":
            return keras.Model(tensors[0], tensors[0], name="model")
        kind = config["_class"].make(keras) if "_class" in config else _class(keras, layer.name)
        instance = kind(**{"name": "layer", **made})
        if config.get("_adapt"):
            sample = inputs[0].sample(np.random.default_rng(7))
            instance.adapt(sample if sample.dtype == object else sample * 2 + 1)
        given = tensors[0] if len(tensors) == 1 else tensors
        call = config["_call"].make if "_call" in config else lambda keras, layer, tensors: layer(given)
        return keras.Model(given, call(keras, instance, tensors), name="model")

    options = {name[1:]: config[name] for name in config if name in _CASE_OPTIONS}
    if "_objects" in config:
        options["objects"] = config["_objects"].make
    key = hashlib.sha256(repr((layer.name, sorted(config.items()), inputs)).encode()).hexdigest()[:12]
    return Case(f"{layer.name}-{variant}", layer.name, build, key, inputs, **options)


_CASE_OPTIONS = {"_runs", "_why", "_tolerance", "_random", "_trains", "_unsaved", "_suffix"}


def one_layer(name: str, *shapes: tuple[int | None, ...], **config: Any) -> Case:
    """The case of one configuration of a layer, named after its options.

    Args:
      name: the class.
      *shapes: what it is called on: the shape of each input without the batch.
      **config: options of the layer, and those of the case that `Layer` names. Besides these, `_of` is the dtype of
        the inputs. `_high` has whole numbers in [0, high) fill them. `_masked` has a Masking layer before each, which
        masks the last step. `_words` goes into the name, for what the options do not say.
    """
    dtype = config.pop("_of", "float32")
    high = config.pop("_high", None if "float" in dtype else 9)
    masked = config.pop("_masked", False)
    inputs = tuple(Input(shape, dtype, high, draw=_last_step_masked if masked else None) for shape in shapes)
    shown = {option: _brief(value) for option, value in config.items() if not option.startswith("_")}
    words = [f"{option}={text}" for option, text in shown.items() if text]
    words += [word for word in (config.pop("_words", ""), "masked" if masked else "") if word]
    variant = ",".join([*words, *map(str, shapes), *([dtype] if dtype != "float32" else [])])
    if masked:
        config["_call"] = _through_masking(config.get("_call"))
    return layer_case(Layer(name, inputs, {}), variant, config)


def _brief(value: Any) -> str:
    if value is MIXED:
        return "mixed_float16"
    return "" if type(value) is Of else str(value)


def _last_step_masked(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    found = rng.normal(size=shape)
    found[:, -1] = 0
    return found


def _through_masking(call: Of | None) -> Of:
    def masked(keras: Keras, layer: Any, tensors: list[Any]) -> Any:
        steps = [keras.layers.Masking(name=f"masking{n}")(t) for n, t in enumerate(tensors)]
        if call is not None:
            return call.make(keras, layer, steps)
        return layer(steps if len(steps) > 1 else steps[0])

    return Of(masked)
