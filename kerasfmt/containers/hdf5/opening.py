"""Opens HDF5 files, and admits their datasets one by one."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from weakref import WeakValueDictionary

from kerasfmt.containers.binary import Binary
from kerasfmt.containers.hdf5 import signature
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.guard import Node, corrupt_file_errors, import_h5py
from kerasfmt.containers.hdf5.headers import Read
from kerasfmt.containers.hdf5.raw_strings import RawStrings
from kerasfmt.containers.system_faults import system_fault
from kerasfmt.errors import CorruptFileError, MissingFileError, UnsupportedFormatError
from kerasfmt.limits import Allowance, allowance_for

_IN_STREAMS: Final[WeakValueDictionary[int, Any]] = WeakValueDictionary()
"""The open h5py.Files that read from streams of Python."""


@atexit.register
def _close() -> None:
    """Closes them before the interpreter ends: HDF5 would call their streams after it."""
    for file in list(_IN_STREAMS.values()):
        file.close()


class OpenFile:
    """An open HDF5 file, or a group of one, that admits datasets and keeps count of their bytes.

    Attributes:
      root: the group to read from.
    """

    def __init__(self, root: Node, file: Any, descriptor: int | None = None) -> None:
        """Reads from `root`.

        Args:
          root: the group to read from.
          file: the h5py.File to keep open as long as its datasets are used.
          descriptor: the operating system's descriptor of that file; see LazyDataset.
        """
        self.root = root
        self._file = file
        self._descriptor = descriptor
        self._stored = 0

    def dataset(self, node: Node) -> LazyDataset:
        """The dataset at `node`; its elements stay in the file until they are used.

        Raises:
          CorruptFileError: it declares more than its bytes can hold.
          UnsafeFileError: its bytes are in other files, or unpack to more than reading the file may cost.
          UnsupportedFormatError: it does not hold plain numbers, or is compressed by an unknown filter.
        """
        found = LazyDataset(node, self._file, self._descriptor)
        self._stored += found.stored_size
        return found

    def check_total(self) -> None:
        """Refuses a file that presents the same bytes as several datasets.

        Raises:
          CorruptFileError: the datasets that were admitted claim more than the file can hold.
        """
        size = self.root.file_size
        if self._stored > size:
            raise CorruptFileError(
                f"{self.root.file}: its weights claim {self._stored} bytes of a file of {size}; "
                "several weights share the same bytes"
            )


@contextlib.contextmanager
def opened(source: str | os.PathLike[str] | Any) -> Iterator[OpenFile]:
    """A context with the HDF5 file at a path, or with a file or group that is open already.

    Args:
      source: a path, an open h5py.File or group, or the bytes of a file.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5.
      CorruptFileError: it is damaged or truncated.
      ImportError: h5py is not installed.
    """
    h5py = import_h5py()
    if isinstance(source, Binary):
        size = len(source.data)
        with opened_stream(source.open(), source.name, size, allowance_for(size)) as found:
            yield found
        return
    if isinstance(source, h5py.Group):
        name = str(source.file.filename)
        with corrupt_file_errors(name):
            size = int(source.file.id.get_filesize())
            whole = isinstance(source, h5py.File)
            group = h5py.h5g.open(source.id, b"/") if whole else source.id
            below = "" if whole else str(source.name)
            root = Node(
                group, name, below, _address(group), size, allowance_for(size), _raw_of(source.file, size)
            )
        yield OpenFile(root, source.file)
        return
    path = Path(source)
    file = _open_file(path)
    descriptor = _descriptor(file)
    if descriptor is None:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            yield _opened_file(file, None, _reader_of(stream), str(path), size)
    else:
        size = os.fstat(descriptor).st_size
        yield _opened_file(file, descriptor, _reader_at(descriptor, size), str(path), size)


def _opened_file(file: Any, descriptor: int | None, read: Read, where: str, size: int) -> OpenFile:
    with corrupt_file_errors(where):
        return OpenFile(_root(file, read, where, size, allowance_for(size)), file, descriptor)


@contextlib.contextmanager
def opened_stream(
    stream: BinaryIO | io.RawIOBase, where: str, size: int, allowance: Allowance
) -> Iterator[OpenFile]:
    """A context with the HDF5 file in a stream, such as a member of an archive.

    Args:
      stream: its bytes. It stays open as long as the datasets are used, and is closed if the body fails.
      where: what errors call the file.
      size: the number of its bytes.
      allowance: what reading it may cost.

    Raises:
      CorruptFileError: it is damaged or truncated.
      ImportError: h5py is not installed.
    """
    try:
        with corrupt_file_errors(where):
            file = import_h5py().File(stream, "r")
            _IN_STREAMS[id(file)] = file
            root = _root(file, _reader_of(stream), where, size, allowance)
        yield OpenFile(root, file)
    except BaseException:
        stream.close()
        raise


def _root(file: Any, read: Read, where: str, size: int, allowance: Allowance) -> Node:
    """The root group of a file; its header is checked."""
    raw = _raw_strings(file, read, size)
    if raw is not None:
        raw.check_root()
    group = import_h5py().h5g.open(file.id, b"/")
    if raw is not None:
        raw.check(_address(group))
    return Node(group, where, "", _address(group), size, allowance, raw)


def _address(group: Any) -> int:
    """Offset of the header of a group."""
    return int(import_h5py().h5o.get_info(group).addr)


def _reader_of(stream: Any) -> Read:
    """What reads the bytes of a stream; it stays open as long as they are read."""

    def read(offset: int, count: int) -> bytes:
        stream.seek(offset)
        found: bytes = stream.read(count)
        return found

    return read


def _reader_at(descriptor: int, size: int) -> Read:
    """What reads the bytes of the file that is open, even if another one stands at its path by now."""

    def read(offset: int, count: int) -> bytes:
        return os.pread(descriptor, min(count, max(0, size - offset)), offset)

    return read


def _raw_of(file: Any, size: int) -> RawStrings | None:
    """Reads strings from the bytes of an h5py.File that others have opened; None where they cannot be read."""
    if file.mode != "r" or (descriptor := _descriptor(file)) is None:
        return None
    return _raw_strings(file, _reader_at(descriptor, size), size)


def _descriptor(file: Any) -> int | None:
    """The operating system's descriptor of a file that we have opened; None where it cannot be used to read."""
    if file.driver != "sec2" or not hasattr(os, "preadv"):
        return None
    return int(file.id.get_vfd_handle())


