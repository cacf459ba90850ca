"""Opening HDF5 files: the root group to read from, its file, and a descriptor to read plain bytes with."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kerasfmt.containers.hdf5.guard import Node, import_h5py, reading
from kerasfmt.containers.hdf5.raw_strings import RawStrings
from kerasfmt.errors import CorruptFileError, MissingFileError, UnsupportedFormatError

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
"""The signature at byte 0, or behind a user block of 512, 1024, 2048, ... bytes."""


@contextlib.contextmanager
def opened(source: str | os.PathLike[str] | Any) -> Iterator[tuple[Node, Any, int | None]]:
    """The root to read from, the h5py.File to keep open, and the descriptor to read plain bytes with.

    Args:
      source: a path, or an open h5py.File or group.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5.
      CorruptFileError: it is damaged or truncated.
      ImportError: h5py is not installed.
    """
    h5py = import_h5py()
    if isinstance(source, h5py.Group):
        name = str(source.file.filename)
        with reading(name):
            size = int(source.file.id.get_filesize())
            if isinstance(source, h5py.File):
                root = Node(h5py.h5g.open(source.id, b"/"), name, "", size)
            else:
                root = Node(source.id, name, str(source.name), size)
        yield root, source.file, None
        return
    path = Path(source)
    file = _open_file(path)
    with path.open("rb") as stream:
        with reading(str(path)):
            size = os.fstat(stream.fileno()).st_size
            raw = raw_strings(file, stream, size)
            group = h5py.h5g.open(file.id, b"/")
            if raw is not None:
                raw.check(int(h5py.h5o.get_info(group).addr))
            root = Node(group, str(path), "", size, raw)
        yield root, file, _descriptor(file)


def _descriptor(file: Any) -> int | None:
    """The operating system's descriptor of a file that we have opened; None where it cannot be read with."""
    if file.driver != "sec2" or not hasattr(os, "preadv"):
        return None
    return int(file.id.get_vfd_handle())


def raw_strings(file: Any, stream: Any, size: int) -> RawStrings | None:
    """Reads strings from the bytes of a file; None if its addresses are not of the usual size.

    Args:
      file: the h5py.File.
      stream: its bytes; open as long as they are read.
      size: how many there are.
    """
    plan = file.id.get_create_plist()
    if plan.get_sizes() != (8, 8):
        return None
    base = int(plan.get_userblock())  # addresses count from behind it

    def read(offset: int, count: int) -> bytes:
        if base + offset >= size:
            return b""
        stream.seek(base + offset)
        found: bytes = stream.read(count)
        return found

    return RawStrings(read, size)


def _open_file(path: Path) -> Any:
    h5py = import_h5py()
    if not path.exists():
        raise MissingFileError(f"{path}: expected an HDF5 file, got nothing: no such file")
    if not path.is_file():
        raise UnsupportedFormatError(f"{path}: expected an HDF5 file, got a directory or a device")
    try:
        if not _is_hdf5(path):
            with path.open("rb") as stream:
                start = stream.read(len(MAGIC))
            raise UnsupportedFormatError(
                f"{path}: not an HDF5 file: expected it to begin with {MAGIC!r}, got {start!r}"
            )
        return h5py.File(path, "r")
    except OSError as error:
        if isinstance(error, PermissionError):
            raise UnsupportedFormatError(f"{path}: may not be read: {error.strerror}") from error
        kind = "the file is truncated" if "truncated" in str(error) else "the file is damaged or in use"
        raise CorruptFileError(f"{path}: is HDF5, but cannot be opened: {error}; {kind}") from error


def _is_hdf5(path: Path) -> bool:
    """Whether the signature is at byte 0 or, behind a user block, at 512, 1024, 2048, ..."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        offset = 0
        while offset + len(MAGIC) <= size:
            stream.seek(offset)
            if stream.read(len(MAGIC)) == MAGIC:
                return True
            offset = max(512, 2 * offset)
    return False
