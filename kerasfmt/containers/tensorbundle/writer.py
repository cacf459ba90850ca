"""Writes a TensorBundle: an iterable of named tensors to an index and its data shards.

The bytes are those that TensorFlow's SaveV2 writes for the same tensors in the same order; with several
shards, what one SaveV2 per shard and MergeV2Checkpoints write. See `bundle` for the layout.

`replacing` puts the files in the place of older ones.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, BundleWriter
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.containers.slabs import Source, open_source
from kerasfmt.containers.tensorbundle.bundle import (
    HEADER_KEY,
    Entry,
    Header,
    data_path,
    encode_checked_lengths,
    encode_entry,
    encode_header,
    encode_key,
    index_path,
)
from kerasfmt.containers.tensorbundle.coding import encode_varints, extend_crc32c, mask_crc32c
from kerasfmt.containers.tensorbundle.table import encode_table
from kerasfmt.errors import KerasfmtError, SaveError

_CHUNK_SIZE: Final = 1 << 20  # small enough to be still in the cache when it is written after its checksum
_BUFFER_SIZE: Final = 256 << 10
_JOIN_COUNT: Final = 4096  # strings


def write_new(
    prefix: str | os.PathLike[str],
    items: Iterable[tuple[str, object]],
    num_shards: int = 1,
    progress: Progress = unheard,
) -> dict[bytes, bytes]:
    """Writes a checkpoint where there is none, in a directory that nobody else uses.

    Args:
      prefix: path of the checkpoint, without `.index`; its directory must exist.
      items: names and tensors, as for `replacing.write`.
      num_shards: number of data files.
      progress: is called with the number of bytes of tensors that have been written.

    Returns:
      The entries of the index, for `write_index`.

    Raises:
      SaveError: a name is empty or given twice, or a checkpoint cannot hold a tensor.
      OSError: a file cannot be written.
    """
    prefix = os.fspath(prefix)
    entries: dict[bytes, bytes] = {}
    with contextlib.ExitStack() as stack:
        paths = [data_path(prefix, number, num_shards) for number in range(num_shards)]
        shards = [_Shard(stack.enter_context(open(path, "wb", buffering=_BUFFER_SIZE))) for path in paths]
        for name, value in items:
            key = _checked_key(name, entries)
            shard = min(range(num_shards), key=lambda number: shards[number].size)
            try:
                entry = _write_tensor(shards[shard], shard, open_source(value), progress)
            except KerasfmtError as error:
                raise SaveError(f"tensor {name!r}: {error}") from error
            entries[key] = encode_entry(entry)
            del value
    write_index(prefix, entries, num_shards)
    return entries


def write_index(prefix: str, entries: dict[bytes, bytes], num_shards: int) -> None:
    """Writes the index of a checkpoint.

    Args:
      prefix: path of the checkpoint, without `.index`.
      entries: the stored form of each entry by its key.
      num_shards: the number of data files that the index names; entries may leave the last ones out.

    Raises:
      OSError: it cannot be written.
    """
    table = {**entries, HEADER_KEY: encode_header(Header(num_shards))}
    with open(index_path(prefix), "wb", buffering=_BUFFER_SIZE) as file:
        for block in encode_table(sorted(table.items())):
            file.write(block)


def _checked_key(name: str, entries: dict[bytes, bytes]) -> bytes:
    try:
        key = encode_key(name)
    except UnicodeEncodeError as error:
        raise SaveError(f"tensor {name!r}: expected a name that UTF-8 can encode") from error
    if key == HEADER_KEY:
        raise SaveError("tensor '': expected a name; the empty key holds the checkpoint's header")
    if key in entries:
        raise SaveError(f"tensor {name!r}: the name is given twice; rename one of the two")
    return key


class _Shard:
    """A data file that is being written, and its size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Appends `data`."""
        self._file.write(data)
        self.size += len(data)


def _write_tensor(file: _Shard, shard: int, source: Source, progress: Progress) -> Entry:
    """Appends a tensor to a shard; returns its entry."""
    offset = file.size
    if source.dtype is dtypes.string:
        crc32c = _write_strings(file, source)
    elif source.dtype.itemsize:
        crc32c = _write_elements(file, source, progress)
    else:
        raise SaveError(f"a checkpoint cannot hold elements of type {source.dtype}")
    return Entry(source.dtype, source.shape, shard, offset, file.size - offset, crc32c)


def _write_elements(file: _Shard, source: Source, progress: Progress) -> int:
    """Appends fixed-size elements; returns their crc32c, computed while each chunk is in the cache."""
    crc32c = 0
    for slab in source.slabs():
        flat = slab.reshape(-1).view(np.uint8)
        for start in range(0, flat.size, _CHUNK_SIZE):
            chunk = flat[start : start + _CHUNK_SIZE]
            crc32c = extend_crc32c(crc32c, chunk)
            file.write(chunk.data)
            progress(chunk.size)
    return crc32c


def _write_strings(file: _Shard, source: Source) -> int:
    """Appends strings, reading the source for their lengths and again for their bytes; returns the crc32c."""
    crc32c = 0
    for slab in source.slabs():
        lengths = [len(encoded) for encoded in _encoded_strings(slab)]
        crc32c = extend_crc32c(crc32c, encode_checked_lengths(lengths, "little"))
        file.write(encode_varints(lengths))
    checksum = mask_crc32c(crc32c).to_bytes(4, "little")
    file.write(checksum)
    crc32c = extend_crc32c(crc32c, checksum)
    for chunk in _joined(encoded for slab in source.slabs() for encoded in _encoded_strings(slab)):
        crc32c = extend_crc32c(crc32c, chunk)
        file.write(chunk)
    return crc32c


def _joined(strings: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: at most _CHUNK_SIZE bytes each, unless one string is longer."""
    waiting: list[bytes] = []
    size = 0
    for string in strings:
        if size + len(string) > _CHUNK_SIZE or len(waiting) >= _JOIN_COUNT:
            yield b"".join(waiting)
            waiting, size = [], 0
        waiting.append(string)
        size += len(string)
    yield b"".join(waiting)


def _encoded_strings(slab: npt.NDArray[Any]) -> Iterator[bytes]:
    for element in slab.reshape(-1):
        if isinstance(element, bytes):
            yield element
        elif isinstance(element, str):
            try:
                yield element.encode("utf-8", "surrogateescape")
            except UnicodeEncodeError as error:
                raise SaveError(f"expected strings that UTF-8 can encode, got {element!r}") from error
        else:
            raise SaveError(f"expected str or bytes in an array of objects, got {type(element).__name__}")