def _raw_strings(file: Any, read_bytes: Read, size: int) -> RawStrings | None:
    """Reads strings from the bytes of a file; None if its addresses are not of the usual size.

    Args:
      file: the h5py.File.
      read_bytes: reads its bytes.
      size: the number of its bytes.
    """
    plan = file.id.get_create_plist()
    if plan.get_sizes() != (8, 8):
        return None
    base = int(plan.get_userblock())  # addresses count from its end

    def read(offset: int, count: int) -> bytes:
        return read_bytes(base + offset, count) if base + offset < size else b""

    return RawStrings(read, size, base)


def _open_file(path: Path) -> Any:
    h5py = import_h5py()
    if not path.exists():
        raise MissingFileError(f"{path}: expected an HDF5 file, got nothing: no such file")
    if not path.is_file():
        raise UnsupportedFormatError(f"{path}: expected an HDF5 file, got a directory or a device")
    try:
        if not signature.is_hdf5(path):
            with path.open("rb") as stream:
                start = stream.read(len(signature.MAGIC))
            raise UnsupportedFormatError(
                f"{path}: not an HDF5 file: expected it to begin with {signature.MAGIC!r}, got {start!r}"
            )
        return h5py.File(path, "r")
    except OSError as error:
        if isinstance(error, PermissionError):
            raise UnsupportedFormatError(f"{path}: may not be read: {error.strerror}") from error
        if fault := system_fault(error, str(path)):
            raise fault from error
        kind = "the file is truncated" if "truncated" in str(error) else "the file is damaged or in use"
        raise CorruptFileError(f"{path}: is HDF5, but cannot be opened: {error}; {kind}") from error
