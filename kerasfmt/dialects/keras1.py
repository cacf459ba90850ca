"""Configs of Keras 1 in the words of Keras 2.

A layer's options have other names there, some classes too. Regularizers and constraints are `{"name": ..., options}`.
`Merge` is one layer for what are several in Keras 2. Weights are not the concern of this module.

Source: keras/legacy/interfaces.py and keras/legacy/layers.py (2.2); keras/layers (1.2.2), get_config
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import mappings
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.printable import printable

_CLASSES: Final = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
}

_OPTIONS: Final = {
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "filter_length": "kernel_size",
    "atrous_rate": "dilation_rate",
    "nb_filter": "filters",
    "dim_ordering": "data_format",
    "p": "rate",
    "sigma": "stddev",
    "pool_length": "pool_size",
    "stride": "strides",
}
"""Options of any class, and what Keras 2 calls them."""

_TELLING: Final = frozenset(
    {"init", "inner_init", "W_regularizer", "W_constraint", "border_mode", "nb_filter", "dim_ordering"}
)
"""Options that no layer of Keras 2 has."""
_RECURRENT: Final = ("SimpleRNN", "LSTM", "GRU", "ConvLSTM2D")

_OWN_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Dense": {"output_dim": "units"},
    "SimpleRNN": {"output_dim": "units"},
    "LSTM": {"output_dim": "units"},
    "GRU": {"output_dim": "units"},
    "PReLU": {"init": "alpha_initializer"},
    "UpSampling1D": {"length": "size"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
}
"""The same of one class."""

_WITHOUT_MEANING: Final = ("input_dtype", "input_dim", "output_shape")
"""What says nothing beside the shapes and dtypes of the inputs; an Embedding's `input_dim` stays."""

_MERGES: Final = {
    "concat": "Concatenate",
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
}
_IMPLEMENTATIONS: Final = {"cpu": 1, "mem": 1, "gpu": 2}
_ORDERINGS: Final = {"tf": "channels_last", "th": "channels_first"}


def is_spoken(config: Any) -> bool:
    """Whether a config has a layer or an option that Keras 2 does not have."""
    return any(
        item["class_name"] in (*_CLASSES, "Merge") or not inner.keys().isdisjoint(_TELLING)
        for item in mappings(config)
        if isinstance(item.get("class_name"), str) and isinstance(inner := item.get("config"), Mapping)
    )


def keras1_to_keras2(entry: Any) -> Any:
    """A model or layer of Keras 1, `{"class_name", "config"}`, in the words of Keras 2.

    Raises:
      UnsupportedLayerError: Keras 2 has no such layer or option.
    """
    if not isinstance(entry, Mapping):
        return entry
    config = entry.get("config")
    if isinstance(config, list):
        return {**entry, "config": [keras1_to_keras2(layer) for layer in config]}
    if not isinstance(config, Mapping):
        return entry
    if entry.get("class_name") in ("Model", "Sequential") and isinstance(config.get("layers"), list):
        return {
            **entry,
            "config": {**config, "layers": [keras1_to_keras2(layer) for layer in config["layers"]]},
        }
    kind = str(entry.get("class_name"))
    make = _SPECIAL.get(kind, _layer)
    return {**entry, **make(kind, config)}


def _layer(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    kind = _CLASSES.get(kind, kind)
    own = _OWN_OPTIONS.get(kind, {})
    found: dict[str, Any] = {}
    for name, value in config.items():
        if name in _WITHOUT_MEANING and not (kind == "Embedding" and name == "input_dim"):
            continue
        name = own.get(name, _OPTIONS.get(name, name))
        found[name] = _value(kind, name, value)
    if kind in _RECURRENT:
        _of_recurrent_layer(found)
    _join(found, "kernel_size", "nb_row", "nb_col")
    _join(found, "kernel_size", "kernel_dim1", "kernel_dim2", "kernel_dim3")
    return {"class_name": kind, "config": found}


def _value(kind: str, name: str, value: Any) -> Any:
    if name == "data_format":
        return _ORDERINGS.get(value, value)
    if name == "layer":
        return keras1_to_keras2(value)
    if not isinstance(value, Mapping) or "name" not in value:
        return value
    if name.endswith("_regularizer"):
        if not value.keys() <= {"name", "l1", "l2"}:
            raise UnsupportedLayerError(
                f"{kind}: option {name}: Keras 2 has no regularizer {value['name']!r:.80}"
            )
        return {"class_name": "L1L2", "config": {k: value[k] for k in ("l1", "l2") if k in value}}
    if name.endswith("_constraint"):
        options = {"max_value" if k == "m" else k: v for k, v in value.items() if k != "name"}
        return {"class_name": str(value["name"]), "config": options}
    return value


def _join(found: dict[str, Any], name: str, *parts: str) -> None:
    """Makes one option of several."""
    if all(part in found for part in parts):
        found[name] = [found.pop(part) for part in parts]


def _of_recurrent_layer(found: dict[str, Any]) -> None:
    found.pop("input_length", None)
    if "consume_less" in found:
        found["implementation"] = _IMPLEMENTATIONS.get(found.pop("consume_less"), 1)
    if "forget_bias_init" in found:
        found["unit_forget_bias"] = found.pop("forget_bias_init") in ("one", "ones")


def _input(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in config.items() if key != "input_dtype"}
    return {"config": {**found, "dtype": config.get("input_dtype", "float32")}}


def _embedding(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(config)
    if found.pop("dropout", 0):
        warnings.warn(
            printable(
                f"layer {config.get('name')} (Embedding): Keras 1 drops whole words in training, which Keras 2 does "
                "not do; the option dropout is left out"
            ),
            stacklevel=2,
        )
    return _layer(kind, found)


def _batch_normalization(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(config)
    mode = found.pop("mode", 0)
    if mode != 0:
        raise UnsupportedLayerError(
            f"layer {config.get('name')!r} (BatchNormalization): option mode: expected 0, got {mode!r:.80}; Keras 2 "
            "normalizes by the statistics of training only"
        )
    return _layer(kind, found)


def _merge(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    name, mode = config.get("name"), config.get("mode")
    kept = {key: config[key] for key in ("name", "trainable") if key in config}
    plain = config.get("mode_type", "raw") == "raw" and config.get("output_mask_type", "raw") == "raw"
    if plain and mode in _MERGES and not config.get("layers"):
        axis = {"axis": config.get("concat_axis", -1)} if mode == "concat" else {}
        return {"class_name": _MERGES[mode], "config": {**kept, **axis}}
    if plain and mode == "dot" and not config.get("layers"):
        return {"class_name": "Dot", "config": {**kept, "axes": config.get("dot_axes", -1)}}
    got = "models to merge" if config.get("layers") else f"mode {mode!r:.80}"
    raise UnsupportedLayerError(
        f"layer {name!r} (Merge): expected the outputs of layers, merged by {', '.join(_MERGES)} or dot; got {got}; "
        "rebuild the model with the layers of Keras 2 and load the weights into it"
    )


_SPECIAL: Final[Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]]] = {
    "InputLayer": _input,
    "Embedding": _embedding,
    "BatchNormalization": _batch_normalization,
    "Merge": _merge,
}
