"""From an HDF5 file to a model: the config makes the layers, then each layer takes its weights.

Keras pairs the layers that have weights with the file's, in order, and believes that they fit. Here a layer
takes the weights that the file keeps under its name, and number, names, shapes and dtypes have to agree. The
order within a layer is Keras's: trainable weights, then the others, over all layers of a nested model.

Source: tf_keras/src/saving/legacy/hdf5_format.py, load_weights_from_hdf5_group and _legacy_weights
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from kerasfmt import dtypes, ir
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.compile_config import optimizer_to_keras2
from kerasfmt.dialects.keras3 import keras3_to_keras2
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.dialects.versions import is_keras3
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedFormatError
from kerasfmt.formats.hdf5.stored import H5Model, open_model
from kerasfmt.formats.matching import Pair, assign, check_names, ordered_weights, pair, top_level_weights
from kerasfmt.ir.slots import slot_names

_FOREIGN_BACKENDS: Final = ("theano", "cntk")


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
      UnsupportedFormatError: it is not HDF5, or holds no Keras model, or weights only, or was written by
        Keras 1 or for Theano or CNTK.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, or points out of itself.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: its weights are not those of its layers.
      ImportError: h5py is not installed.
    """
    stored = open_model(source)
    check_dialect(stored.file, stored.keras_version, stored.backend)
    model = _build(stored, custom_objects)
    model.from_keras3 = is_keras3(stored.keras_version)
    _assign(model, stored)
    if compile and stored.training_config is not None:
        model.training_config = _training_config(model, stored)
    return model


def _training_config(model: ir.Model, stored: H5Model) -> ir.TrainingConfig:
    """The compile state; that of Keras 3 in the words of Keras 2."""
    config = dict(stored.training_config or {})
    found = ir.TrainingConfig(config, [_optimizer_variable(name, d) for name, d in stored.optimizer_weights])
    if not is_keras3(stored.keras_version) or not isinstance(config.get("optimizer_config"), Mapping):
        return found
    config["optimizer_config"] = optimizer_to_keras2(config["optimizer_config"])
    if len(found.variables) > 1 and found.variables[1].name.endswith("learning_rate"):
        found.learning_rate = found.variables.pop(1)
    slots = found.variables[1:]
    names = slot_names(found.optimizer_class, found.optimizer_config, model.trainable_weights, False)
    if len(names) == len(slots):
        for slot, name in zip(slots, names, strict=True):
            slot.name = name
    if found.variables:
        steps = found.variables[0]
        found.variables[0] = ir.Weight("iteration", (), dtypes.int64, trainable=False)
        found.variables[0].value = steps.numpy().astype("int64")
    return found


def _build(stored: H5Model, custom_objects: Mapping[str, Any] | None) -> ir.Model:
    """The model of the config, with fresh weights."""
    try:
        config = (
            keras3_to_keras2(stored.model_config) if is_keras3(stored.keras_version) else stored.model_config
        )
        return model_from_config(config, custom_objects=custom_objects)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        if isinstance(error, KerasfmtError):
            raise
        raise InvalidModelError(
            f"{stored.file}: model_config: no model can be built from it: {type(error).__name__}: {error}"
        ) from error


def check_dialect(file: str, keras_version: str | None, backend: str | None) -> None:
    """Refuses files whose weights are laid out in another way than Keras 2's.

    Raises:
      UnsupportedFormatError: Keras 1 wrote it, or it is for Theano or CNTK.
    """
    version = keras_version or "1"
    if version.split(".")[0] == "1":
        got = keras_version or "no version, as Keras 1 wrote it"
        raise UnsupportedFormatError(
            f"{file}: expected a file of Keras 2 or later, got {got}; load it with Keras 2 and save it again"
        )
    if backend in _FOREIGN_BACKENDS:
        raise UnsupportedFormatError(
            f"{file}: its kernels are laid out for the backend {backend}; "
            "load it with that Keras, convert the kernels, and save it with the TensorFlow backend"
        )


def _assign(model: ir.Model, stored: H5Model) -> None:
    """Gives every weight of the model its dataset; no weight and no dataset is left over."""
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    held = {name: datasets for name, datasets in stored.layers.items() if datasets}
    owners = [
        (f"layer {name} ({type(layer).__name__})", ordered_weights(layer), held.pop(name, []))
        for name, layer in layers.items()
    ]
    owners.append(("top level of the model", top_level_weights(model), stored.top_level))
    pairs: list[Pair] = []
    for owner, weights, datasets in owners:
        where = f"{stored.file}: {owner}"
        check_names(weights, datasets, where)
        pairs += pair(weights, datasets, where)
    for name, datasets in held.items():
        surplus = ", ".join(weight for weight, _ in datasets)
        raise InvalidModelError(
            f"{stored.file}: layer {name}: expected no weights, as the config has no layer of this name "
            f"that has weights; got {surplus}"
        )
    assign(pairs)


def _optimizer_variable(name: str, dataset: LazyDataset) -> ir.Weight:
    weight = ir.Weight(name.partition(":")[0], dataset.shape, dtypes.of(dataset.dtype), trainable=False)
    weight.value = dataset
    return weight
