"""The file layer: what a Keras HDF5 file says, with every weight still in it. Knows no layer classes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from kerasfmt.containers.hdf5.dataset import MAX_EXPANSION, LazyDataset
from kerasfmt.containers.hdf5.guard import Node, parse_config
from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    UnsupportedFormatError,
)

_TOP_LEVEL: Final = "top_level_model_weights"
_MAX_NAMED: Final = 5
_OBJECTS: Final = ("layers", "_layer_checkpoint_dependencies", "vars", "optimizer")
"""Members of the root of a file in the layout of `.weights.h5`; see kerasfmt/formats/keras_archive/weights.py."""

NamedDatasets: TypeAlias = list[tuple[str, LazyDataset]]


@dataclass(frozen=True)
class H5Model:
    """A Keras model as its HDF5 file states it.

    Attributes:
      file: what errors call the file.
      model_config: class name and config of the model, in the dialect of the Keras that wrote it.
      training_config: losses, metrics and optimizer; None where the model was not compiled.
      keras_version: version of the Keras that wrote the file; None where the file does not say.
      backend: that Keras's backend.
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


@dataclass(frozen=True)
class H5Weights:
    """The weights that an HDF5 file holds, of a whole model or of one without its config.

    Attributes:
      file: what errors call the file.
      keras_version: version of the Keras that wrote the file; None where the file does not say.
      backend: that Keras's backend.
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
      UnsafeFileError: it points out of itself, or is nested beyond all measure.
      InvalidModelError: it names layers or weights that it does not hold.
      ImportError: h5py is not installed.
    """
    with opened(source) as found:
        return _read_model(*found)


def open_weights(source: str | os.PathLike[str] | Any) -> H5Weights:
    """The weights in an HDF5 file, of `save_weights` or of a whole model; they are read when they are used.

    Args:
      source: a path, or an open h5py.File or group.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5, or holds no weights in the layout of Keras 2.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it points out of itself.
      InvalidModelError: it names layers or weights that it does not hold.
      ImportError: h5py is not installed.
    """
    with opened(source) as (root, file, descriptor):
        weights = root
        if not (root.has_attribute("layer_names") or root.has_attribute("layer_names0")):
            if root.find("model_weights") is None:
                raise _no_weights(root)
            weights = root.group("model_weights")
        reader = _Reader(weights, file, descriptor)
        layers, top = _read_layers(weights, reader)
        reader.check_total()
        return H5Weights(root.file, weights.text("keras_version"), weights.text("backend"), layers, top)


def holds_object_paths(source: str | os.PathLike[str] | Any) -> bool:
    """Whether an HDF5 file holds weights in the layout of `.weights.h5`, and not in that of Keras 2's `.h5`.

    Args:
      source: a path, or an open h5py.File or group.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5.
      CorruptFileError: it is damaged or truncated.
      ImportError: h5py is not installed.
    """
    with opened(source) as (root, _, _):
        if root.has_attribute("layer_names") or root.has_attribute("layer_names0"):
            return False
        members = root.member_names(_MAX_NAMED + 1)
        return "model_weights" not in members and any(name in members for name in _OBJECTS)


def _read_model(root: Node, file: Any, descriptor: int | None) -> H5Model:
    name = root.file
    text = root.text("model_config")
    if text is None:
        raise _no_model(root)
    model_config = parse_config(text, f"{name}: model_config")
    training = root.text("training_config")
    weights = root.group("model_weights")
    reader = _Reader(weights, file, descriptor)
    layers, top = _read_layers(weights, reader)
    optimizer = root.find("optimizer_weights")
    model = H5Model(
        file=name,
        model_config=model_config,
        training_config=None if training is None else parse_config(training, f"{name}: training_config"),
        keras_version=weights.text("keras_version") or root.text("keras_version"),
        backend=weights.text("backend") or root.text("backend"),
        layers=layers,
        top_level=top,
        optimizer_weights=reader.datasets(optimizer, "optimizer") if optimizer else [],
    )
    reader.check_total()
    return model


def _read_layers(weights: Node, reader: _Reader) -> tuple[dict[str, NamedDatasets], NamedDatasets]:
    """The weights by layer name, and those of no layer."""
    names = _layer_names(weights)
    layers = {layer: reader.datasets(weights.group(layer), f"layer {layer}") for layer in names}
    if _TOP_LEVEL in layers or not weights.find(_TOP_LEVEL):
        return layers, []
    return layers, reader.datasets(weights.group(_TOP_LEVEL), "top level")


def _no_model(root: Node) -> UnsupportedFormatError:
    """The error for a file without a model config, which says what the file does hold."""
    names = root.names("layer_names")
    if names is not None:
        held = f"only the weights of {len(names)} layers ({_some(names)})"
    else:
        members = root.member_names(_MAX_NAMED + 1)
        if any(name in members for name in _OBJECTS):
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
    names = weights.names("layer_names")
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


class _Reader:
    """Admits the datasets of one file, and keeps count of their bytes."""

    def __init__(self, weights: Node, file: Any, descriptor: int | None) -> None:
        self._file = file
        self._descriptor = descriptor
        self._weights = weights
        self._stored = 0
        self._size = 0

    def datasets(self, group: Node, owner: str) -> NamedDatasets:
        """The datasets that a group's weight_names names, in that order."""
        found: NamedDatasets = []
        parents: dict[str, Node | None] = {}
        for name in group.names("weight_names") or []:
            path, _, leaf = name.rpartition("/")
            if path and path not in parents:
                parents[path] = group.find(path)
            parent = parents.get(path)
            node = parent.find(leaf) if parent else group.find(name)
            if node is None:
                raise InvalidModelError(
                    f"{group.where}: {owner}: weight {name}: expected a dataset, got none; "
                    "the file is incomplete"
                )
            dataset = LazyDataset(node, self._file, self._descriptor)
            self._stored += dataset.stored_size
            self._size += dataset.nbytes
            found.append((name, dataset))
        return found

    def check_total(self) -> None:
        """Refuses a file that shows the same bytes again and again as different weights."""
        if self._stored > self._weights.file_size or self._size > MAX_EXPANSION * self._weights.file_size:
            raise CorruptFileError(
                f"{self._weights.file}: its weights claim {self._stored} bytes of a file of "
                f"{self._weights.file_size}; several weights share the same bytes"
            )
