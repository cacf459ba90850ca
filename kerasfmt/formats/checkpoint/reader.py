"""Opens a checkpoint: the arrays of its TensorBundle by name, its object graph, and the state file that names it.

    by objects    Keras's `save_weights`, `tf.train.Checkpoint`, the variables of a SavedModel: names are paths in the
                  object graph, which is stored under `_CHECKPOINTABLE_OBJECT_GRAPH`
    by names      `tf.compat.v1.train.Saver`: names are those of the variables; there is no object graph

Source: tensorflow/python/checkpoint/checkpoint.py; tensorflow/python/training/saver.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.errors import (
    KerasfmtError,
    MissingFileError,
    SystemFaultError,
    UnsupportedFormatError,
)
from kerasfmt.files.steady import read_steadily
from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY
from kerasfmt.formats.checkpoint.object_records import read_records
from kerasfmt.formats.checkpoint.prefixes import is_index, is_unnamed, unnamed_prefix
from kerasfmt.formats.checkpoint.state_file import CheckpointState, read_state
from kerasfmt.formats.checkpoint.stored import StoredObject, linked
from kerasfmt.limits import MAX_EXPANSION, allowance_for, limited
from kerasfmt.typing import override

_SHOWN: Final = 5
_SEPARATORS: Final = tuple({os.sep, os.altsep or os.sep})


def open_checkpoint(
    path: str | os.PathLike[str], *, verify: bool = True, max_expansion: float = MAX_EXPANSION
) -> Checkpoint:
    """The TensorFlow checkpoint at a path: a mapping of names to arrays, and the tree of its objects.

    Nothing but the index and the object graph is read; an array is read when it is used.

    Args:
      path: the prefix of a checkpoint, `ckpt` for `ckpt.index` and `ckpt.data-00000-of-00001`; or a directory with a
        file `checkpoint`, whose latest checkpoint is opened; or the directory of a SavedModel. TensorFlow 1 saves at a
        prefix without a name too, `run/` for `run/.index`; it is opened by `run/.index`, or by the text `"run/"`.
      verify: whether an array's checksum is verified when it is first read.
      max_expansion: how many times its size the index may take in memory, as in `load_model`.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
      >>> kerasfmt.save_weights(model, "training/ckpt", save_format="tf")
      >>> checkpoint = kerasfmt.open_checkpoint("training")
      >>> checkpoint["layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"].shape
      (3, 2)
      >>> checkpoint.root.children["layer-0"].children["kernel"].path
      'layer_with_weights-0/kernel'

    Raises:
      MissingFileError: there is no checkpoint; a FileNotFoundError.
      UnsupportedFormatError: it is of another format, or of a newer version.
      CorruptFileError: the index, the object graph or the file `checkpoint` is damaged.
      UnsafeFileError: the file `checkpoint` names something outside of its directory, or the object graph takes more
        memory than it may.
      SystemFaultError: the system cannot read it; an OSError.
    """
    text = os.fspath(path)
    unnamed = Path(text, layout.INDEX)
    with limited(max_expansion):
        return open_at(unnamed if text.endswith(_SEPARATORS) and unnamed.is_file() else Path(text), verify)


def open_at(path: Path, verify: bool = True) -> Checkpoint:
    """The checkpoint at a path, as `open_checkpoint` does, within the limits of the caller."""
    if is_unnamed(path):
        return _open(unnamed_prefix(path), verify, None)
    if is_index(path):
        return _open(str(path), verify, None)
    if not path.is_dir():
        raise _not_a_checkpoint(path)
    if is_index(path / layout.VARIABLES):
        return _open(str(path / layout.VARIABLES), verify, None)

    def latest() -> Checkpoint:
        state = read_state(path)
        if not is_index(Path(state.latest)):
            raise MissingFileError(
                f"{path / layout.STATE}: names the checkpoint {state.latest}, which is not there; open another one "
                f"by its prefix{_prefixes(path)}"
            )
        return _open(state.latest, verify, state)

    if not (path / layout.STATE).is_file():
        raise MissingFileError(
            f"{path}: a directory without a file called {layout.STATE}; open a checkpoint by its "
            f"prefix{_prefixes(path)}"
        )
    return read_steadily(path / layout.STATE, latest)


class Checkpoint(Mapping[str, StoredTensor]):
    """A checkpoint that is open for reading: names to arrays. A name is a path in the object graph, or a variable's.

    Attributes:
      prefix: the path of its files without their endings.
      root: the object that was saved; None if the checkpoint has no object graph.
      objects: all objects in the order of their numbers, the root first.
      state: what the file `checkpoint` of its directory says, if it was opened by it.
    """

    def __init__(
        self,
        tensors: tensorbundle.Bundle,
        objects: list[StoredObject],
        state: CheckpointState | None,
    ) -> None:
        self.prefix = tensors.prefix
        self.objects = tuple(objects)
        self.root = objects[0] if objects else None
        self.state = state
        self._tensors = tensors

    @override
    def __getitem__(self, name: str) -> StoredTensor:
        return self._tensors[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    @override
    def __len__(self) -> int:
        return len(self._tensors)

    @override
    def __repr__(self) -> str:
        return f"Checkpoint({self.prefix!r}, {len(self)} tensors, {len(self.objects)} objects)"

    def verify(self) -> None:
        """Verifies the checksum of every array.

        Raises:
          CorruptFileError: an array is damaged; the error names the first one.
        """
        self._tensors.verify()


def _open(prefix: str, verify: bool, state: CheckpointState | None) -> Checkpoint:
    index = f"{prefix}{layout.INDEX}"
    try:
        allowance_for(os.path.getsize(index))
        tensors = tensorbundle.read(prefix, verify=verify)
    except OSError as error:
        if isinstance(error, KerasfmtError):
            raise
        if isinstance(error, FileNotFoundError):
            raise MissingFileError(f"{index}: expected a checkpoint, got nothing: no such file") from error
        raise SystemFaultError(f"{index}: cannot be read: {error.strerror}") from error
    records = read_records(tensors)
    objects = [] if records is None else linked(records, f"{prefix}: {OBJECT_GRAPH_KEY}")
    return Checkpoint(tensors, objects, state)


def _not_a_checkpoint(path: Path) -> KerasfmtError:
    if path.name.endswith(layout.INDEX) and path.is_file():
        prefix = path.name.removesuffix(layout.INDEX)
        return UnsupportedFormatError(
            f"{path}: is the index of a checkpoint; name the checkpoint by its prefix, {prefix}"
        )
    if path.exists():
        return UnsupportedFormatError(
            f"{path}: expected the prefix of a checkpoint, or a directory, got a file"
        )
    return MissingFileError(
        f"{path}: expected a checkpoint, got nothing: no such file as {path.name}{layout.INDEX}"
    )


def _prefixes(directory: Path) -> str:
    """The prefixes in a directory, for errors."""
    found = directory.glob(f"*{layout.INDEX}")
    names = sorted(e.name.removesuffix(layout.INDEX) or layout.INDEX for e in found)
    shown = ", ".join(names[:_SHOWN])
    return f": {shown}{', ...' if len(names) > _SHOWN else ''}" if names else ""
