"""Writes a zip archive whose bytes depend on its members alone: nothing compressed, dates and order fixed.

The reading twin is reader.py. A member may be written in place, in any order of its bytes: the HDF5 library
writes the weights into the archive without a temporary copy.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from typing import Any, Final

from kerasfmt.containers.zip import records
from kerasfmt.containers.zip.window import Window
from kerasfmt.errors import InvalidModelError

_DATE: Final = (1 << 5) | 1
"""1 January 1980, the first day that zip knows, and the one that Keras gives its JSON members."""
_UNIX: Final = 3 << 8
_MODE: Final = 0o600 << 16
_PLAIN, _ZIP64 = 20, 45
_COPIED: Final = 1 << 20


@dataclass(frozen=True)
class _Member:
    name: bytes
    offset: int
    size: int
    crc: int


class Packer:
    """Writes one archive.

    Args:
      stream: an empty file, open for reading and writing.
    """

    def __init__(self, stream: FileIO) -> None:
        self._file = stream
        self._stream = Window(stream, 0, None)  # a bare file may write less than it is given
        self._members: list[_Member] = []

    def add(self, name: str, data: bytes) -> None:
        """Writes a member.

        Raises:
          InvalidModelError: no archive may hold a member of this name.
        """
        with self.member(name) as window:
            window.write(data)

    @contextmanager
    def member(self, name: str) -> Iterator[Window]:
        """A context with a file to write a member into; the archive continues after its last byte.

        Raises:
          InvalidModelError: no archive may hold a member of this name.
        """
        if not records.is_safe_name(name):
            raise InvalidModelError(
                f"{name[:80]!r} cannot be the name of a member of an archive: expected a relative path without "
                "'..', a drive, backslashes or zero bytes, of at most 1024 characters; rename the layer"
            )
        encoded = name.encode()
        start = self._stream.seek(0, 2)
        self._stream.write(_local_header(encoded, 0, 0))
        begin = self._stream.tell()
        window = Window(self._file, begin, None)
        yield window
        size = self._stream.seek(0, 2) - begin
        member = _Member(encoded, start, size, self._crc(begin, size))
        self._stream.seek(start)
        self._stream.write(_local_header(encoded, size, member.crc))
        self._members.append(member)

    def _crc(self, begin: int, size: int) -> int:
        self._stream.seek(begin)
        crc = 0
        buffer = memoryview(bytearray(min(_COPIED, max(size, 1))))
        while size:
            count = self._stream.readinto(buffer[: min(size, len(buffer))])
            assert count, "the file ends within a member that was just written"
            crc = zlib.crc32(buffer[:count], crc)
            size -= count
        return crc

    def finish(self) -> None:
        """Writes the directory."""
        begin = self._stream.seek(0, 2)
        for member in self._members:
            self._stream.write(_entry(member))
        size = self._stream.tell() - begin
        count = len(self._members)
        if begin + size >= records.SATURATED:
            self._stream.write(
                records.END64.pack(
                    records.END64_MAGIC, 44, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, size, begin
                )
            )
            self._stream.write(records.LOCATOR64.pack(records.LOCATOR64_MAGIC, 0, begin + size, 1))
        offset = min(begin, records.SATURATED)
        self._stream.write(records.END.pack(records.END_MAGIC, 0, 0, count, count, size, offset, 0))


def _local_header(name: bytes, size: int, crc: int) -> bytes:
    """The header has the same size whatever the member's: both sizes stand in the zip64 extra field."""
    extra = struct.pack("<2H2Q", records.ZIP64_EXTRA, 16, size, size)
    fields: tuple[Any, ...] = (_ZIP64, _flags(name), 0, 0, _DATE, crc, records.SATURATED, records.SATURATED)
    return records.LOCAL.pack(records.LOCAL_MAGIC, *fields, len(name), len(extra)) + name + extra


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else records.UTF_8


def _entry(member: _Member) -> bytes:
    large = [n for n in (member.size, member.size, member.offset) if n >= records.SATURATED]
    extra = struct.pack(f"<2H{len(large)}Q", records.ZIP64_EXTRA, 8 * len(large), *large) if large else b""
    size, offset = min(member.size, records.SATURATED), min(member.offset, records.SATURATED)
    head = (
        _UNIX | (_ZIP64 if large else _PLAIN),
        _ZIP64,
        _flags(member.name),
        0,
        0,
        _DATE,
        member.crc,
        size,
        size,
    )
    tail = (len(member.name), len(extra), 0, 0, 0, _MODE, offset)
    return records.ENTRY.pack(records.ENTRY_MAGIC, *head, *tail) + member.name + extra
