"""Configs in HDF5 files of the first versions of Keras 2, in the words of the last one.

    up to 2.2.2   a Sequential is the list of its layers: {"class_name": "Sequential", "config": [...]}
    up to 2.2     a GRU without `reset_after` resets before the matrix product, which is not what Keras 2.15 assumes

Source: keras/engine/sequential.py, Sequential.get_config; keras/layers/recurrent.py, GRU (2.0 to 2.2)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kerasfmt.ir.json_values import LEAVES

OLDER_NAMES: Final[Mapping[str, str]] = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "UnifiedLSTM": "LSTM",
    "UnifiedGRU": "GRU",
}
"""Names of classes in TensorFlow 1.13 and in the first previews of 2.0.

Source: keras/src/layers/serialization.py, populate_deserializable_objects (2.15)
"""


def in_todays_words(config: Any, layer_names: Sequence[str] = ()) -> Any:
    """The config of a model in the words of Keras 2.15.

    Args:
      config: JSON values.
      layer_names: the layers for which the file has a group of weights, in its order. A Sequential inside of a
        Sequential that states no name has the name at its place.
    """
    found = _with_defaults(config)
    if isinstance(found, dict) and isinstance(found.get("config"), dict):
        layers = found["config"].get("layers")
        if found.get("class_name") == "Sequential" and isinstance(layers, list):
            if len(layers) == len(layer_names):
                layers = [_named(layer, name) for layer, name in zip(layers, layer_names, strict=True)]
            found["config"]["layers"] = layers
    return found


def _with_defaults(config: Any) -> Any:
    if isinstance(config, list):
        return [_with_defaults(item) for item in config]
    if not isinstance(config, Mapping):
        return config
    found = dict(config)
    for key, value in config.items():
        if type(value) not in LEAVES and key != "inbound_nodes":
            found[key] = _with_defaults(value)
    inner = found.get("config")
    if found.get("class_name") in ("GRU", "GRUCell") and isinstance(inner, dict):
        inner.setdefault("reset_after", False)
    if found.get("class_name") == "Sequential" and isinstance(inner, list):
        found["config"] = {"layers": inner}
        if isinstance(found.get("name"), str):  # of a model inside of a functional one
            found["config"]["name"] = found["name"]
    return found


def _named(layer: Any, name: str) -> Any:
    if not isinstance(layer, dict) or layer.get("class_name") != "Sequential":
        return layer
    inner = layer.get("config")
    if not isinstance(inner, dict) or inner.get("name"):
        return layer
    return {**layer, "config": {**inner, "name": name}}
