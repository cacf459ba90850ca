"""Reads a TensorBundle: an index and its data shards to a mapping of names to lazy arrays.

The whole index is decoded and checked when the checkpoint is opened. The data files that it names are opened with it:
a save that replaces the checkpoint, or its directory, changes nothing for its readers. See `bundle` for the layout.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, BundleReader
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.containers.tensorbundle.bundle import (
    HEADER_KEY,
    WHOLE,
    Entry,
    Header,
    decode_entry,
    decode_header,
    decode_key,
    encode_slice_keys,
    index_path,
)
from kerasfmt.containers.tensorbundle.shards import Shards, map_file
from kerasfmt.containers.tensorbundle.table import decode_table
from kerasfmt.errors import CorruptFileError
from kerasfmt.files.steady import read_steadily

_SPARE: Final = 1 << 12
"""Bytes of keys of parts that may be missing until the first one is named."""


def read(prefix: str | os.PathLike[str], *, verify: bool = True) -> Bundle:
    """The checkpoint at `prefix`: a mapping of tensor names to lazy arrays.

    Each value is a `StoredTensor` with a shape, a dtype and slicing; `numpy.asarray` reads all of it.

    Args:
      prefix: path of the checkpoint, without `.index`.
      verify: whether a tensor's checksum is verified when the tensor is first read.

    Example:
      >>> kerasfmt.tensorbundle.write("ckpt", {"w": [[1.0, 2.0], [3.0, 4.0]]}.items())
      >>> kernel = kerasfmt.tensorbundle.read("ckpt")["w"]
      >>> kernel.shape, kernel[1:].tolist()
      ((2, 2), [[3.0, 4.0]])

    Raises:
      FileNotFoundError: there is no `prefix.index`.
      CorruptFileError: the index is damaged or contradicts itself.
      UnsupportedFormatError: the checkpoint is of a newer version, or its index is compressed in an unknown way.
    """
    return Bundle(os.fspath(prefix), verify)


class Bundle(Mapping[str, "StoredTensor"]):
    """A checkpoint that is open for reading; names are in the order of their UTF-8 bytes."""

    def __init__(self, prefix: str, verify: bool) -> None:
        self.prefix = prefix
        path = index_path(prefix)
        entries, self._shards = read_steadily(Path(path), lambda: _open(prefix, path, verify))
        self._tensors: dict[str, StoredTensor] = {}
        part_keys = _part_keys(entries, path)
        parts = {part_key for keys in part_keys.values() for part_key in keys}
        for key, entry in entries.items():
            if key not in parts:
                name = decode_key(key)
                held = _slice_entries(key, part_keys.get(key, ()), entries, path)
                self._tensors[name] = StoredTensor(name, entry, held, self._shards)

    @property
    def num_shards(self) -> int:
        """The number of data files of the checkpoint."""
        return self._shards.header.num_shards

    def __getitem__(self, name: str) -> StoredTensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        return f"Bundle({self.prefix!r}, {len(self)} tensors)"

    def verify(self) -> None:
        """Verifies the checksum of every tensor.

        Raises:
          CorruptFileError: a tensor is damaged; the error names the first one.
        """
        for tensor in self._tensors.values():
            tensor.verify()


class StoredTensor:
    """One tensor of a checkpoint, read when it is indexed or turned into an array.

    Attributes:
      name: its name in the checkpoint.
      shape: its dimensions, () for a scalar.
    """

    def __init__(self, name: str, entry: Entry, parts: tuple[Entry, ...], shards: Shards) -> None:
        self.name = name
        self.shape = entry.shape
        self._entry = entry
        self._parts = parts
        self._shards = shards

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype; object for strings, whose elements are bytes."""
        return self._entry.dtype.numpy

    @property
    def tensor_dtype(self) -> dtypes.DType:
        """TensorFlow's element type."""
        return self._entry.dtype

    @property
    def place(self) -> tuple[int, int]:
        """Where it lies: the number of its data file, and the offset of its first byte there, in bytes."""
        return self._entry.shard, self._entry.offset

    @property
    def extents(self) -> tuple[tuple[int, int, int], ...]:
        """What holds it, part by part: the number of a data file, and offset and size of bytes there."""
        return tuple((part.shard, part.offset, part.size) for part in self._parts or (self._entry,))

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._entry.count

    @property
    def nbytes(self) -> int:
        """Bytes of the array in memory; for strings, bytes of its stored form."""
        stored = sum(part.size for part in self._parts) or self._entry.size
        return self.size * self._entry.dtype.itemsize or stored

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without dimensions")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"StoredTensor({self.name!r}, {self._entry.dtype}, {self.shape})"

    def __getitem__(self, index: Any) -> Any:
        """What `index` selects of the array, as NumPy indexes; a read-only view of the file where possible.

        Raises:
          CorruptFileError: the tensor's bytes are missing or damaged.
        """
        return self._load()[index]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array; read-only, unless `copy` or another `dtype` is asked for.

        Raises:
          CorruptFileError: the tensor's bytes are missing or damaged.
        """
        array = self._load()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            if copy is False:
                raise ValueError(f"tensor {self.name!r}: {array.dtype} to {np.dtype(dtype)} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def verify(self) -> None:
        """Verifies the tensor's checksum, even if it was verified before.

        Raises:
          CorruptFileError: the tensor's bytes are missing or damaged.
        """
        for entry in self._parts or (self._entry,):
            self._shards.verify(self.name, entry, forget=True)

    def _load(self) -> npt.NDArray[Any]:
        if not self._parts:
            return self._shards.load(self.name, self._entry)
        self._shards.check_dtype(self.name, self._entry)
        stored = sum(part.size for part in self._parts)
        count = sum(part.count for part in self._parts)
        limit = self._shards.stored_size(self._parts)
        if count != self.size or stored > limit:
            raise self._shards.damaged(
                self.name,
                self._entry,
                f"expected slices of {self.size} elements within {limit} bytes of data, "
                f"got {count} elements in {stored} bytes",
            )
        array = self._shards.empty(self.name, self._entry)
        covered = np.zeros(self.shape, np.bool_)
        for part, entry in zip(self._entry.slices, self._parts, strict=True):
            region = tuple(
                slice(None) if length == WHOLE else slice(start, start + length) for start, length in part
            )
            if covered[region].any():
                raise self._shards.damaged(self.name, self._entry, f"slice {part} overlaps another")
            array[region] = self._shards.load(self.name, entry)
            covered[region] = True
        array.flags.writeable = False
        return array


def _open(prefix: str, path: str, verify: bool) -> tuple[dict[bytes, Entry], Shards]:
    """The entries of an index, and its data files."""
    header, entries = _decode_index(map_file(path), path)
    shards = Shards(prefix, header, verify)
    shards.open_files({entry.shard for entry in entries.values()})
    return entries, shards


def _decode_index(data: memoryview, path: str) -> tuple[Header, dict[bytes, Entry]]:
    """The header and the entries of an index, in the order of their keys."""
    items = decode_table(data, path)
    first = next(items, None)
    if first is None or first[0] != HEADER_KEY:
        raise CorruptFileError(
            f"{path}: expected the checkpoint's header under the empty key, got "
            f"{'no entry' if first is None else repr(first[0])}; the file is damaged or not a checkpoint"
        )
    header = decode_header(first[1], path)
    entries = {
        key: decode_entry(value, header, f"{path}: tensor {decode_key(key)!r}") for key, value in items
    }
    return header, entries


def _part_keys(entries: dict[bytes, Entry], path: str) -> dict[bytes, tuple[bytes, ...]]:
    """The keys of the parts of each tensor that is stored in parts, by the key of the tensor.

    A part has an entry of its own, whose key holds the key of the tensor. So the keys that are made here cannot be
    much longer than the keys that are there, which bounds the work: a long key may come with many slices.
    """
    left = 2 * sum(map(len, entries)) + _SPARE
    found: dict[bytes, tuple[bytes, ...]] = {}
    for key, entry in entries.items():
        keys = []
        for part_key in encode_slice_keys(key, entry.slices):
            left -= len(part_key)
            if left < 0:
                raise CorruptFileError(
                    f"{path}: tensor {decode_key(key)[:80]!r}: expected an entry for each of its {len(entry.slices)} "
                    "slices, got fewer entries; the file is damaged"
                )
            keys.append(part_key)
        if keys:
            found[key] = tuple(keys)
    return found


def _slice_entries(
    key: bytes, part_keys: tuple[bytes, ...], entries: dict[bytes, Entry], path: str
) -> tuple[Entry, ...]:
    """The entries of the parts in which the tensor at `key` is stored; none if it is stored whole."""
    whole = entries[key]
    found = []
    for part, part_key in zip(whole.slices, part_keys, strict=True):
        entry = entries.get(part_key)
        shape = tuple(
            size if length == WHOLE else length for (_, length), size in zip(part, whole.shape, strict=True)
        )
        if entry is None or entry.slices or entry.dtype is not whole.dtype or entry.shape != shape:
            raise CorruptFileError(
                f"{path}: tensor {decode_key(key)!r}: expected an entry of {whole.dtype} {shape} for its "
                f"slice {part}, got {entry}; the file is damaged"
            )
        found.append(entry)
    return tuple(found)
