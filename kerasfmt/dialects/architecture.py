"""The architecture of a model without its weights, of any Keras, in the words of Keras 2 or Keras 3.

    Keras 1, 2   {"class_name": "Sequential", "config": ..., "keras_version": "2.0.8", "backend": "tensorflow"}
    Keras 3      {"module": "keras", "class_name": "Sequential", "config": {...}, "registered_name": null, ...}

Source: tf_keras/src/engine/training.py, Model.to_json; keras/src/models/model.py, Model.to_json (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kerasfmt.dialects import keras1
from kerasfmt.dialects.older_keras2 import in_todays_words
from kerasfmt.dialects.saving_lib import mappings
from kerasfmt.dialects.versions import is_keras1, is_keras3
from kerasfmt.ir.keras_facts import Major

KERAS_VERSION: Final = "keras_version"
"""The key of the version of the Keras that wrote an architecture."""


def in_known_words(
    config: Mapping[str, Any], version: str | None, layer_names: Sequence[str] = ()
) -> tuple[Mapping[str, Any], Major]:
    """The config of a model in the words of Keras 2.15 or Keras 3, and which of them it is.

    Args:
      config: the config, in the words of the Keras that wrote it.
      version: the version of that Keras.
      layer_names: the layers for which the file has a group of weights, in its order.

    Raises:
      UnsupportedLayerError: Keras 2 has no such layer or option of Keras 1.
    """
    if is_keras3(version):
        return config, 3
    if is_keras1(version):
        config = keras1.keras1_to_keras2(config)
    return in_todays_words(config, layer_names), 2


def recognized(config: Mapping[str, Any]) -> tuple[Mapping[str, Any], Major]:
    """The same of a config that may state its version, or else shows it by its words.

    Raises:
      UnsupportedLayerError: as `in_known_words` does.
    """
    stated = config.get(KERAS_VERSION) if isinstance(config, Mapping) else None
    if isinstance(stated, str):
        return in_known_words(config, stated)
    if _is_of_keras3(config):
        return config, 3
    return in_known_words(config, "1" if keras1.is_spoken(config) else "2")


def _is_of_keras3(config: Any) -> bool:
    """Whether a config has calls, input shapes or dtype policies in a form that only Keras 3 writes.

    A Sequential model whose layers state neither a shape nor a policy has the same config in both versions.
    """
    return any(
        item.get("class_name") in ("__keras_tensor__", "DTypePolicy")
        or (
            item.get("class_name") == "InputLayer"
            and isinstance(item.get("config"), Mapping)
            and "batch_shape" in item["config"]
        )
        for item in mappings(config)
    )
