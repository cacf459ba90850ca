"""The contents of a Keras HDF5 file, with every weight still in it; knows no layer classes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from kerasfmt.containers.checked_json import parse_object
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.guard import Node
from kerasfmt.containers.hdf5.opening import OpenFile, opened
from kerasfmt.errors import CorruptFileError, InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.hdf5 import layout
from kerasfmt.formats.keras_archive.layout import ROOT_MEMBERS
from kerasfmt.typing import record

_MAX_NAMED: Final = 5

NamedDatasets: TypeAlias = list[tuple[str, LazyDataset]]


@record(frozen=True, eq=False, repr=False)
class H5Model:
    """A Keras model as its HDF5 file states it.

    Attributes:
      file: what errors call the file.
      model_config: class name and config of the model, in the dialect of the Keras that wrote it.
      training_config: losses, metrics and optimizer; None where the model was not compiled.
      keras_version: version of the Keras that wrote the file; None where the file does not say.
      backend: the backend of that Keras.
      layers: weights by layer name, layers and weights in the order of the file. A layer without weights
        has an empty list; a nested model is one layer.
      top_level: weights that belong to no layer.
      optimizer_weights: the optimizer's variables, in order.
    """

    file: str
    model_config: dict[str, Any]
    training_config: dict[str, Any] | None
    keras_version: str | None
    backend: str | None
    layers: Mapping[str, NamedDatasets]
    top_level: NamedDatasets
    optimizer_weights: NamedDatasets


@record(frozen=True, eq=False, repr=False)
class H5Weights:
    """The weights in an HDF5 file, whether or not it also holds the config of the model.

    Attributes:
      file: what errors call the file.
      keras_version: version of the Keras that wrote the file; None where the file does not say.
      backend: the backend of that Keras.
      layers: weights by layer name, layers and weights in the order of the file.
      top_level: weights that belong to no layer.
    """

    file: str
    keras_version: str | None
    backend: str | None
    layers: Mapping[str, NamedDatasets]
    top_level: NamedDatasets


def open_model(source: str | os.PathLike[str] | Any) -> H5Model:
    """The model in an HDF5 file; its weights are read when they are used.

    Args:
      source: a path, or an open h5py.File.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5, or holds no Keras model, or weights only.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it points out of itself, or is nested too deeply.
      InvalidModelError: it names layers or weights that it does not hold.
      ImportError: h5py is not installed.
    """
    with opened(source) as file:
        return _read_model(file)


def holds_model(source: str | os.PathLike[str] | Any) -> bool:
    """Whether an HDF5 file states a model, not weights alone.

    Args:
      source: a path, or an open h5py.File.

    Raises:
      KerasfmtError: as `open_model` does.
    """
    with opened(source) as file:
        return file.root.has_attribute(layout.MODEL_CONFIG) or not (
            has_layer_names(file.root) or file.root.find(layout.MODEL_WEIGHTS)
        )


def open_weights(source: str | os.PathLike[str] | Any) -> H5Weights:
    """The weights in an HDF5 file, of `save_weights` or of a whole model; they are read when they are used.

    Args:
      source: a path, or an open h5py.File or group.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5, or holds no weights in the layout of Keras 2.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it links to another file.
      InvalidModelError: it names layers or weights that it does not hold.
      ImportError: h5py is not installed.
    """
    with opened(source) as file:
        root = weights = file.root
        if not has_layer_names(root):
            if root.find(layout.MODEL_WEIGHTS) is None:
                raise _no_weights(root)
            weights = root.group(layout.MODEL_WEIGHTS)
        layers, top = _read_layers(weights, file)
        file.check_total()
        version, backend = weights.text(layout.KERAS_VERSION), weights.text(layout.BACKEND)
        return H5Weights(root.file, version, backend, layers, top)


def has_layer_names(group: Node) -> bool:
    """Whether a group lists the layers whose weights it holds."""
    return group.has_attribute(layout.LAYER_NAMES) or group.has_attribute(f"{layout.LAYER_NAMES}0")


def _read_model(file: OpenFile) -> H5Model:
    root = file.root
    name = root.file
    text = root.text(layout.MODEL_CONFIG)
    if text is None:
        raise _no_model(root)
    model_config = parse_object(text, f"{name}: {layout.MODEL_CONFIG}")
    training = root.text(layout.TRAINING_CONFIG)
    weights = root.group(layout.MODEL_WEIGHTS)
    layers, top = _read_layers(weights, file)
    optimizer = root.find(layout.OPTIMIZER_WEIGHTS)
    model = H5Model(
        file=name,
        model_config=model_config,
        training_config=None
        if training is None
        else parse_object(training, f"{name}: {layout.TRAINING_CONFIG}"),
        keras_version=weights.text(layout.KERAS_VERSION) or root.text(layout.KERAS_VERSION),
        backend=weights.text(layout.BACKEND) or root.text(layout.BACKEND),
        layers=layers,
        top_level=top,
        optimizer_weights=_datasets(file, optimizer, "optimizer") if optimizer else [],
    )
    file.check_total()
    return model


def _read_layers(weights: Node, file: OpenFile) -> tuple[dict[str, NamedDatasets], NamedDatasets]:
    """The weights by layer name, and the weights that belong to no layer."""
    layers: dict[str, NamedDatasets] = {}
    seen: set[int] = set()
    for layer in _layer_names(weights):
        group = weights.group(layer)
        if group.address in seen:
            raise CorruptFileError(
                f"{group.where}: is reached by two paths; expected a group for each layer, as Keras writes it"
            )
        seen.add(group.address)
        layers[layer] = _datasets(file, group, f"layer {layer}")
    if layout.TOP_LEVEL in layers or not weights.find(layout.TOP_LEVEL):
        return layers, []
    return layers, _datasets(file, weights.group(layout.TOP_LEVEL), "top level")


def _no_model(root: Node) -> UnsupportedFormatError:
    """The error for a file without a model config; it says what the file does hold."""
    names = root.names(layout.LAYER_NAMES)
    if names is not None:
        held = f"only the weights of {len(names)} layers ({_some(names)})"
    else:
        members = root.member_names(_MAX_NAMED + 1)
        if any(name in members for name in ROOT_MEMBERS):
            held = "only weights, in the layout of .weights.h5"
        elif members:
            return UnsupportedFormatError(
                f"{root.file}: an HDF5 file, but not a Keras model: expected an attribute model_config at "
                f"its root, got none; the file holds {_some(members)}"
            )
        else:
            return UnsupportedFormatError(f"{root.file}: an HDF5 file without a Keras model: it is empty")
    return UnsupportedFormatError(
        f"{root.file}: holds {held} and no model_config, so the model cannot be rebuilt from it; "
        "save the whole model with model.save(), or build the model and load the weights into it"
    )


def _no_weights(root: Node) -> UnsupportedFormatError:
    members = root.member_names(_MAX_NAMED + 1)
    return UnsupportedFormatError(
        f"{root.file}: expected the weights of a Keras model (an attribute layer_names, or a group "
        f"model_weights), got {_some(members) if members else 'an empty file'}"
    )


def _some(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more


def _layer_names(weights: Node) -> list[str]:
    names = weights.names(layout.LAYER_NAMES)
    if names is None:
        raise InvalidModelError(f"{weights.where}: expected an attribute layer_names, got none")
    return _distinct(weights, "layer", names)


def _distinct(node: Node, kind: str, names: list[str]) -> list[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidModelError(f"{node.where}: two {kind}s are called {name!r}; rename one")
        seen.add(name)
    return names


def _datasets(file: OpenFile, group: Node, owner: str) -> NamedDatasets:
    """The datasets that a group's weight_names names, in that order."""
    found: NamedDatasets = []
    parents: dict[str, Node | None] = {}
    for name in group.names(layout.WEIGHT_NAMES) or []:
        path, _, leaf = name.rpartition("/")
        if path and path not in parents:
            parents[path] = group.find(path)
        parent = parents.get(path)
        node = parent.find(leaf) if parent else group.find(name)
        if node is None:
            raise InvalidModelError(
                f"{group.where}: {owner}: weight {name}: expected a dataset, got none; the file is incomplete"
            )
        found.append((name, file.dataset(node)))
    return found
