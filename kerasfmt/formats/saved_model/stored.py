"""The contents of a SavedModel as its files state them; knows no layer classes.

    messages -> numbers -> objects

Keras's texts lie in keras_metadata.pb. Keras 2.2 to 2.4 put them into the objects themselves.

Source: tensorflow/python/saved_model/loader_impl.py, parse_saved_model;
tf_keras/src/saving/legacy/saved_model/load.py, load and _read_legacy_metadata
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from kerasfmt import limits, protos
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.checked_json import parse_object
from kerasfmt.containers.system_faults import system_fault
from kerasfmt.containers.tensorbundle.reader import Bundle, StoredTensor
from kerasfmt.errors import (
    CorruptFileError,
    GraphError,
    InvalidModelError,
    MissingFileError,
    UnsupportedFormatError,
)
from kerasfmt.files.steady import read_steadily
from kerasfmt.formats.checkpoint.layout import VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.object_records import ObjectRecord, decode_records, read_records
from kerasfmt.formats.format import Tags
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.metadata import LayerMetadata
from kerasfmt.gc_paused import gc_paused

_MessageT = TypeVar("_MessageT", bound=protos.Message)
_LARGEST: Final = 2**31 - 1
"""Bytes of the largest message of protobuf."""


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A SavedModel, with every variable still in its checkpoint.

    Attributes:
      directory: the path, which errors begin with.
      saved: saved_model.pb.
      texts: keras_metadata.pb; None where there is none.
      meta: the graph with its functions and signatures.
      objects: the objects, the root first; none in a SavedModel of TensorFlow 1.
      described: what Keras says of objects, by their numbers; nothing where Keras did not write it.
      variables: the checkpoint; None in a SavedModel without variables.
      checkpointed: the objects of the checkpoint.
    """

    directory: str
    saved: Any
    texts: Any
    meta: Any
    objects: Sequence[ObjectRecord]
    described: Mapping[int, LayerMetadata]
    variables: Bundle | None
    checkpointed: Sequence[ObjectRecord]

    @property
    def root(self) -> Place:
        """The object that was saved."""
        return Place(self, 0, ())

    @cached_property
    def assets(self) -> Sequence[Any]:
        """The file of each asset, and the tensor that holds its path: messages AssetFileDef."""
        return assets_of(self.meta, self.directory)

    def at(self, number: int) -> Place:
        """The object of a number, whatever path leads to it."""
        return Place(self, number, (f"(object {number})",))

    def captured(self, number: int, where: str) -> Place:
        """The object of a number among those that a function captures.

        Args:
          number: the number.
          where: what errors begin with.

        Raises:
          CorruptFileError: it is not there.
        """
        if not 0 <= number < len(self.objects):
            raise CorruptFileError(
                f"{where}: captures object {number}, which is not there; the file is damaged"
            )
        return self.at(number)

    @cached_property
    def _constants(self) -> Mapping[str, Any]:
        """The constants of the main graph by the names of their nodes."""
        nodes = self.meta.graph_def.node
        return {node.name: node.attr["value"].tensor for node in nodes if "value" in node.attr}

    def constant(self, operation: str, where: str) -> Any:
        """The message of a constant of the main graph.

        Args:
          operation: the name of its node.
          where: what errors begin with.

        Raises:
          GraphError: there is none of this name.
        """
        message = self._constants.get(operation)
        if message is None:
            raise GraphError(f"{where}: expected a constant {operation!r} in the graph, got none")
        return message

    @cached_property
    def checkpoint_numbers(self) -> Mapping[int, int]:
        """The number in the checkpoint of each object, by its number; each goes by the first path that leads to it.

        Source: tensorflow/python/checkpoint/restore.py, CheckpointPosition
        """
        if not (self.objects and self.checkpointed):
            return {}
        found, queue = {0: 0}, deque([0])
        while queue:
            number = queue.popleft()
            known = self.checkpointed[found[number]].children
            for name, child in self.objects[number].children.items():
                if child not in found and name in known:
                    found[child] = known[name]
                    queue.append(child)
        for number, each in enumerate(self.objects):
            for (original, slot), variable in each.slots.items():
                if number in found and original in found:
                    at = self.checkpointed[found[number]].slots.get((found[original], slot))
                    if at is not None:
                        found.setdefault(variable, at)
        return found


