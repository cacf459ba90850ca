"""The dialect of the configs in HDF5 files of Keras 2.12 to 2.15, which is not that of SavedModels.

    SavedModel   {"class_name": "Zeros", "config": {}}
    HDF5         {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": null}

Shapes are plain lists, and an activation has to be one that Keras 2 knows.

Source: keras/src/saving/serialization_lib.py, serialize_keras_object;
keras/src/saving/legacy/saved_model/json_utils.py, get_json_type (2.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Layer, Model, find_layer_class
from kerasfmt.ir.config import layer_config

_MODULES: Final = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "dtype": "keras.mixed_precision",
}
"""The last word of an option's name: the module of the object that is its value."""

_ACTIVATIONS: Final = frozenset(
    {
        *("elu", "exponential", "gelu", "hard_sigmoid", "leaky_relu", "linear", "log_softmax_v2", "mish"),
        *("relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softmax_v2", "softplus", "softsign"),
        *("swish", "tanh"),
    }
)
"""Activations that Keras 2.15 finds by name."""


def model_config(model: Model) -> dict[str, Any]:
    """The `model_config` of a file.

    Raises:
        UnsupportedLayerError: a layer has an activation that Keras 2 does not know.
    """
    config: dict[str, Any] = _entry(layer_config(model))
    return config


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's class name and config, and what else belongs to it, in the dialect of files."""
    return {**entry, "config": _config(entry["config"])}


def _config(config: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(config.get("layers"), list):
        return {**config, "layers": [_entry(layer) for layer in config["layers"]]}
    return {key: _option(str(config.get("name")), key, value) for key, value in config.items()}


def _option(layer: str, key: str, value: Any) -> Any:
    if key.endswith("activation") and isinstance(value, str) and value not in _ACTIVATIONS:
        raise UnsupportedLayerError(
            f"layer {layer}: activation {value!r} is not one of Keras 2, whose HDF5 files are written here; "
            "save the model as a SavedModel"
        )
    if isinstance(value, list):
        return [_option(layer, key, item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "TensorShape" and "items" in value:
        return value["items"]
    if value.keys() != {"class_name", "config"}:
        return {k: _option(layer, k, item) for k, item in value.items()}
    kind = key.rpartition("_")[2]
    found = find_layer_class(value["class_name"])
    if kind in _MODULES:
        module, config = _MODULES[kind], value["config"]
    elif found is not None and issubclass(found, Layer):
        module, config = "keras.layers", _config(value["config"])
    else:
        return dict(value)
    return {
        "module": module,
        "class_name": value["class_name"],
        "config": config,
        "registered_name": None,
    }
