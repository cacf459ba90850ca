"""The header of an object, read from the bytes of the file without the HDF5 library.

    v1 header   version: 1 byte (1), reserved: 1, messages: 2, references: 4, size: 4, padding: 4, message*
    v1 message  type: 2, size: 2, flags: 1, reserved: 3, body
    v2 header   "OHDR", version: 1 (2), flags: 1, times: 16 if flags & 32, limits: 4 if flags & 16,
                size: 1 << (flags & 3), message*, checksum: 4
    v2 message  type: 1, size: 2, flags: 1, order: 2 if header flags & 4, body
    type 12     attribute: version: 1, flags: 1, sizes of name, datatype and dataspace: 2 each, character set:
                1 from version 3 on, the three, each padded to 8 bytes in version 1, then the elements
    type 16     continuation: offset: 8, size: 8 of further messages (v2: between "OCHK" and a checksum)
    type 17     symbol table of a group: address of its tree: 8, of the heap of its names: 8

Source: HDF5 File Format Specification 3.0, IV.A.1 and IV.A.2
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from kerasfmt.errors import CorruptFileError

Read: TypeAlias = Callable[[int, int], bytes]
"""Gives bytes of a file, for the offset of the first one and their number; fewer at the end of the file."""

DATASPACE: Final = 0x01
DATATYPE: Final = 0x03
LINK: Final = 0x06
EXTERNAL_FILES: Final = 0x07
LAYOUT: Final = 0x08
FILTERS: Final = 0x0B
ATTRIBUTE: Final = 0x0C
CONTINUATION: Final = 0x10
SYMBOL_TABLE: Final = 0x11
SHARED: Final = 2
"""The flag of a message whose body stands elsewhere."""
MAX_BLOCK_SIZE: Final = 1 << 20
_MAX_BLOCKS: Final = 1024
_ATTRIBUTE_SIZES: Final = struct.Struct("<BBHHH")
_FIRST: Final = 512
"""Bytes of the first read, in which most headers end."""


def messages(
    read: Read, spend: Callable[[int, int], None], address: int, limit: int
) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of each message of an object header.

    Args:
      read: gives bytes of the file.
      spend: is called with offset and number of the bytes of each block, before they are looked at.
      address: where the header begins.
      limit: the bytes that each of its blocks may take.

    Raises:
      CorruptFileError: a block claims more than that.
      struct.error: the header is cut short.
    """
    spend(address, 32)
    start = read(address, _FIRST)
    if start[:4] == b"OHDR":
        flags = start[5]
        at = 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(start[at : at + width].ljust(width, b"\0"), "little")
        blocks = [(address + at + width, size)]
        layout, margin = struct.Struct("<BHB2x" if flags & 4 else "<BHB"), 4
    else:
        blocks = [(address + 16, *struct.unpack_from("<8xI", start))]
        layout, margin = struct.Struct("<HHB3x"), 0
    for number in range(_MAX_BLOCKS):
        if number == len(blocks):
            return
        offset, size = blocks[number]
        if size > limit:
            raise CorruptFileError(
                f"the header at byte {address} claims {size} bytes of a file of {limit}; the file is damaged"
            )
        size = min(size, MAX_BLOCK_SIZE)
        spend(offset, size)
        at = offset - address
        known = number == 0 and at + size <= len(start)
        block = start[at : at + size] if known else read(offset, size)
        at = 0
        while at + layout.size <= len(block):
            kind, size, flags = layout.unpack_from(block, at)
            at += layout.size
            body = block[at : at + size]
            at += size
            if kind == CONTINUATION:
                offset, length = struct.unpack_from("<QQ", body)
                blocks.append((offset + margin, max(0, length - 2 * margin)))
            yield kind, flags, body


def attribute_name(body: bytes) -> bytes:
    """The name in an attribute message."""
    at = _name_offset(body)
    _, _, size, *_ = _ATTRIBUTE_SIZES.unpack_from(body)
    return body[at : at + size].rstrip(b"\0")


def attribute_elements(body: bytes) -> int:
    """Where the elements begin in an attribute message."""
    version, _, *sizes = _ATTRIBUTE_SIZES.unpack_from(body)
    at = _name_offset(body)
    for size in sizes:
        at += -(-size // 8) * 8 if version == 1 else size
    return at


def _name_offset(body: bytes) -> int:
    return 9 if body[0] >= 3 else 8