@dataclass(frozen=True)
class Place:
    """An object of a SavedModel.

    Attributes:
      stored: the SavedModel.
      number: its number among the objects.
      path: the names on the path from the root.
    """

    stored: StoredModel
    number: int
    path: tuple[str, ...]

    @property
    def object(self) -> ObjectRecord:
        """The object itself."""
        return self.stored.objects[self.number]

    @property
    def described(self) -> Mapping[str, Any]:
        """What Keras says of it."""
        found = self.stored.described.get(self.number)
        return {} if found is None else found.content

    @property
    def identifier(self) -> str:
        """By what TensorFlow restores it; empty for a variable or a function."""
        return str(self.object.message.user_object.identifier)

    @property
    def where(self) -> str:
        """What errors begin with: the file, and the path of the object."""
        return f"{self.stored.directory}: {'.'.join(('root', *self.path))}"

    def child(self, name: str) -> Place | None:
        """The child of a name; None if there is none."""
        number = self.object.children.get(name)
        return None if number is None else Place(self.stored, number, (*self.path, name))

    @property
    def children(self) -> dict[str, Place]:
        """The children by name, in their order."""
        # Several layers may lead to one object with many children.
        limits.spend(limits.EDGE_COST * len(self.object.children), self.where)
        return {
            name: Place(self.stored, number, (*self.path, name))
            for name, number in self.object.children.items()
        }

    @property
    def variables(self) -> list[Place]:
        """The children that are variables, each once."""
        return list({child.number: child for child in self.children.values() if child.is_variable}.values())

    def slot(self, original: Place, name: str) -> Place | None:
        """The variable that it keeps for another variable; None if there is none.

        Args:
          original: the other variable.
          name: the name of the slot.
        """
        number = self.object.slots.get((original.number, name))
        return None if number is None else Place(self.stored, number, (*self.path, name))

    @property
    def is_variable(self) -> bool:
        """Whether it is a variable."""
        return bool(self.object.message.WhichOneof("kind") == "variable")

    @property
    def variable(self) -> Any:
        """What is said of it as a variable."""
        return self.object.message.variable

    @property
    def tensor(self) -> StoredTensor:
        """The value of the variable.

        Raises:
          InvalidModelError: it is no variable, or the checkpoint has no value for it.
        """
        stored = self.stored
        number = stored.checkpoint_numbers.get(self.number)
        if not self.is_variable or number is None or stored.variables is None:
            raise InvalidModelError(f"{self.where}: expected a variable with a value, got none")
        key = stored.checkpointed[number].keys.get(VALUE_ATTRIBUTE, "")
        tensor = stored.variables.get(key)
        if tensor is None:
            raise InvalidModelError(
                f"{self.where}: expected its value in the checkpoint as {key!r}, got nothing"
            )
        return tensor


@gc_paused()
def open_saved_model(path: str | os.PathLike[str], tags: Tags = None) -> StoredModel:
    """What a SavedModel holds; its variables are read when they are used.

    Args:
      path: the directory.
      tags: the tags of the graph to read, exactly; by default the only graph, or the one with the tag `serve`.

    Raises:
      MissingFileError: there is no such directory, or a file of it is missing.
      UnsupportedFormatError: it is in text form, or has no graph with these tags.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it takes more memory than it may.
      SystemFaultError: the system cannot read it.
    """
    directory = Path(path)
    try:
        return read_steadily(directory, lambda: _open(directory, tags))
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: expected a SavedModel: {error}") from error
    except OSError as error:
        raise system_fault(error, str(path)) or error from error


def _open(directory: Path, tags: Tags) -> StoredModel:
    saved = read_message(protos.SavedModel, directory / layout.SAVED_MODEL)
    meta = _graph(saved, tags, str(directory / layout.SAVED_MODEL))
    where = f"{directory / layout.SAVED_MODEL}: object graph"
    nodes = meta.object_graph_def.nodes
    objects = decode_records(nodes, where) if nodes else ()
    variables, checkpointed = None, None
    if (directory / layout.VARIABLES_INDEX).exists():
        limits.allowance_for((directory / layout.VARIABLES_INDEX).stat().st_size)
        variables = tensorbundle.read(directory / layout.VARIABLES)
        checkpointed = read_records(variables)
    path = directory / layout.KERAS_METADATA
    texts = read_message(protos.KerasSavedMetadata, path) if objects and path.exists() else None
    if texts is None:
        described = _described_inside(objects, str(directory / layout.SAVED_MODEL))
    else:
        described = decode_metadata(texts.nodes, len(objects), str(path))
    return StoredModel(str(directory), saved, texts, meta, objects, described, variables, checkpointed or ())


