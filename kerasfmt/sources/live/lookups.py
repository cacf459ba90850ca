"""The vocabularies of live lookups, which are in tables of TensorFlow whatever the backend of Keras.

Source: tf_keras/src/layers/preprocessing/index_lookup.py, IndexLookup.get_vocabulary
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.nn.categorical import TF_IDF


def without_path(config: dict[str, Any], live: Any) -> dict[str, Any]:
    """A config with the tokens in place of the path of a vocabulary file.

    Args:
      config: the config of the live layer.
      live: the layer, which has read the file.
    """
    if not isinstance(config.get("vocabulary"), str) or not hasattr(live, "get_vocabulary"):
        return config
    tokens = live.get_vocabulary(include_special_tokens=False)
    return {**config, "vocabulary": [str(t) if isinstance(t, str) else int(t) for t in tokens]}


def take_lookup(layer: IndexLookup, live: Any) -> None:
    """Gives a lookup what a live one learned: the tokens and their weights.

    Args:
      layer: the lookup.
      live: the live one, with the same config.
    """
    learned = layer.vocabulary is None and layer.vocabulary_size is not None
    if learned:
        keys, values = (part.numpy() for part in live.lookup_table.export())
        numbers, tokens = (keys, values) if layer.invert else (values, keys)
        layer.set_vocabulary(tokens[np.argsort(numbers)], False if layer.output_mode == TF_IDF else None)
    if layer.output_mode == TF_IDF and (learned or layer.vocabulary is not None):
        layer.idf.value = np.array(live.idf_weights_const)
