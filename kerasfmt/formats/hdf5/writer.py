"""From a model to an HDF5 file as Keras 2.15 writes it, or in Keras 3's words; the package docstring shows the layout.

The order within a layer is Keras's: trainable weights, then the others, over all layers of a nested model. A weight
that two layers share, or a layer of two models, is written for both: the format cannot say that two places hold one
weight. What is read has two weights of equal values. A layer that one model calls twice is one layer. Groups are made
in the order of the layers' names.

Source: keras/src/saving/legacy/hdf5_format.py and saving_utils.py (2.15)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from kerasfmt.containers.hdf5 import writing
from kerasfmt.containers.hdf5.name_lists import name_attributes
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.dialects import keras2_hdf5, keras3, versions
from kerasfmt.dialects.versions import Dialect
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.hdf5 import layout
from kerasfmt.formats.matching import ordered_weights, top_level_weights, weights_by_layers
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import Layer, Model, Weight
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.ir.revived_model import refuse_revived

_BACKEND: Final = "tensorflow"


@gc_paused()
def write(
    model: Model,
    target: str | os.PathLike[str] | Any,
    include_optimizer: bool = True,
    progress: Progress = unheard,
    dialect: Dialect = "tf_keras",
) -> None:
    """Writes a whole model.

    Args:
      model: the model.
      target: a path at which there is no file yet, or an open h5py.File or group, which is left open. A
        group holds the model as the root of a file would.
      include_optimizer: whether to write the training config and the optimizer's state.
      progress: is told the bytes of weights that have been written, part by part.
      dialect: "tf_keras" for Keras 2, which Keras 3 reads too where it can; "keras3" for Keras 3 alone, without the
        training config.

    Raises:
      InvalidModelError: names collide in the file, or HDF5 cannot hold them. Nothing is written.
      UnsupportedLayerError: that Keras has no such layer, activation or optimizer; or a layer is known by its functions
        only. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's. Nothing is written.
      SaveError: the group holds a model already, or cannot be written. It is as it was.
      ImportError: h5py is not installed.
    """
    refuse_revived(model, "an HDF5 file", with_configs=True, with_models=True)
    writing.write(model_tree(model, include_optimizer, dialect), target, progress)


def write_weights(model: Model, target: str | os.PathLike[str] | Any) -> None:
    """Writes the weights of a model, as Keras's `save_weights` does.

    Args:
      model: the model.
      target: as for `write`.

    Raises:
      InvalidModelError: names collide in the file, or HDF5 cannot hold them. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's. Nothing is written.
      SaveError: the group holds weights already, or cannot be written. It is as it was.
      ImportError: h5py is not installed.
    """
    tree = WritePlan(f"model {model.name}")
    _add_weights(tree, "", model)
    writing.write(tree, target)


def model_tree(model: Model, include_optimizer: bool, dialect: Dialect = "tf_keras") -> WritePlan:
    """What the file of a model holds.

    Raises:
      InvalidModelError: names collide, or HDF5 cannot hold them.
      UnsupportedLayerError: Keras 2 has no such activation, or not the optimizer.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's.
    """
    _refuse_assets(model)
    tree = WritePlan(f"model {model.name}")
    attributes = tree.attributes[""]
    attributes[layout.KERAS_VERSION] = _version(model, dialect)
    attributes[layout.BACKEND] = _BACKEND
    attributes[layout.MODEL_CONFIG] = json.dumps(_config(model, dialect)).encode()
    compiled = None
    if include_optimizer and dialect == "tf_keras" and model.training_config is not None:
        from kerasfmt.dialects.compiled_objects import without_modules
        from kerasfmt.formats.compiled import built_state

        compiled = built_state(model)
        assert compiled is not None
        attributes[layout.TRAINING_CONFIG] = json.dumps(without_modules(compiled.config)).encode()
    tree.group(layout.MODEL_WEIGHTS, "the group of the weights")
    _add_weights(tree, layout.MODEL_WEIGHTS, model, dialect, weights_by_layers)
    if compiled is not None and compiled.variables:
        group = tree.group(layout.OPTIMIZER_WEIGHTS, "the group of the optimizer")
        names = [f"{weight.name}:0" for weight in compiled.variables]
        group.update(name_attributes(layout.WEIGHT_NAMES, names, tree.name))
        for name, weight in zip(names, compiled.variables, strict=True):
            tree.dataset(f"{layout.OPTIMIZER_WEIGHTS}/{name}", weight, f"optimizer variable {weight.name}")
    return tree


def _version(model: Model, dialect: Dialect) -> str:
    return versions.KERAS3 if dialect == "keras3" else versions.later_keras2(model.keras2_version)


def _config(model: Model, dialect: Dialect) -> dict[str, Any]:
    """What a file says of the model; Keras 3 takes an entry that states a module for another kind of file."""
    if dialect == "tf_keras":
        return keras2_hdf5.write_model(model)
    told = keras3.write_model(model)
    return {key: told[key] for key in ("class_name", "config")}


def _refuse_assets(model: Model) -> None:
    """Refuses what HDF5 has no place for."""
    for layer in every_layer(model):
        names = ", ".join(layer.assets())
        if names:
            raise UnsupportedLayerError(
                f"layer {layer.name} ({type(layer).__name__}): HDF5 has no place for {names}, which it learned; save "
                'the model with save_format="keras", "tf_keras" or "tf", or give the layer its vocabulary when it is '
                "made"
            )


def _add_weights(
    tree: WritePlan,
    where: str,
    model: Model,
    dialect: Dialect = "tf_keras",
    order: Callable[[Layer], list[Weight]] = ordered_weights,
) -> None:
    """Adds a group for every layer, below the group `where`, with its weights in the order that its reader has."""
    attributes = tree.attributes[where]
    prefix = f"{where}/" if where else ""
    attributes.update(name_attributes(layout.LAYER_NAMES, [layer.name for layer in model.layers], tree.name))
    attributes[layout.BACKEND] = _BACKEND.encode()
    attributes[layout.KERAS_VERSION] = _version(model, dialect).encode()
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        told = dialect == "keras3" and (layer.facts.weightless_in_keras3 or layer.weights_are_given)
        _add_layer(tree, prefix + layer.name, [] if told else order(layer), f"layer {layer.name}")
    _add_layer(
        tree, prefix + layout.TOP_LEVEL, top_level_weights(model), "the group of the weights of no layer"
    )


def _add_layer(tree: WritePlan, path: str, weights: Sequence[Weight], owner: str) -> None:
    group = tree.group(path, owner)
    names = [f"{weight.name}:0" for weight in weights]
    group.update(name_attributes(layout.WEIGHT_NAMES, names, f"{tree.name}: {owner}"))
    for name, weight in zip(names, weights, strict=True):
        tree.dataset(f"{path}/{name}", weight, f"{owner}: weight {weight.name}")
