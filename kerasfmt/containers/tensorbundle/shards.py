"""The data shards of a TensorBundle, mapped into memory: stored bytes to arrays, checksums verified.

A shard is mapped when its checkpoint is opened, or when one of its tensors is read if it was not there. An array of
numbers is a view of the map and takes no memory of its own. See `bundle` for the layout.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, BundleReader::GetValue and ReadStringTensor
"""

from __future__ import annotations

import contextlib
import mmap
import os
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.containers.tensorbundle.bundle import Entry, Header, data_path, encode_checked_lengths
from kerasfmt.containers.tensorbundle.coding import Window, extend_crc32c, unmask_crc32c
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError

_CHUNK_SIZE: Final = 16 << 20


class Shards:
    """The data files of one checkpoint, mapped into memory."""

    def __init__(self, prefix: str, header: Header, verify: bool) -> None:
        self.header = header
        self._prefix = prefix
        self._verify = verify
        self._verified: set[tuple[int, int, int]] = set()
        self._mapped: dict[int, memoryview] = {}

    def open_files(self, numbers: set[int]) -> None:
        """Maps the data files of these numbers; one that cannot be opened is missed when a tensor of it is read."""
        for number in sorted(numbers):
            with contextlib.suppress(OSError):
                self._mapped[number] = map_file(data_path(self._prefix, number, self.header.num_shards))

    def load(self, name: str, entry: Entry) -> npt.NDArray[Any]:
        """The array of an entry without slices; its checksum is verified once."""
        place = (entry.shard, entry.offset, entry.size)
        if entry.dtype is dtypes.string:
            return self._load_strings(name, entry)
        self.check_dtype(name, entry)
        if self._verify and place not in self._verified:
            self.verify(name, entry)
            self._verified.add(place)
        if not entry.count:
            array = self.empty(name, entry)
            array.flags.writeable = False
            return array
        raw = np.frombuffer(self._bytes(name, entry), np.uint8)
        elements = _from_byteorder(raw, entry.dtype, self.header.byteorder)
        try:
            return elements.reshape(entry.shape)
        except ValueError as error:
            raise self._unsupported(name, entry, error) from error

    def check_dtype(self, name: str, entry: Entry) -> None:
        """Refuses elements whose size is not known.

        Raises:
          UnsupportedFormatError: they are neither numbers nor strings.
        """
        if not entry.dtype.itemsize and entry.dtype is not dtypes.string:
            raise UnsupportedFormatError(
                f"{self._path(entry)}: tensor {name!r}: expected numbers or strings, got {entry.dtype}; "
                "only TensorFlow can restore it"
            )

    def verify(self, name: str, entry: Entry, forget: bool = False) -> None:
        """Raises CorruptFileError unless the bytes of an entry without slices match its checksum.

        Args:
          name: the tensor.
          entry: its entry.
          forget: whether the bytes are not wanted afterwards; the process then keeps none of them in memory.
        """
        if entry.dtype is dtypes.string:
            self._load_strings(name, entry, verify=True)
            return
        if not entry.dtype.itemsize:
            return  # its checksum covers numbers that only TensorFlow can decode
        data = self._bytes(name, entry)
        crc32c = 0
        for start in range(0, len(data), _CHUNK_SIZE):
            crc32c = extend_crc32c(crc32c, data[start : start + _CHUNK_SIZE])
            if forget:
                _forget(data)
        self._check(name, entry, crc32c)

    def empty(self, name: str, entry: Entry) -> npt.NDArray[Any]:
        """An array of the entry's shape with undefined elements; the caller has bounded its size."""
        try:
            return np.empty(entry.shape, entry.dtype.numpy)
        except ValueError as error:  # NumPy's bounds on the rank and on the product of the dimensions
            raise self._unsupported(name, entry, error) from error

    def stored_size(self, entries: tuple[Entry, ...]) -> int:
        """Size of the data files that hold `entries`, in bytes."""
        paths = {self._path(entry) for entry in entries}
        return sum(os.path.getsize(path) for path in paths if os.path.exists(path))

    def damaged(self, name: str, entry: Entry, problem: str) -> CorruptFileError:
        """An error about the stored form of a tensor."""
        return CorruptFileError(
            f"{self._path(entry)}: byte {entry.offset}: tensor {name!r}: {problem}; the file is damaged"
        )

    def _unsupported(self, name: str, entry: Entry, error: Exception) -> UnsupportedFormatError:
        return UnsupportedFormatError(
            f"{self._path(entry)}: tensor {name!r}: NumPy cannot hold shape {entry.shape}: {error}"
        )

    def _path(self, entry: Entry) -> str:
        return data_path(self._prefix, entry.shard, self.header.num_shards)

    def _bytes(self, name: str, entry: Entry) -> memoryview:
        """The stored form of an entry, not checked yet."""
        if entry.shard not in self._mapped:
            try:
                self._mapped[entry.shard] = map_file(self._path(entry))
            except FileNotFoundError as error:
                raise CorruptFileError(
                    f"{self._path(entry)}: the file is missing, but holds tensor {name!r}; "
                    "restore it beside the index"
                ) from error
        data = self._mapped[entry.shard]
        if entry.offset + entry.size > len(data):
            raise self.damaged(
                name, entry, f"expected {entry.size} bytes in a file of {len(data)} bytes, which is truncated"
            )
        return data[entry.offset : entry.offset + entry.size]

    def _check(self, name: str, entry: Entry, crc32c: int) -> None:
        if crc32c != entry.crc32c:
            raise self.damaged(
                name,
                entry,
                f"crc32c expected 0x{entry.crc32c:08x}, got 0x{crc32c:08x} over {entry.size} bytes",
            )

    def _load_strings(self, name: str, entry: Entry, verify: bool = False) -> npt.NDArray[Any]:
        """The array of bytes objects of a string entry; its checksums are verified on the way if asked for."""
        verify = verify or self._verify
        window = Window(self._bytes(name, entry), f"{self._path(entry)}: tensor {name!r}", entry.offset)
        strings = np.empty(entry.count, object)
        if entry.size:
            offsets, crc32c = self._decode_lengths(window, entry.count, verify)
            for number, (start, stop) in enumerate(pairwise(offsets)):
                strings[number] = bytes(window.data[start:stop])
            if verify:
                self._check(name, entry, extend_crc32c(crc32c, window.data[offsets[0] :]))
        strings.flags.writeable = False
        try:
            return strings.reshape(entry.shape)
        except ValueError as error:
            raise self._unsupported(name, entry, error) from error

    def _decode_lengths(self, window: Window, count: int, verify: bool) -> tuple[list[int], int]:
        """Where each string starts in the window, and where the last one ends; then the crc32c so far."""
        lengths, at = [], 0
        for _ in range(count):
            length, at = window.varint(at)
            lengths.append(length)
        if at + 4 > len(window.data):
            raise window.damaged(at, "expected the checksum of the string lengths")
        checksum = bytes(window.data[at : at + 4])
        crc32c = extend_crc32c(0, encode_checked_lengths(lengths, self.header.byteorder))
        stored = unmask_crc32c(int.from_bytes(checksum, self.header.byteorder))
        if verify and stored != crc32c:
            raise window.damaged(at, f"string lengths: crc32c expected 0x{stored:08x}, got 0x{crc32c:08x}")
        offsets = [at + 4]
        for length in lengths:
            offsets.append(offsets[-1] + length)
        if offsets[-1] != len(window.data):
            raise window.damaged(
                at + 4, f"expected {sum(lengths)} bytes of strings, got {len(window.data) - at - 4}"
            )
        return offsets, extend_crc32c(crc32c, checksum)


def _from_byteorder(raw: npt.NDArray[np.uint8], dtype: dtypes.DType, byteorder: str) -> npt.NDArray[Any]:
    """The elements that `raw` holds, in native byte order."""
    if byteorder == "little" or dtype.itemsize == 1:
        native: npt.NDArray[Any] = raw.view(dtype.numpy)
        return native
    unit = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    swapped: npt.NDArray[Any] = raw.view(f"u{unit}").byteswap().view(dtype.numpy)
    swapped.flags.writeable = False
    return swapped


def _forget(data: memoryview) -> None:
    """Lets the system take back the pages of a map; one that is used again is read again."""
    mapped = data.obj
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def map_file(path: str) -> memoryview:
    """The bytes of a file, mapped into memory."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