def read_message(kind: type[_MessageT], path: Path) -> _MessageT:
    """A message that takes a whole file.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is the graph of a SavedModel, which is there in text form only.
      CorruptFileError: it is damaged.
      UnsafeFileError: it takes more memory than it may.
    """
    if not path.is_file():
        text = path.with_name(layout.SAVED_MODEL_TEXT)
        if path.name == layout.SAVED_MODEL and text.is_file():
            raise UnsupportedFormatError(
                f"{text}: a SavedModel in text form is not read; load it with TensorFlow and save it again"
            )
        raise MissingFileError(f"{path}: expected a file, got nothing")
    size = path.stat().st_size
    if size > _LARGEST:
        raise CorruptFileError(
            f"{path}: expected at most {_LARGEST:,} bytes, which a message may take, got {size:,}"
        )
    limits.allowance_for(size)
    return protos.parse(kind, path.read_bytes(), str(path))


def _graph(saved: Any, tags: Tags, where: str) -> Any:
    """The graph with these tags, or the only one.

    Source: tensorflow/python/saved_model/loader_impl.py, SavedModelLoader.get_meta_graph_def_from_tags
    """
    graphs = saved.meta_graphs
    if tags is None and len(graphs) == 1:
        return graphs[0]
    wanted = {layout.SERVE_TAG} if tags is None else {tags} if isinstance(tags, str) else set(tags)
    found = [meta for meta in graphs if set(meta.meta_info_def.tags) == wanted]
    if len(found) != 1:
        known = [sorted(meta.meta_info_def.tags) for meta in graphs]
        raise UnsupportedFormatError(
            f"{where}: expected one graph with the tags {sorted(wanted)}, got {len(found)} among {len(known)} with the "
            f"tags {str(known)[:200]}; name one by `tags`"
        )
    return found[0]


def assets_of(meta: Any, where: str) -> list[Any]:
    """The assets of a graph: messages AssetFileDef.

    Args:
      meta: the graph.
      where: what errors begin with.

    Raises:
      CorruptFileError: one of them is damaged.

    Source: tensorflow/python/saved_model/loader_impl.py, get_asset_tensors
    """
    if meta.asset_file_def or layout.ASSETS_COLLECTION not in meta.collection_def:
        return list(meta.asset_file_def)
    packed = meta.collection_def[layout.ASSETS_COLLECTION].any_list.value
    return [protos.parse(protos.AssetFileDef, each.value, f"{where}: an asset") for each in packed]


def _described_inside(objects: Sequence[ObjectRecord], where: str) -> dict[int, LayerMetadata]:
    """What Keras 2.2 to 2.4 says of objects, by their numbers."""
    found = {}
    for each in objects:
        user = each.message.user_object
        if user.metadata and user.identifier.startswith(layout.KERAS_IDENTIFIER):
            content = parse_object(user.metadata, f"{where}: object {each.number}")
            found[each.number] = LayerMetadata(each.number, "", user.identifier, content)
    return found


def decode_metadata(entries: Iterable[Any], count: int, where: str) -> dict[int, LayerMetadata]:
    """What Keras says of objects, by their numbers.

    Args:
      entries: the messages of keras_metadata.pb.
      count: the number of objects.
      where: what errors begin with.

    Raises:
      CorruptFileError: an entry is for no object, or is not JSON, or two are for one object.
      UnsafeFileError: it is nested too deeply, or longer than reading the file may cost.
      UnsupportedFormatError: only a newer Keras can read it.
    """
    found: dict[int, LayerMetadata] = {}
    for entry in entries:
        number = entry.node_id
        if not 0 <= number < count or number in found:
            raise CorruptFileError(
                f"{where}: expected one entry for each of {count} objects, got "
                f"{'another' if number in found else 'one'} for object {number}; the file is damaged"
            )
        if entry.version.min_consumer > layout.METADATA_PRODUCER:
            raise UnsupportedFormatError(
                f"{where}: object {number}: expected metadata of version {layout.METADATA_PRODUCER}, got metadata for "
                f"readers from version {entry.version.min_consumer} on; save the model with Keras 2"
            )
        content = parse_object(entry.metadata, f"{where}: object {number} ({entry.node_path})")
        found[number] = LayerMetadata(number, entry.node_path, entry.identifier, content)
    return found
