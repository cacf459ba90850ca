"""Layers of Keras that kerasfmt does not have: why, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.layer import find_layer_class

_FUNCTION: Final = (
    "it holds a Python function of JAX, which no file of Keras can hold; save the live model on JAX as a SavedModel, "
    "or the function with kerasfmt.from_jax, or write the layer as a subclass of kerasfmt.layers.Layer"
)
_COLUMNS: Final = (
    "feature columns are functions of TensorFlow, which Keras stores by name only; give the model the features as "
    "inputs of StringLookup, Discretization, Embedding and CategoryEncoding layers, or use FeatureSpace"
)

REFUSED: Final[Mapping[str, str]] = {
    "AbstractRNNCell": "the base class of cells that users write; write the cell for kerasfmt too",
    "DenseFeatures": _COLUMNS,
    "FlaxLayer": _FUNCTION,
    "JaxLayer": _FUNCTION,
    "SequenceFeatures": _COLUMNS,
    "TFSMLayer": "it names the directory of a SavedModel, which is not part of the file; load that SavedModel itself "
    "with kerasfmt.load_model",
    "TorchModuleWrapper": "it holds a pickled module of torch, and reading a pickle runs code; build the module from "
    "layers of Keras, and give them its weights",
}
"""Class -> the rest of an error: why it is refused, and what a user can do."""


def refusal(kind: str) -> str:
    """Why a class is not read, and what to do.

    Args:
      kind: the name of the class in a file.
    """
    known = REFUSED.get(kind)
    advice = "kerasfmt does not have this layer yet; for a custom layer," if known is None else f"{known}; or"
    return f"{advice} pass a kerasfmt.layers.Layer subclass as custom_objects={{{kind!r}: YourLayer}}"


def refuse_code_alone(config: Mapping[str, Any], where: str = "") -> None:
    """Refuses the config of a subclassed model: a class that is not known, and no layers.

    Raises:
      UnsupportedLayerError: it is one.
    """
    inner = config.get("config") if isinstance(config, Mapping) else None
    if not isinstance(inner, Mapping) or "layers" in inner:
        return
    kind = str(config.get("class_name"))
    if find_layer_class(kind.rpartition(">")[2]) is None:
        raise UnsupportedLayerError(
            f"{where}model of class {str(config.get('registered_name') or kind)!r}: its config names no layers, so "
            "that its Python code alone says what it computes, and no code of a file runs; in Keras, save it as a "
            "SavedModel, which holds its functions"
        )
