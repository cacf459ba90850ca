"""What a zip archive says of itself, faults and all: for looking at files that are not to be trusted.

`reader` refuses an archive at its first fault. Here each member is reported with what is wrong with it. Nothing is
unpacked but in pieces, which are checked and thrown away.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3; see `records`
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from kerasfmt.containers.zip import records
from kerasfmt.containers.zip.directory import Directory, find_directory
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError

PIECE: Final = 1 << 20
"""Bytes that are unpacked at once."""
STORED: Final = 0
DEFLATED: Final = 8
_ENCRYPTED: Final = 1


@dataclass(frozen=True)
class Member:
    """A member as the directory states it.

    Attributes:
      name: its name, as its bytes decode.
      flags: of the packer.
      method: how it is packed.
      crc: CRC-32 of its bytes.
      packed: its bytes in the archive.
      size: its bytes when it is unpacked.
      offset: where its local header begins, in bytes from the beginning of the file.
      attributes: the mode of a file, as Unix has it, in the upper half.
      begin: where its packed bytes begin; None where there is no local header.
      differs: how the local header contradicts the directory; "" if it does not.
    """

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    begin: int | None
    differs: str

    @property
    def is_link(self) -> bool:
        """Whether it stands for a symbolic link."""
        return stat.S_ISLNK(self.attributes >> 16)

    @property
    def is_encrypted(self) -> bool:
        """Whether it needs a password."""
        return bool(self.flags & _ENCRYPTED)


@dataclass(frozen=True)
class Survey:
    """An archive.

    Attributes:
      size: bytes of the file.
      directory: where its directory lies.
      members: its members, in the order of the directory.
    """

    size: int
    directory: Directory
    members: tuple[Member, ...]

    def spans(self) -> list[tuple[int, int]]:
        """Begin and end of what each member takes, with its local header, in the order of the file."""
        found = [(each.offset, each.begin + each.packed) for each in self.members if each.begin is not None]
        return sorted(found)


def survey(stream: BinaryIO, size: int, where: str) -> Survey:
    """What an archive says of itself.

    Args:
      stream: the file.
      size: its bytes.
      where: what errors begin with.

    Raises:
      UnsupportedFormatError: it has no directory.
      CorruptFileError: its directory is damaged.
      UnsafeFileError: its directory is too large.
    """
    try:
        directory = find_directory(stream, size, where, "a zip archive")
        stream.seek(directory.begin)
        data = stream.read(directory.size)
        members = tuple(_members(stream, data, directory))
    except struct.error as error:
        raise CorruptFileError(f"{where}: its directory is cut short; the file is damaged") from error
    if len(members) != directory.entries:
        raise CorruptFileError(
            f"{where}: expected {directory.entries} members, got {len(members)}; the file is damaged"
        )
    return Survey(size, directory, members)


def _members(stream: BinaryIO, data: bytes, directory: Directory) -> Iterator[Member]:
    shift = directory.begin - directory.stated
    at = 0
    while data[at : at + 4] == records.ENTRY_MAGIC:
        entry = records.ENTRY.unpack_from(data, at)
        (
            _,
            _,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            name_size,
            extra_size,
            comment,
            _,
            _,
            attributes,
            offset,
        ) = entry
        at += records.ENTRY.size
        name = data[at : at + name_size]
        extra = data[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + comment
        size, packed, offset = _in_64_bits(extra, size, packed, offset)
        offset += shift
        begin, differs = _local(stream, offset, name, method)
        text = name.decode("utf-8" if flags & records.UTF_8 else "cp437", "surrogateescape")
        yield Member(text, flags, method, crc, packed, size, offset, attributes, begin, differs)


def _in_64_bits(extra: bytes, *numbers: int) -> tuple[int, ...]:
    """Size, packed size and offset, from the extra field where 32 bits do not hold them."""
    at, held = 0, b""
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == records.ZIP64_EXTRA:
            held = extra[at + 4 : at + 4 + length]
        at += 4 + length
    found = []
    for number in numbers:
        if number == records.SATURATED and len(held) >= 8:
            number, held = int.from_bytes(held[:8], "little"), held[8:]
        found.append(number)
    return tuple(found)


def _local(stream: BinaryIO, offset: int, name: bytes, method: int) -> tuple[int | None, str]:
    """Where the packed bytes of a member begin, and how its local header contradicts the directory."""
    if offset < 0:
        return None, "its header begins before the file"
    stream.seek(offset)
    header = stream.read(records.LOCAL.size)
    if len(header) < records.LOCAL.size or not header.startswith(records.LOCAL_MAGIC):
        return None, f"there is no header at byte {offset}"
    fields = records.LOCAL.unpack(header)
    stated = stream.read(fields[9])
    begin = offset + records.LOCAL.size + fields[9] + fields[10]
    if stated != name:
        return begin, f"its header calls it {stated[:80]!r}"
    if fields[3] != method:
        return begin, f"its header states the method {fields[3]}, and the directory {method}"
    return begin, ""


def unpacked(stream: BinaryIO, member: Member, where: str) -> Iterator[bytes]:
    """The bytes of a member, piece by piece, checked against its size and its CRC in the end.

    Args:
      stream: the file.
      member: the member, which has a local header.
      where: what errors begin with.

    Raises:
      UnsupportedFormatError: it is encrypted, or packed by an unknown method.
      CorruptFileError: it is damaged, or larger than it states.
    """
    if member.is_encrypted or member.method not in (STORED, DEFLATED) or member.begin is None:
        fault = "is encrypted" if member.is_encrypted else f"is packed by method {member.method}"
        raise UnsupportedFormatError(f"{where}: {fault}; expected none (0) or deflate (8)")
    crc = size = 0
    for piece in _pieces(stream, member, where):
        size += len(piece)
        if size > member.size:
            raise CorruptFileError(f"{where}: expected {member.size} bytes, got more; the file is damaged")
        crc = zlib.crc32(piece, crc)
        yield piece
    if size != member.size:
        raise CorruptFileError(f"{where}: expected {member.size} bytes, got {size}; the file is damaged")
    if crc != member.crc:
        raise CorruptFileError(
            f"{where}: expected the CRC 0x{member.crc:08x}, got 0x{crc:08x}; the file is damaged"
        )


def _pieces(stream: BinaryIO, member: Member, where: str) -> Iterator[bytes]:
    assert member.begin is not None
    left, at = member.packed, member.begin
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None
    while left:
        stream.seek(at)
        data = stream.read(min(left, PIECE))
        if not data:
            raise CorruptFileError(f"{where}: the file ends within it; the file is truncated")
        left, at = left - len(data), at + len(data)
        if inflate is None:
            yield data
            continue
        yield from _inflated(inflate, data, where)
        if inflate.eof and (left or inflate.unused_data):
            raise CorruptFileError(f"{where}: has bytes behind its packed bytes; the file is damaged")


def _inflated(inflate: Any, data: bytes, where: str) -> Iterator[bytes]:
    while True:
        try:
            piece = inflate.decompress(data, PIECE)
        except zlib.error as error:
            raise CorruptFileError(f"{where}: cannot be unpacked: {error}; the file is damaged") from error
        data = inflate.unconsumed_tail
        if piece:
            yield piece
        if inflate.eof or not (piece or data):
            return
