"""The variable-length strings of an attribute, read from the file without the HDF5 library.

HDF5 stores such a string as a pointer into a heap, and any number of pointers may lead to one string: a small
file can name a megabyte ten thousand times, and the library would allocate each. On a damaged heap the library
(2.0.0) never returns. Here the lengths are added up before anything is read, and each heap is walked once, forwards.

    element     length: 4, heap address: 8, heap index: 4
    heap        "GCOL", version: 1, reserved: 3, size with this header: 8, object*
    names       "HEAP", version: 1, reserved: 3, size of the names: 8
    object      index: 2 (0: the rest is free), references: 2, reserved: 4, size: 8, bytes, padded to 8

Source: HDF5 File Format Specification 3.0, III.E
"""

from __future__ import annotations

import struct
from typing import Final

from kerasfmt.containers.hdf5 import headers
from kerasfmt.containers.hdf5.headers import Read
from kerasfmt.containers.hdf5.plain_elements import PARTS, PlainElements, plain_elements
from kerasfmt.containers.hdf5.trees import GROUP_KEY_SIZE, check_tree, chunk_key_size, root_address
from kerasfmt.errors import CorruptFileError, UnsafeFileError

_CHUNKS: Final = b"\x03\x02"
"""Version 3, and the class of chunks that a tree of version 1 leads to; newer files have other trees."""
_ELSEWHERE: Final = (headers.EXTERNAL_FILES, headers.FILTERS)
"""Messages of datasets that are not plain."""
_ELEMENT: Final = struct.Struct("<IQI")
_HEAP: Final = struct.Struct("<4sB3xQ")
_NAMES: Final = struct.Struct("<4sB3xQ")
_OBJECT: Final = struct.Struct("<HH4xQ")
MAX_COMPACT: Final = 4096
"""Members and attributes in one header; HDF5 gives a group of more than 8 members, and 8 attributes, an index."""
_MAX_READS: Final = 4
"""All strings that are read may together be this many times the size of the file; some are read twice."""


class RawStrings:
    """Reads the strings of attributes of one file.

    Args:
      read: the bytes of the file, by the addresses that the file uses.
      size: bytes of the file.
      base: the byte of the file from which addresses count.
    """

    def __init__(self, read: Read, size: int, base: int = 0) -> None:
        self._read = read
        self._base = base
        self._size = size
        self._budget = _MAX_READS * size
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._heap_bytes = 0
        self._header_bytes = 0
        self._attributes: dict[int, dict[bytes, bytes]] = {}
        self._parts: dict[int, dict[int, bytes]] = {}

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
        parts: dict[int, bytes] = {}
        members = 0
        for kind, flags, body in headers.messages(self._read, self._spend, address, self._size):
            if flags & headers.SHARED:
                continue
            if kind == headers.ATTRIBUTE and len(body) >= 9:
                attributes.setdefault(headers.attribute_name(body), body)
            elif kind == headers.LAYOUT and body[:2] == _CHUNKS:
                check_tree(self._read_once, int.from_bytes(body[3:11], "little"), chunk_key_size(body[2]))
            elif kind == headers.SYMBOL_TABLE:
                tree, heap = struct.unpack_from("<QQ", body)
                check_tree(self._read_once, tree, GROUP_KEY_SIZE)
                self._check_names(heap)
            elif kind in _ELSEWHERE or kind in parts:
                parts[headers.FILTERS] = b""
            elif kind in PARTS:
                parts[kind] = body
            members += kind in (headers.ATTRIBUTE, headers.LINK)
            if members > MAX_COMPACT:
                raise UnsafeFileError(
                    f"the header at byte {address} has more than {MAX_COMPACT} members and attributes, among which "
                    "each would be looked for one by one; it is not read"
                )
        self._attributes[address] = attributes
        self._parts[address] = parts

    def plain(self, address: int) -> PlainElements | None:
        """The elements of a dataset, if they stand one after the other; None where the HDF5 library has to tell.

        Args:
          address: where its header begins, which has been checked.
        """
        return plain_elements(self._parts.get(address, {}), self._base, self._size)

    def _spend(self, offset: int, count: int) -> None:
        """Counts bytes of headers and trees, which do not overlap in a sound file."""
        self._header_bytes += count
        if self._header_bytes > 2 * self._size + headers.MAX_BLOCK_SIZE:
            raise CorruptFileError(
                f"byte {offset}: headers and trees share bytes, or claim more than the {self._size} bytes of the "
                "file; the file is damaged"
            )

    def _read_once(self, offset: int, count: int) -> bytes:
        self._spend(offset, count)
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
        at = headers.attribute_elements(body)
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
