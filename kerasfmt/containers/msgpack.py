"""MessagePack: trees of maps, lists, numbers, texts and bytes; bytes stay in their file.

    0xxxxxxx 1000xxxx 1001xxxx 101xxxxx 111xxxxx    small number, map, list, text, negative number
    c0 c2 c3                                        nil, false, true
    c4-c6   bin, its size in 1, 2, 4 bytes          c7-c9   ext, size, kind
    ca cb   float 32, 64                            cc-cf   unsigned 8 to 64        d0-d3   signed 8 to 64
    d4-d8   ext of 1, 2, 4, 8, 16 bytes: kind       d9-db   text, size              dc dd   list    de df   map

All numbers are big-endian.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kerasfmt import limits
from kerasfmt.errors import CorruptFileError, UnsafeFileError

if TYPE_CHECKING:
    from kerasfmt.containers.zip.window import Window

_MAX_DEPTH: Final = 64
_MAX_TEXT: Final = 1 << 20
"""Longer texts are refused: they are names."""
_NUMBERS: Final = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i",
    0xD3: ">q",
}  # fmt: skip
_CONSTANTS: Final = {0xC0: None, 0xC2: False, 0xC3: True}
_SIZED: Final = {
    0xC4: ("bin", 1), 0xC5: ("bin", 2), 0xC6: ("bin", 4), 0xC7: ("ext", 1), 0xC8: ("ext", 2), 0xC9: ("ext", 4),
    0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4), 0xDC: ("list", 2), 0xDD: ("list", 4), 0xDE: ("map", 2),
    0xDF: ("map", 4),
}  # fmt: skip
_ITEM_COST: Final = 128
"""Bytes that an item takes in memory."""


@dataclass(frozen=True)
class Bytes:
    """Bytes that lie in the file.

    Attributes:
      offset: where they begin, counted from the beginning of the window.
      size: how many there are.
      kind: the kind of an ext; None for plain bytes.
    """

    offset: int
    size: int
    kind: int | None = None


class Reader:
    """Reads values from a window one after the other.

    Args:
      window: the bytes.
      where: what errors begin with: the file.
      begin: where the first value begins.
      end: where the bytes end.
    """

    def __init__(self, window: Window, where: str, begin: int, end: int) -> None:
        self._window = window
        self._where = where
        self._end = end
        self.at = begin

    def value(self, depth: int = 0) -> Any:
        """The next value: maps as dicts, lists as lists, bytes and exts as `Bytes`.

        Raises:
          CorruptFileError: it is damaged or cut.
          UnsafeFileError: it is nested too deeply, or costs more than it may.
        """
        if depth > _MAX_DEPTH:
            raise UnsafeFileError(f"{self._where}: maps and lists nested more than {_MAX_DEPTH} deep")
        limits.spend(_ITEM_COST, self._where)
        begin = self.at
        (first,) = self._read(1)
        if first < 0x80 or first >= 0xE0:
            return first if first < 0x80 else first - 0x100
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            return struct.unpack(_NUMBERS[first], self._read(struct.calcsize(_NUMBERS[first])))[0]
        if 0xD4 <= first <= 0xD8:
            return self._ext(1 << (first - 0xD4))
        if first in _SIZED:
            kind, width = _SIZED[first]
            size = int.from_bytes(self._read(width), "big")
        elif first < 0xC0:
            kind, size = ("map" if first < 0x90 else "list" if first < 0xA0 else "text"), first & 0x1F
            size = size if kind == "text" else first & 0x0F
        else:
            raise CorruptFileError(
                f"{self._where}: byte {begin}: 0x{first:02x} begins no value; the file is damaged"
            )
        return self._sized(kind, size, depth)

    def _sized(self, kind: str, size: int, depth: int) -> Any:
        if kind == "ext":
            return self._ext(size)
        if kind == "bin":
            return self._bytes(size, None)
        if kind == "text":
            if size > _MAX_TEXT:
                raise UnsafeFileError(
                    f"{self._where}: a text of {size:,} bytes, expected at most {_MAX_TEXT:,}"
                )
            return self._read(size).decode("utf-8", "surrogateescape")
        if kind == "list":
            return [self.value(depth + 1) for _ in range(self._count(size, 1))]
        found: dict[Any, Any] = {}
        for _ in range(self._count(size, 2)):
            key = self.value(depth + 1)
            if not isinstance(key, str | int):
                raise CorruptFileError(f"{self._where}: expected names in a map, got {key!r:.80}")
            if key in found:
                raise CorruptFileError(f"{self._where}: a map has {key!r:.80} twice; the file is damaged")
            found[key] = self.value(depth + 1)
        return found

    def _ext(self, size: int) -> Bytes:
        (kind,) = self._read(1)
        return self._bytes(size, kind)

    def _bytes(self, size: int, kind: int | None) -> Bytes:
        self._count(size, 1)
        found = Bytes(self.at, size, kind)
        self.at += size
        return found

    def _count(self, count: int, least: int) -> int:
        """A number of items that the file can hold."""
        if count * least > self._end - self.at:
            raise CorruptFileError(
                f"{self._where}: byte {self.at}: expected {count:,} more items, got {self._end - self.at:,} bytes; the "
                "file is damaged or cut"
            )
        return count

    def _read(self, size: int) -> bytes:
        if size > self._end - self.at:
            raise CorruptFileError(
                f"{self._where}: it ends at byte {self._end:,}, within a value; the file is cut"
            )
        self._window.seek(self.at)
        found = self._window.read(size) or b""
        self.at += len(found)
        if len(found) != size:
            raise CorruptFileError(
                f"{self._where}: it ends at byte {self.at:,}, within a value; the file is cut"
            )
        return found
