"""From a model to an HDF5 file as Keras 2.15 writes it; see the package for the layout.

The order within a layer is Keras's: trainable weights, then the others, over all layers of a nested model.
A weight that two layers share, or a layer of two models, is written for both: the format
has no word for one of two places, and what is read has two of equal values. A layer that one model calls twice is
one layer. Groups are made in the order of the layers' names.

Source: keras/src/saving/legacy/hdf5_format.py and saving_utils.py (2.15)
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kerasfmt.containers.hdf5.guard import import_h5py
from kerasfmt.containers.hdf5.name_lists import name_attributes
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.errors import SaveError
from kerasfmt.formats.hdf5 import dialect
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import Model, Weight

KERAS_VERSION: Final = "2.15.0"
"""The Keras whose dialect is written."""
_BACKEND: Final = "tensorflow"
_TOP_LEVEL: Final = "top_level_model_weights"


@gc_paused()
def write(model: Model, target: str | os.PathLike[str] | Any, include_optimizer: bool = True) -> None:
    """Writes a whole model.

    Args:
      model: the model.
      target: a path at which there is no file yet, or an open h5py.File or group, which is left open. A
        group holds the model as the root of a file would.
      include_optimizer: whether to write the training config and the optimizer's state.

    Raises:
      InvalidModelError: names collide in the file, or are none that it can hold. Nothing is written.
      UnsupportedLayerError: Keras 2 has no such activation. Nothing is written.
      UnsupportedFormatError: a weight's dtype is none of HDF5's. Nothing is written.
      SaveError: the group holds a model already, or cannot be written. It is as it was.
      ImportError: h5py is not installed.
    """
    _write(model_tree(model, include_optimizer), target)


def write_weights(model: Model, target: str | os.PathLike[str] | Any) -> None:
    """Writes the weights of a model, as Keras's `save_weights` does.

    Args:
      model: the model.
      target: as for `write`.

    Raises:
      InvalidModelError: names collide in the file, or are none that it can hold. Nothing is written.
      UnsupportedFormatError: a weight's dtype is none of HDF5's. Nothing is written.
      SaveError: the group holds weights already, or cannot be written. It is as it was.
      ImportError: h5py is not installed.
    """
    tree = WritePlan(f"model {model.name}")
    _add_weights(tree, "", model)
    _write(tree, target)


def model_tree(model: Model, include_optimizer: bool) -> WritePlan:
    """What the file of a model holds.

    Raises:
      InvalidModelError: names collide, or are none that HDF5 can hold.
      UnsupportedLayerError: Keras 2 has no such activation.
      UnsupportedFormatError: a weight's dtype is none of HDF5's.
    """
    tree = WritePlan(f"model {model.name}")
    attributes = tree.attributes[""]
    attributes["keras_version"] = KERAS_VERSION
    attributes["backend"] = _BACKEND
    attributes["model_config"] = json.dumps(dialect.model_config(model)).encode()
    compiled = model.training_config if include_optimizer else None
    if compiled is not None:
        attributes["training_config"] = json.dumps(compiled.config).encode()
    tree.group("model_weights", "the group of the weights")
    _add_weights(tree, "model_weights", model)
    if compiled is not None and compiled.variables:
        group = tree.group("optimizer_weights", "the group of the optimizer")
        names = [f"{weight.name}:0" for weight in compiled.variables]
        group.update(name_attributes("weight_names", names, tree.name))
        for name, weight in zip(names, compiled.variables, strict=True):
            tree.dataset(f"optimizer_weights/{name}", weight, f"optimizer variable {weight.name}")
    return tree


def legacy_weights(layer: Any) -> list[Weight]:
    """The weights of a layer in the order of HDF5 files: the trainable ones, then the others.

    Source: keras/src/saving/legacy/hdf5_format.py, _legacy_weights
    """
    return list(dict.fromkeys(layer.trainable_weights + layer.non_trainable_weights))


def top_level_weights(model: Model) -> list[Weight]:
    """The weights of a model that belong to none of its layers."""
    held = {weight for layer in model.layers for weight in layer.weights}
    return [weight for weight in model.weights if weight not in held]


def _add_weights(tree: WritePlan, where: str, model: Model) -> None:
    """Adds a group for every layer, below the group `where`."""
    attributes = tree.attributes[where]
    prefix = f"{where}/" if where else ""
    attributes.update(name_attributes("layer_names", [layer.name for layer in model.layers], tree.name))
    attributes["backend"] = _BACKEND.encode()
    attributes["keras_version"] = KERAS_VERSION.encode()
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        _add_layer(tree, prefix + layer.name, legacy_weights(layer), f"layer {layer.name}")
    _add_layer(tree, prefix + _TOP_LEVEL, top_level_weights(model), "the group of the weights of no layer")


def _add_layer(tree: WritePlan, path: str, weights: Sequence[Weight], owner: str) -> None:
    group = tree.group(path, owner)
    names = [f"{weight.name}:0" for weight in weights]
    group.update(name_attributes("weight_names", names, f"{tree.name}: {owner}"))
    for name, weight in zip(names, weights, strict=True):
        tree.dataset(f"{path}/{name}", weight, f"{owner}: weight {weight.name}")


def _write(tree: WritePlan, target: Any) -> None:
    h5py = import_h5py()
    if not isinstance(target, h5py.Group):
        with h5py.File(Path(target), "w") as file:
            tree.write_to(file)
        return
    _refuse_occupied(tree, target)
    with _undone_if_it_fails(tree, target):
        tree.write_to(target)
        target.file.flush()


def _refuse_occupied(tree: WritePlan, group: Any) -> None:
    where = f"{group.file.filename}: {group.name}"
    if group.file.mode == "r":
        raise SaveError(
            f"{where}: expected a file open for writing, got one open for reading; open it with 'a'"
        )
    wanted = {path.partition("/")[0] for path in tree.attributes if path}
    taken = sorted(wanted & set(group))
    if taken:
        raise SaveError(
            f"{where}: holds {', '.join(taken[:5])} already; write to another group, or delete them first"
        )


@contextlib.contextmanager
def _undone_if_it_fails(tree: WritePlan, group: Any) -> Iterator[None]:
    """Takes out of an open group what was put into it if not all of it could be."""
    before = {key: group.attrs[key] for key in tree.attributes[""] if key in group.attrs}
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, RuntimeError, KeyError, ValueError):
            for name in {path.partition("/")[0] for path in (*tree.attributes, *tree.datasets) if path}:
                if name in group:
                    del group[name]
            for key in tree.attributes[""]:
                if key in before:
                    group.attrs[key] = before[key]
                elif key in group.attrs:
                    del group.attrs[key]
        raise
