"""The variable-length strings of an attribute, read from the file without the HDF5 library.

HDF5 stores such a string as a pointer into a heap, and any number of pointers may lead to one string: a small
file can name a megabyte ten thousand times, and the library would allocate each. On a damaged heap the library
(2.0.0) never returns. Here the lengths are added up before anything is read, and each heap is walked once, forwards.

    v1 header   version: 1 byte (1), reserved: 1, messages: 2, references: 4, size: 4, padding: 4, message*
    v1 message  type: 2, size: 2, flags: 1, reserved: 3, body
    v2 header   "OHDR", version: 1 (2), flags: 1, times: 16 if flags & 32, limits: 4 if flags & 16,
                size: 1 << (flags & 3), message*, checksum: 4
    v2 message  type: 1, size: 2, flags: 1, order: 2 if header flags & 4, body
    type 16     continuation: offset: 8, size: 8 of further messages (v2: between "OCHK" and a checksum)
    type 12     attribute: version: 1, flags: 1, sizes of name, datatype and dataspace: 2 each, character set:
                1 from version 3 on, the three, each padded to 8 bytes in version 1, then the elements
    element     length: 4, heap address: 8, heap index: 4
    heap        "GCOL", version: 1, reserved: 3, size with this header: 8, object*
    type 17     symbol table of a group: address of its tree: 8, of the heap of its names: 8
    names       "HEAP", version: 1, reserved: 3, size of the names: 8
    object      index: 2 (0: the rest is free), references: 2, reserved: 4, size: 8, bytes, padded to 8

Source: HDF5 File Format Specification 3.0, III.E, IV.A.1 and IV.A.2.m
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from kerasfmt.containers.hdf5.trees import GROUP_KEY_SIZE, check_tree, chunk_key_size, root_address
from kerasfmt.errors import CorruptFileError, UnsafeFileError

Read: TypeAlias = Callable[[int, int], bytes]
"""Gives bytes of a file, for the offset of the first one and their number; fewer at the end of the file."""

_CONTINUATION: Final = 0x10
_SYMBOL_TABLE: Final = 0x11
_LINK: Final = 0x06
_LAYOUT: Final = 0x08
_CHUNKS: Final = b"\x03\x02"
"""Version 3, and the class of chunks that a tree of version 1 leads to; newer files have other trees."""
_ATTRIBUTE: Final = 0x0C
_SHARED: Final = 2
_ATTRIBUTE_SIZES: Final = struct.Struct("<BBHHH")
_ELEMENT: Final = struct.Struct("<IQI")
_HEAP: Final = struct.Struct("<4sB3xQ")
_NAMES: Final = struct.Struct("<4sB3xQ")
_OBJECT: Final = struct.Struct("<HH4xQ")
MAX_COMPACT: Final = 4096
"""Members and attributes in one header; HDF5 gives a group of more than 8 members, and 8 attributes, an index."""
_MAX_BLOCKS: Final = 1024
_MAX_BLOCK_SIZE: Final = 1 << 20
_MAX_READS: Final = 4
"""All strings that are read may together be this many times the size of the file; some are read twice."""


class RawStrings:
    """Reads the strings of attributes of one file.

    Args:
      read: the bytes of the file, by the addresses that the file uses.
      size: bytes of the file.
    """

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self._budget = _MAX_READS * size
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._heap_bytes = 0
        self._header_bytes = 0
        self._attributes: dict[int, dict[bytes, bytes]] = {}

    def check_root(self) -> None:
        """Checks the root group, as `check` does; before it is opened, as the HDF5 library walks its tree then."""
        address = root_address(self._read)
        if address is not None:
            self.check(address)

    def check(self, address: int) -> None:
        """Refuses an object whose header, or whose list of member names, claims more bytes than the file has.

        The HDF5 library (2.0.0) allocates what they claim before it checks that the file is as long.

        Args:
          address: where the header begins.

        Raises:
          CorruptFileError: the header or the list claims more bytes than the file has.
          UnsafeFileError: the header has too many members or attributes.
          struct.error: the header is cut short.
        """
        if address in self._attributes:
            return
        attributes: dict[bytes, bytes] = {}
        members = 0
        for kind, flags, body in _messages(self._read_once, address, self._size):
            if flags & _SHARED:
                continue
            if kind == _ATTRIBUTE and len(body) >= 9:
                attributes.setdefault(_attribute_name(body), body)
            elif kind == _LAYOUT and body[:2] == _CHUNKS:
                check_tree(self._read_once, int.from_bytes(body[3:11], "little"), chunk_key_size(body[2]))
            elif kind == _SYMBOL_TABLE:
                tree, heap = struct.unpack_from("<QQ", body)
                check_tree(self._read_once, tree, GROUP_KEY_SIZE)
                self._check_names(heap)
            members += kind in (_ATTRIBUTE, _LINK)
            if members > MAX_COMPACT:
                raise UnsafeFileError(
                    f"the header at byte {address} has more than {MAX_COMPACT} members and attributes, among which "
                    "each would be looked for one by one; it is not read"
                )
        self._attributes[address] = attributes

    def _read_once(self, offset: int, count: int) -> bytes:
        """Bytes of headers and trees, which do not overlap in a sound file."""
        self._header_bytes += count
        if self._header_bytes > 2 * self._size + _MAX_BLOCK_SIZE:
            raise CorruptFileError(
                f"byte {offset}: headers and trees share bytes, or claim more than the {self._size} bytes of the "
                "file; the file is damaged"
            )
        return self._read(offset, count)

    def _check_names(self, heap: int) -> None:
        signature, _, size = _NAMES.unpack(self._read(heap, _NAMES.size))
        if signature == b"HEAP" and size > self._size:
            raise CorruptFileError(
                f"the names of a group claim {size} bytes of a file of {self._size}; the file is damaged"
            )

    def read(self, address: int, name: str, count: int) -> list[bytes] | None:
        """The strings of an attribute; None if the object's header does not hold it.

        Args:
          address: where the header begins.
          name: the name of the attribute.
          count: the number of its strings.

        Raises:
          CorruptFileError: the strings are longer than the file, or their heap is damaged.
          struct.error: the header is cut short.
        """
        elements = self._elements(address, name.encode(), count)
        if elements is None:
            return None
        claimed = sum(length for length, _, _ in elements)
        self._budget -= claimed
        if claimed > self._size or self._budget < 0:
            raise CorruptFileError(
                f"{count} strings claim {claimed} bytes of a file of {self._size}; the file is damaged"
            )
        return [self._string(*element) for element in elements]

    def _elements(self, address: int, name: bytes, count: int) -> list[tuple[int, int, int]] | None:
        """Length, heap and index of each string."""
        self.check(address)
        body = self._attributes[address].get(name)
        if body is None:
            return None
        version, _, *sizes = _ATTRIBUTE_SIZES.unpack_from(body)
        at = _name_offset(body)
        for size in sizes:
            at += -(-size // 8) * 8 if version == 1 else size
        length, heap, index = 0, 1, 2
        found = (_ELEMENT.unpack_from(body, at + i * _ELEMENT.size) for i in range(count))
        return [(row[length], row[heap], row[index]) for row in found]

    def _string(self, length: int, heap: int, index: int) -> bytes:
        if length == 0:
            return b""
        if heap not in self._heaps:
            self._heaps[heap] = self._objects(heap)
        start, size = self._heaps[heap].get(index, (0, 0))
        found = self._read(start, length) if length <= size else b""
        if len(found) != length:
            raise CorruptFileError(
                f"heap at byte {heap}: expected object {index} of {length} bytes, got {size}; "
                "the file is damaged"
            )
        return found.split(b"\0", 1)[0]

    def _objects(self, address: int) -> dict[int, tuple[int, int]]:
        """Offset in the file and size of each object of a heap, by index."""
        signature, version, size = _HEAP.unpack(self._read(address, _HEAP.size))
        self._heap_bytes += size  # heaps do not overlap
        if signature != b"GCOL" or version != 1 or self._heap_bytes > self._size:
            raise CorruptFileError(f"byte {address}: expected a heap of strings; the file is damaged")
        data = self._read(address, size)
        found: dict[int, tuple[int, int]] = {}
        at = _HEAP.size
        while at + _OBJECT.size <= len(data):
            index, _, length = _OBJECT.unpack_from(data, at)
            if index == 0:
                break
            at += _OBJECT.size
            found[index] = (address + at, min(length, len(data) - at))
            at += -(-length // 8) * 8
        return found


def _name_offset(body: bytes) -> int:
    """Where the name begins in an attribute message."""
    return 9 if body[0] >= 3 else 8


def _attribute_name(body: bytes) -> bytes:
    at = _name_offset(body)
    _, _, size, *_ = _ATTRIBUTE_SIZES.unpack_from(body)
    return body[at : at + size].rstrip(b"\0")


def _messages(read: Read, address: int, limit: int) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of each message of an object header; its blocks may take `limit` bytes each."""
    start = read(address, 32)
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
        if blocks[number][1] > limit:
            raise CorruptFileError(
                f"the header at byte {address} claims {blocks[number][1]} bytes of a file of {limit}; "
                "the file is damaged"
            )
        block = read(blocks[number][0], min(blocks[number][1], _MAX_BLOCK_SIZE))
        at = 0
        while at + layout.size <= len(block):
            kind, size, flags = layout.unpack_from(block, at)
            body = block[at + layout.size : at + layout.size + size]
            at += layout.size + size
            if kind == _CONTINUATION:
                offset, length = struct.unpack_from("<QQ", body)
                blocks.append((offset + margin, max(0, length - 2 * margin)))
            yield kind, flags, body
