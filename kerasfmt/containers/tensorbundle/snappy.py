"""Snappy, the compression that blocks of a table may have.

    compressed   length: varint (bytes of the whole output), element*
    element      tag: 1 byte, whose low 2 bits are its kind
      0 literal  tag >> 2 is length - 1, or 60 to 63 for a length - 1 in the 1 to 4 bytes that follow; then the bytes
      1 copy     (tag >> 2 & 7) + 4 bytes of output, from the offset (tag >> 5) << 8 | 1 byte back
      2 copy     (tag >> 2) + 1 bytes, from the offset in 2 bytes back
      3 copy     (tag >> 2) + 1 bytes, from the offset in 4 bytes back

A copy may reach into what it makes: it repeats then. Numbers are little-endian.

Source: https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from typing import Final

from kerasfmt import limits
from kerasfmt.containers.tensorbundle.coding import Window

MAX_EXPANSION: Final = 32
"""More bytes of output than one compressed byte can stand for: three make a copy of 64."""
_LITERAL: Final = 0
_SHORT_COPY: Final = 1
_LONG_LENGTH: Final = 60


def decompress(block: Window) -> Window:
    """What a compressed block holds, at the offset of that block.

    Raises:
      CorruptFileError: it is not what snappy writes, or claims more bytes than it can hold.
      UnsafeFileError: it takes more memory than it may.
    """
    data = block.data
    size, at = block.varint(0)
    if size > MAX_EXPANSION * len(data):
        raise block.damaged(0, f"{len(data)} bytes of snappy cannot hold {size} bytes")
    limits.spend(size, block.file)
    out = bytearray()
    while at < len(data):
        start = at
        tag = data[at]
        kind = tag & 3
        if kind == _LITERAL:
            length, at = _literal_length(block, at)
            if length > len(data) - at:
                raise block.damaged(start, f"a literal of {length} bytes has {len(data) - at} bytes")
            out += data[at : at + length]
            at += length
        else:
            length, offset, at = _copy(block, at)
            if not 0 < offset <= len(out):
                raise block.damaged(start, f"a copy from {offset} bytes back in {len(out)} bytes")
            piece = out[len(out) - offset : len(out) - offset + length]
            out += (piece * (length // len(piece) + 1))[:length]
        if len(out) > size:
            raise block.damaged(start, f"expected {size} bytes out of snappy, got more")
    if len(out) != size:
        raise block.damaged(0, f"expected {size} bytes out of snappy, got {len(out)}")
    return Window(bytes(out), block.file, block.start)


def _literal_length(block: Window, at: int) -> tuple[int, int]:
    """The length of the literal whose tag is at `at`, and the offset of its bytes."""
    length = block.data[at] >> 2
    if length < _LONG_LENGTH:
        return length + 1, at + 1
    count = length - _LONG_LENGTH + 1
    return _number(block, at + 1, count) + 1, at + 1 + count


def _copy(block: Window, at: int) -> tuple[int, int, int]:
    """The length and the offset of the copy whose tag is at `at`, and the offset of the next element."""
    tag = block.data[at]
    if tag & 3 == _SHORT_COPY:
        return (tag >> 2 & 7) + 4, tag >> 5 << 8 | _number(block, at + 1, 1), at + 2
    count = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, _number(block, at + 1, count), at + 1 + count


def _number(block: Window, at: int, count: int) -> int:
    if at + count > len(block.data):
        raise block.damaged(at, f"expected a number of {count} bytes, got {len(block.data) - at} bytes")
    return int.from_bytes(block.data[at : at + count], "little")
