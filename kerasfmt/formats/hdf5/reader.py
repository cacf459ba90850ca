"""From an HDF5 file to a model: the config makes the layers, then each layer takes its weights.

Keras pairs the layers that have weights with the layers of the file in order, without checking names. Here a layer
takes the weights that the file stores under its name. Number, names and shapes have to agree; numbers of another
dtype are cast, as Keras does. The order
within a layer is Keras's: trainable weights, then the others, over all layers of a nested model.

Source: tf_keras/src/saving/legacy/hdf5_format.py, load_weights_from_hdf5_group and _legacy_weights
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from kerasfmt import ir
from kerasfmt.dialects.architecture import in_known_words
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.dialects.versions import is_keras1, is_keras3
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.hdf5 import layout
from kerasfmt.formats.hdf5.older_layouts import as_stored_today
from kerasfmt.formats.hdf5.stored import H5Model, open_model
from kerasfmt.formats.matching import (
    NamedArray,
    Pair,
    assign,
    check_names,
    ordered_weights,
    pair,
    top_level_weights,
)
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.weight import Weight
from kerasfmt.printable import printable


def load(
    source: str | os.PathLike[str] | Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> ir.Model:
    """The model in an HDF5 file; its weights stay in the file until they are used.

    Args:
      source: a path, or an open h5py.File.
      custom_objects: layer classes by the class name that the file gives them.
      compile: whether to keep the training config and the optimizer's state.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5, or holds no Keras model, or weights only, or keeps a kernel in an order
        of Keras 1 that is not read.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, or points out of itself.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: its weights are not those of its layers.
      ImportError: h5py is not installed.
    """
    stored = open_model(source)
    model = _build(stored, custom_objects)
    model.made_by_keras = 3 if is_keras3(stored.keras_version) else 2
    _assign(model, stored)
    if compile and stored.training_config is not None:
        model.training_config = _training_config(model, stored)
        model.training_config.restored = True
        model.training_config.built = model.made_by_keras == 2
    return model


def _training_config(model: ir.Model, stored: H5Model) -> ir.TrainingConfig:
    """The compile state, as Keras 2 states it."""
    config = dict(stored.training_config or {})
    held = stored.optimizer_weights
    if held and is_keras1(stored.keras_version):
        warnings.warn(
            printable(
                f"{stored.file}: the state of the optimizer is left out, {len(held)} arrays in an order of Keras 1 "
                "that is not read; the model can be trained on with a new optimizer of the same options"
            ),
            stacklevel=3,
        )
        held = []
    if not is_keras3(stored.keras_version) or not isinstance(config.get("optimizer_config"), Mapping):
        named = [optimizer_variable(name.partition(":")[0], array) for name, array in held]
        return ir.TrainingConfig(config, named)
    from kerasfmt.dialects.compile_config import optimizer_to_keras2
    from kerasfmt.optimizers.stored import read_state

    config["optimizer_config"] = optimizer_to_keras2(config["optimizer_config"])
    return read_state(config, [array for _, array in held], [], model.trainable_weights, 3)


def _build(stored: H5Model, custom_objects: Mapping[str, Any] | None) -> ir.Model:
    """The model of the config, with fresh weights."""
    with malformed_config_errors(f"{stored.file}: {layout.MODEL_CONFIG}"):
        config, major = in_known_words(stored.model_config, stored.keras_version, list(stored.layers))
        return model_from_config(config, custom_objects, major)


def _assign(model: ir.Model, stored: H5Model) -> None:
    """Gives every weight of the model its dataset; no weight and no dataset is left over."""
    held = {name: datasets for name, datasets in stored.layers.items() if datasets}
    layers = {
        layer.name: layer
        for layer in model.layers
        if layer.weights and not (layer.weights_are_given and layer.name not in held)
    }
    owners: list[tuple[str, list[Weight], Sequence[NamedArray]]] = []
    for name, layer in layers.items():
        where = f"{stored.file}: layer {name} ({type(layer).__name__})"
        stored_arrays = held.pop(name, [])
        arrays = as_stored_today(layer, stored_arrays, stored.keras_version, stored.backend, where)
        owners.append((where, ordered_weights(layer), arrays))
    owners.append((f"{stored.file}: top level of the model", top_level_weights(model), stored.top_level))
    pairs: list[Pair] = []
    for where, weights, datasets in owners:
        check_names(weights, datasets, where)
        pairs += pair(weights, datasets, where, cast=True)
    for name, datasets in held.items():
        surplus = ", ".join(weight for weight, _ in datasets)
        raise InvalidModelError(
            f"{stored.file}: layer {name}: expected no weights, as the config has no layer of this name "
            f"that has weights; got {surplus}"
        )
    assign(pairs)
