"""The files of weights in shards, as a set: written and replaced together, and never read with those of another set.

    name.weights.json            the map; replacing it is the save
    name_00000.weights.h5, ...   the shards of a save into a place without shards, with Keras's names
    name.1_00000.weights.h5      the shards of the next save, and so on: no save uses a name that is there already
    name_00000.weights.h5        from then on a file without weights: Keras opens it before it reads the map

A reader that finds a shard gone, because the map has been replaced meanwhile, begins anew. A save removes the shards of
the map that it replaces, and those that killed saves left.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from kerasfmt.containers.checked_json import decode, parse_object
from kerasfmt.containers.hdf5 import writing
from kerasfmt.containers.hdf5.opening import OpenFile, opened
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.zip.reader import MAX_JSON_SIZE
from kerasfmt.errors import CorruptFileError, KerasfmtError, MissingFileError, UnsafeFileError
from kerasfmt.files.parts import replace_parts
from kerasfmt.files.steady import read_steadily
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.sharding import CRC32C, Sharded

T = TypeVar("T")

_MAX_SHARDS: Final = 4096
_MAX_NAME: Final = 255
"""Bytes of the name of a file, as file systems have them."""
_NEW_MAP, _NO_WEIGHTS = "map", "no weights"
"""Names in the staging directory; shards are called by their numbers there."""


# Writing.


def write(sharded: Sharded, path: Path, flush: bool) -> None:
    """Writes a map and its shards, in the place of older ones or of nothing.

    Args:
      sharded: the weights.
      path: the path of the map.
      flush: whether everything is on the disk before the old map goes.

    Raises:
      SaveError: something cannot be written. Everything is as it was.
    """
    with replace_parts(path, _named_by, flush=flush) as parts:
        checksums = [
            writing.write(plan, parts.directory / str(place)) for place, plan in enumerate(sharded.plans)
        ]
        first = _name(parts.head, 0, 0)
        parts.wait()
        for generation in itertools.count(_next_generation(parts.head)):
            names = [_name(parts.head, generation, place) for place in range(len(sharded.plans))]
            if parts.place({str(place): name for place, name in enumerate(names)}):
                break
        writing.write(WritePlan(str(path)), parts.directory / _NO_WEIGHTS)
        is_new = parts.place({_NO_WEIGHTS: first})  # somebody has removed it
        (parts.directory / _NEW_MAP).write_bytes(sharded.weight_map(names, checksums))
        free = parts.left.keys() - {*names}
        with contextlib.suppress(OSError, KerasfmtError):
            free |= _shards_of(parts.head) - {*names}
        parts.replace_head(_NEW_MAP)
        if first in free and not is_new:
            parts.replace_part(_NO_WEIGHTS, first)


def _name(map_path: Path, generation: int, place: int) -> str:
    number = f".{generation}" if generation else ""
    return f"{_stem(map_path)}{number}_{place:05}{layout.WEIGHTS_SUFFIX}"


def _stem(map_path: Path) -> str:
    return map_path.name.removesuffix(layout.MAP_SUFFIX)


def _generations(map_path: Path) -> dict[str, int]:
    """The files beside a map with names of its shards, and the number of the save in each name."""
    form = re.compile(re.escape(_stem(map_path)) + r"(?:\.(\d+))?_\d{5,}" + re.escape(layout.WEIGHTS_SUFFIX))
    found = {name: form.fullmatch(name) for name in os.listdir(map_path.parent)}
    return {name: int(match[1] or 0) for name, match in found.items() if match}


def _next_generation(map_path: Path) -> int:
    return max(_generations(map_path).values(), default=-1) + 1


def _shards_of(map_path: Path) -> set[str]:
    """The files with names of its shards that a map names.

    Raises:
      KerasfmtError: it is damaged.
      OSError: it cannot be read.
    """
    return names_in(read_map(map_path), str(map_path)) & _generations(map_path).keys()


def _named_by(map_path: Path) -> set[str]:
    """Its shards, and the file that Keras opens first."""
    return {*_shards_of(map_path), _name(map_path, 0, 0)}


# Reading.


def read_map(path: Path) -> dict[str, Any]:
    """What a map says.

    Raises:
      FileNotFoundError: there is no such file.
      CorruptFileError: it is not JSON.
      UnsafeFileError: it is too large.
    """
    if path.stat().st_size > MAX_JSON_SIZE:
        raise UnsafeFileError(f"{path}: more than {MAX_JSON_SIZE} bytes of JSON are not read")
    return parse_object(decode(path.read_bytes(), str(path)), str(path))


def names_in(document: Mapping[str, Any], where: str) -> set[str]:
    """The names of the shards in a map; each has to be beside the map.

    Raises:
      CorruptFileError: it names no shards.
      UnsafeFileError: they are elsewhere, or too many.
    """
    mapping = document.get("weight_map")
    if not isinstance(mapping, Mapping):
        raise CorruptFileError(f"{where}: expected a weight_map, got {type(mapping).__name__}")
    names: set[str] = set()
    for files in mapping.values():
        for name in files if isinstance(files, list) else [files]:
            if not isinstance(name, str) or not name.endswith(layout.WEIGHTS_SUFFIX):
                raise CorruptFileError(f"{where}: expected names of .weights.h5 files, got {name!r}")
            if len(name.encode("utf-8", "replace")) > _MAX_NAME or "\0" in name:
                raise CorruptFileError(f"{where}: {name[:60]!r}... is not the name of a file")
            if "/" in name or "\\" in name or name.startswith("."):
                raise UnsafeFileError(f"{where}: the shard {name!r} is not beside the map; it is not read")
            names.add(name)
    if len(names) > _MAX_SHARDS:
        raise UnsafeFileError(f"{where}: names {len(names)} shards; more than {_MAX_SHARDS} are not read")
    return names


def read_shards(path: Path, read: Callable[[OpenFile], T]) -> list[T]:
    """What is read of each shard that a map names; all of them are of one save.

    Args:
      path: the path of the map.
      read: is called with each shard, in the order of their names.

    Raises:
      MissingFileError: there is no such map, or a shard is missing.
      CorruptFileError: a shard is damaged, or of another save than the map.
      UnsafeFileError: the map names files elsewhere, or too many of them.
    """

    def of_one_map() -> list[T]:
        document = read_map(path)
        names = sorted(names_in(document, str(path)))
        return [_read_shard(path, name, _checksum(document, name), read) for name in names]

    try:
        return read_steadily(path, of_one_map)
    except FileNotFoundError as error:
        if isinstance(error, KerasfmtError):
            raise
        raise MissingFileError(f"{path}: expected a map of weights, got nothing: no such file") from error


def _checksum(document: Mapping[str, Any], name: str) -> str | None:
    """The checksum that a map states for a shard; Keras states none."""
    metadata = document.get("metadata")
    checksums = metadata.get(CRC32C) if isinstance(metadata, Mapping) else None
    return checksums.get(name) if isinstance(checksums, Mapping) else None


def _read_shard(path: Path, name: str, checksum: str | None, read: Callable[[OpenFile], T]) -> T:
    try:
        with opened(path.with_name(name)) as file:
            stored = file.root.text(CRC32C)
            if stored != checksum:
                raise CorruptFileError(
                    f"{path}: expected the shard {name} with the checksum {checksum}, got {stored}: it is of another "
                    "save; restore the shards of one save, or save the weights again"
                )
            return read(file)
    except MissingFileError as error:
        raise MissingFileError(
            f"{path}: expected the shard {name} beside it, got nothing: no such file; restore it, or save the "
            "weights again"
        ) from error
