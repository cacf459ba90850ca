"""A model's weights and the arrays that are stored for them."""

from __future__ import annotations

import re
from typing import Final

from kerasfmt.ir import Layer, Model, Weight

_SAME_NAMES: Final = {"depthwise_kernel": "kernel"}
"""Keras 3 calls the kernel of a depthwise convolution "kernel"."""
# ":0" is TensorFlow's output number; "_1" is what graph mode made of a name that was taken.
_SUFFIX: Final = re.compile(r"(?:_\d+)?(?::\d+)?$")


def ordered_weights(layer: Layer) -> list[Weight]:
    """The weights of a layer in the order of HDF5 files and of live layers: the trainable ones, then the others.

    Source: keras/src/saving/legacy/hdf5_format.py, _legacy_weights
    """
    return list(dict.fromkeys(layer.trainable_weights + layer.non_trainable_weights))


def top_level_weights(model: Model) -> list[Weight]:
    """The weights of a model that belong to none of its layers."""
    held = {weight for layer in model.layers for weight in layer.weights}
    return [weight for weight in model.weights if weight not in held]


def leaf_name(name: str) -> str:
    """The last part of a weight's name, the same for every Keras version and source."""
    leaf = _SUFFIX.sub("", name.rpartition("/")[2])
    return _SAME_NAMES.get(leaf, leaf)
