"""What is attacked: savers of every format, and readers that say which save they see.

A save has a number, which stands in every part of what it writes: in the name of the model and in each weight.
A reader looks at every part. It gives the number, or says that parts of two saves are together.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unittest import mock

import numpy as np

import kerasfmt
from kerasfmt import ir, protos
from kerasfmt.files import commit, staging
from kerasfmt.files.steady import read_steadily
from kerasfmt.formats import saved_model
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.fingerprint import fingerprint

WIDTH = 24
_PATIENCE = 20
"""How often a save is begun and abandoned, to put back what a killed one moved away."""


def _name_of(target: Path) -> set[str]:
    return {target.name}


class NotWhole(Exception):
    """What was read is no whole save."""


@dataclass(frozen=True)
class Saver:
    """A way to save, and to read what was saved.

    Attributes:
      name: of the format.
      target: the name of the file or directory, or the prefix of names.
      save: writes the save of this number to a path.
      read: the number of the save at a path, every part of which was looked at. Raises FileNotFoundError if there
        is nothing, and any other error if it is not whole.
      parts: the names beside a path that belong to what stands there.
      is_directory: whether a save is a directory.
    """

    name: str
    target: str
    save: Callable[[Path, int], None]
    read: Callable[[Path], int]
    parts: Callable[[Path], set[str]] = _name_of
    is_directory: bool = False

    def debris(self, directory: Path) -> list[str]:
        """The names in a directory that do not belong to the save there."""
        return sorted(set(os.listdir(directory)) - self.parts(directory / self.target))


@lru_cache
def model(number: int) -> ir.Model:
    """A small model with this number in its name and in every weight."""
    made = _empty(f"save_{number}")
    for weight in made.weights:
        weight.value = np.full(weight.shape, number, "float32")
    return made


def _empty(name: str | None = None) -> ir.Model:
    layers = [kerasfmt.layers.Dense(WIDTH, name=f"dense_{index}") for index in range(3)]
    return kerasfmt.Sequential([kerasfmt.Input((WIDTH,)), *layers], name=name)


def _number_in(read: ir.Model) -> int:
    return _same([*(np.asarray(weight.value) for weight in read.weights)])


def _same(arrays: list[np.ndarray]) -> int:
    """The number of which all elements of all arrays consist."""
    numbers = {float(number) for array in arrays for number in np.unique(array)}
    if len(numbers) != 1:
        raise NotWhole(f"weights of several saves: {sorted(numbers)}")
    return int(numbers.pop())


def _read_model(path: Path) -> int:
    found = kerasfmt.load_model(path)
    number = _number_in(found)
    if found.name != f"save_{number}":
        raise NotWhole(f"config of {found.name}, weights of save {number}")
    return number


def _read_weights(path: Path) -> int:
    target = _empty()
    kerasfmt.load_weights(target, path)
    return _number_in(target)


def _read_saved_model(path: Path) -> int:
    """The number in a SavedModel, which may be replaced while its files are opened one by one."""
    return read_steadily(path, lambda: _number_of_saved_model(path))


def _number_of_saved_model(path: Path) -> int:
    """The parts of a SavedModel are tied together by its fingerprint, and by the numbers that they hold."""
    data = (path / layout.SAVED_MODEL).read_bytes()
    index = (path / layout.VARIABLES_INDEX).read_bytes()
    stored = (path / layout.FINGERPRINT).read_bytes()
    metadata = (path / layout.KERAS_METADATA).read_bytes()
    tensors = kerasfmt.tensorbundle.read(path / layout.VARIABLES)
    number = _same([np.asarray(tensors[key]) for key in tensors if key != OBJECT_GRAPH_KEY])
    saved = protos.SavedModel.FromString(data)
    if fingerprint(saved, data, index) != protos.FingerprintDef.FromString(stored):
        raise NotWhole("fingerprint.pb is of another save than saved_model.pb and variables.index")
    if f'"save_{number}"'.encode() not in metadata:
        raise NotWhole(f"keras_metadata.pb is of another save than the weights of save {number}")
    return number


def _save_model(path: Path, number: int) -> None:
    kerasfmt.save_model(model(number), path)


class _AbandonedError(Exception):
    pass


def _save_in_two_renames(path: Path, number: int) -> None:
    """As on Windows, which exchanges no directories and has no descriptors of them."""
    with (
        mock.patch.object(commit, "exchange", return_value=False),
        mock.patch.object(staging, "_HAS_DESCRIPTORS", False),
    ):
        _save_model(path, number)


def _read_between_renames(path: Path) -> int:
    """The number in a SavedModel; if there is nothing for a moment, or a killed save left nothing, once it is back."""
    for _ in range(_PATIENCE):
        try:
            return _read_saved_model(path)
        except FileNotFoundError:
            with (
                contextlib.suppress(_AbandonedError),
                commit.replace_directory(path, saved_model.FORMAT.contents),
            ):
                raise _AbandonedError from None
    return _read_saved_model(path)


def _save_tf_keras(path: Path, number: int) -> None:
    kerasfmt.save_model(model(number), path, save_format="tf_keras")


def _save_weights(path: Path, number: int) -> None:
    kerasfmt.save_weights(model(number), path)


def _save_shards(path: Path, number: int) -> None:
    kerasfmt.save_weights(model(number), path, max_shard_size=4 * WIDTH * WIDTH / (1 << 30))


def _shards(path: Path) -> set[str]:
    """The map, the shards that it names, and the file that Keras opens first."""
    named = json.loads(path.read_text())["weight_map"].values()
    shards = {name for names in named for name in (names if isinstance(names, list) else [names])}
    return {path.name, *shards, path.name.replace(".weights.json", "_00000.weights.h5")}


def _save_checkpoint(prefix: Path, number: int) -> None:
    tensors = [(weight.name, weight.value) for weight in model(number).weights]
    kerasfmt.tensorbundle.write(prefix, tensors, num_shards=2)


def _read_checkpoint(prefix: Path) -> int:
    return _same([np.asarray(tensor) for tensor in kerasfmt.tensorbundle.read(prefix).values()])


def _checkpoint(prefix: Path) -> set[str]:
    """The names that TensorFlow gives the files of a checkpoint of two shards."""
    return {f"{prefix.name}.{end}" for end in ("index", "data-00000-of-00002", "data-00001-of-00002")}


SAVERS: tuple[Saver, ...] = (
    Saver("tf", "model", _save_model, _read_saved_model, is_directory=True),
    Saver("tf in two renames", "model", _save_in_two_renames, _read_between_renames, is_directory=True),
    Saver("h5", "model.h5", _save_model, _read_model),
    Saver("keras", "model.keras", _save_model, _read_model),
    Saver("tf_keras", "model.keras", _save_tf_keras, _read_model),
    Saver("h5 weights", "weights.h5", _save_weights, _read_weights),
    Saver("weights.h5", "model.weights.h5", _save_weights, _read_weights),
    Saver("shards", "model.weights.json", _save_shards, _read_weights, _shards),
    Saver("npz", "weights.npz", _save_weights, _read_weights),
    Saver("checkpoint", "ckpt", _save_checkpoint, _read_checkpoint, _checkpoint),
)


@contextlib.contextmanager
def scratch_directory(long: bool) -> Iterator[Path]:
    """A directory for one attack; for a short one it is in memory, if the system has such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() and not long else None) as name:
        yield Path(os.path.realpath(name))


def warm(saver: Saver, scratch: Path) -> None:
    """Saves and reads once, so that a child of this process imports nothing."""
    path = scratch / f"warm-{saver.target}"
    for number in (1, 2, 3):
        saver.save(path, number)
        assert saver.read(path) == number
