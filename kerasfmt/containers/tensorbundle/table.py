"""Sorted string tables, TensorFlow's port of LevelDB's: the container of a checkpoint's index.

    table        data block*, metaindex block, index block, footer
    block        entry*, restart: fixed32 each (offset of an entry whose key is whole), restart count:
                 fixed32; then its trailer: compression: 1 byte (0 none, 1 snappy), masked crc32c: fixed32
                 (of the block and the compression byte)
    entry        shared: varint, unshared: varint, value length: varint, key tail: unshared bytes, value.
                 The key is the first `shared` bytes of the previous key, then the key tail
    index block  one entry per data block: a key >= its last key and < the next block's first, and its handle
    handle       offset: varint, size: varint (without the trailer)
    footer       metaindex handle, index handle, zeros up to 40 bytes, magic: 8 bytes

TensorFlow writes blocks of at least 256 KiB, uncompressed, with an empty metaindex; `snappy` reads those of other
writers.

Source: tensorflow/core/lib/io/format.h, table_builder.cc, block_builder.cc, table_options.h
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from kerasfmt.containers.tensorbundle.coding import (
    Window,
    encode_varints,
    extend_crc32c,
    mask_crc32c,
    unmask_crc32c,
)
from kerasfmt.containers.tensorbundle.snappy import decompress
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError

MAGIC: Final = (0xDB4775248B80FB57).to_bytes(8, "little")
FOOTER_SIZE: Final = 48
TRAILER_SIZE: Final = 5
BLOCK_SIZE: Final = 256 * 1024
RESTART_INTERVAL: Final = 16
_NO_COMPRESSION: Final = 0
_SNAPPY: Final = 1

Handle = tuple[int, int]


class _BlockBuilder:
    """The bytes of one block, key by key."""

    def __init__(self, restart_interval: int) -> None:
        self._restart_interval = restart_interval
        self._entries = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self._last_key = b""

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart < self._restart_interval:
            shared = _shared_length(self._last_key, key)
        else:
            self._restarts.append(len(self._entries))
            self._since_restart = 0
        lengths = encode_varints([shared, len(key) - shared, len(value)])
        self._entries += lengths + key[shared:] + value
        self._last_key = key
        self._since_restart += 1

    def __len__(self) -> int:
        """Size of the block in bytes, without its trailer."""
        return len(self._entries) + 4 * len(self._restarts) + 4

    @property
    def is_empty(self) -> bool:
        return not self._entries

    def encode(self) -> bytes:
        """The block and its trailer."""
        numbers = (*self._restarts, len(self._restarts))
        block = bytes(self._entries) + b"".join(number.to_bytes(4, "little") for number in numbers)
        block += bytes((_NO_COMPRESSION,))
        return block + mask_crc32c(extend_crc32c(0, block)).to_bytes(4, "little")


def encode_table(items: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """The bytes of a table that holds `items`, block by block, as TensorFlow's TableBuilder gives them.

    Args:
      items: keys and values, the keys strictly ascending.

    Source: tensorflow/core/lib/io/table_builder.cc, TableBuilder::Add, Flush and Finish
    """
    index = _BlockBuilder(restart_interval=1)
    offset = 0
    pending: tuple[bytes, bytes] | None = None  # last key and handle of a block whose successor is not known
    for first_key, last_key, block in _data_blocks(items):
        if pending is not None:
            index.add(_shortest_separator(pending[0], first_key), pending[1])
        pending = last_key, _encode_handle(offset, block)
        encoded = block.encode()
        yield encoded
        offset += len(encoded)
    if pending is not None:
        index.add(_short_successor(pending[0]), pending[1])
    metaindex = _BlockBuilder(RESTART_INTERVAL)
    encoded = metaindex.encode()
    yield encoded
    yield index.encode()
    handles = _encode_handle(offset, metaindex) + _encode_handle(offset + len(encoded), index)
    yield handles.ljust(FOOTER_SIZE - len(MAGIC), b"\0") + MAGIC


def _data_blocks(items: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes, _BlockBuilder]]:
    """The first key, the last key and the entries of each data block."""
    block = _BlockBuilder(RESTART_INTERVAL)
    first_key = last_key = b""
    for key, value in items:
        if not block.is_empty and len(key) + len(value) >= 2 * BLOCK_SIZE:
            yield first_key, last_key, block
            block = _BlockBuilder(RESTART_INTERVAL)
        if block.is_empty:
            first_key = key
        last_key = key
        block.add(key, value)
        if len(block) >= BLOCK_SIZE:
            yield first_key, last_key, block
            block = _BlockBuilder(RESTART_INTERVAL)
    if not block.is_empty:
        yield first_key, last_key, block


def _encode_handle(offset: int, block: _BlockBuilder) -> bytes:
    return encode_varints([offset, len(block)])


def _shared_length(left: bytes, right: bytes) -> int:
    """The number of leading bytes that two keys have in common."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shortest_separator(key: bytes, limit: bytes) -> bytes:
    """A short key in [key, limit). Source: table_builder.cc, FindShortestSeparator."""
    at = _shared_length(key, limit)
    if at < min(len(key), len(limit)) and key[at] < 0xFF and key[at] + 1 < limit[at]:
        return key[:at] + bytes((key[at] + 1,))
    return key


def _short_successor(key: bytes) -> bytes:
    """A short key >= `key`. Source: table_builder.cc, FindShortSuccessor."""
    for at, byte in enumerate(key):
        if byte != 0xFF:
            return key[:at] + bytes((byte + 1,))
    return key


def decode_table(data: memoryview, file: str) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of the table that `data` holds, in ascending order of the keys.

    The checksum of every block is verified. Every byte must belong to a block. A length is used only when that
    many bytes are there.

    Args:
      data: the whole file.
      file: what errors call it.

    Raises:
      CorruptFileError: the bytes are not a table, or are damaged.
      UnsupportedFormatError: a block is compressed in an unknown way, or the table has meta blocks.
    """
    metaindex, index = _decode_footer(data, file)
    if any(True for _ in _decode_block(data, metaindex, file)):
        raise UnsupportedFormatError(
            f"{file}: metaindex block at byte {metaindex[0]}: expected no meta blocks; TensorFlow writes none"
        )
    last_key: bytes | None = None
    start = 0
    for limit, encoded in _decode_block(data, index, file):
        offset, size = _decode_handle(Window(encoded, file, index[0]))
        _check_place("data block", offset, start, file)
        start += size + TRAILER_SIZE
        for key, value in _decode_block(data, (offset, size), file):
            if last_key is not None and key <= last_key:
                raise CorruptFileError(
                    f"{file}: block at byte {offset}: expected a key above {last_key!r}, got {key!r}; "
                    "the file is damaged"
                )
            last_key = key
            yield key, value
        if last_key is None or last_key > limit:
            raise CorruptFileError(
                f"{file}: block at byte {offset}: expected keys up to {limit!r}, got {last_key!r}; "
                "the file is damaged"
            )
    _check_place("metaindex block", metaindex[0], start, file)


def _decode_footer(data: memoryview, file: str) -> tuple[Handle, Handle]:
    """The handles of the metaindex block and of the index block."""
    if len(data) < FOOTER_SIZE:
        raise CorruptFileError(
            f"{file}: expected a table of at least {FOOTER_SIZE} bytes, got {len(data)} bytes; "
            "the file is truncated or is not a checkpoint index"
        )
    start = len(data) - FOOTER_SIZE
    end = FOOTER_SIZE - len(MAGIC)
    footer = Window(bytes(data[start:]), file, start)
    magic = bytes(footer.data[end:])
    if magic != MAGIC:
        raise footer.damaged(end, f"expected the table magic {MAGIC.hex()}, got {magic.hex()}")
    numbers, at = [], 0
    for _ in range(4):
        number, at = footer.varint(at, end)
        numbers.append(number)
    if any(footer.data[at:end]):
        raise footer.damaged(at, "expected zeros between the footer's handles and its magic")
    metaindex, index = (numbers[0], numbers[1]), (numbers[2], numbers[3])
    _check_place("index block", index[0], sum(metaindex) + TRAILER_SIZE, file)
    _check_place("footer", start, sum(index) + TRAILER_SIZE, file)
    return metaindex, index


def _check_place(what: str, offset: int, expected: int, file: str) -> None:
    """Raises CorruptFileError unless `what` begins where the block before it ends."""
    if offset != expected:
        raise CorruptFileError(
            f"{file}: {what} at byte {offset}: expected it at byte {expected}, "
            "where the block before it ends; the file is damaged"
        )


def _decode_handle(encoded: Window) -> Handle:
    offset, at = encoded.varint(0)
    size, at = encoded.varint(at)
    if at != len(encoded.data):
        raise encoded.damaged(0, f"block handle has {len(encoded.data) - at} bytes too many")
    return offset, size


def _decode_block(data: memoryview, handle: Handle, file: str) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of the block that `handle` points at."""
    block = _read_block(data, handle, file)
    restarts = _decode_restarts(block)
    end = len(block.data) - 4 * len(restarts) - 4
    # With a whole key every 16 entries, keys together are at most 16 times as long as the block.
    budget = RESTART_INTERVAL * len(block.data)
    at, key = 0, b""
    while at < end:
        start = at
        shared, at = block.varint(at, end)
        unshared, at = block.varint(at, end)
        size, at = block.varint(at, end)
        if shared > len(key) or (shared and start in restarts):
            raise block.damaged(start, f"entry shares {shared} bytes with a key of {len(key)} bytes")
        if unshared + size > end - at:
            raise block.damaged(
                start, f"entry of {unshared + size} bytes does not fit the {end - at} bytes left in its block"
            )
        budget -= shared + unshared
        if budget < 0:
            raise block.damaged(start, f"expected a whole key at least every {RESTART_INTERVAL} entries")
        key = key[:shared] + bytes(block.data[at : at + unshared])
        at += unshared
        yield key, bytes(block.data[at : at + size])
        at += size


def _read_block(data: memoryview, handle: Handle, file: str) -> Window:
    """The bytes of a block without its trailer, decompressed; its checksum is verified."""
    offset, size = handle
    if offset + size + TRAILER_SIZE > len(data) - FOOTER_SIZE:
        raise CorruptFileError(
            f"{file}: byte {offset}: expected a block of {size} bytes and its {TRAILER_SIZE}-byte trailer "
            f"before the footer at byte {len(data) - FOOTER_SIZE}; the file is damaged"
        )
    block = data[offset : offset + size + 1]
    checksum = unmask_crc32c(int.from_bytes(data[offset + size + 1 : offset + size + TRAILER_SIZE], "little"))
    actual = extend_crc32c(0, block)
    if checksum != actual:
        raise CorruptFileError(
            f"{file}: block at byte {offset}: crc32c expected 0x{checksum:08x}, "
            f"got 0x{actual:08x}; the file is damaged"
        )
    compression = block[size]
    stored = Window(bytes(block[:size]), file, offset)
    if compression == _SNAPPY:
        return decompress(stored)
    if compression != _NO_COMPRESSION:
        raise UnsupportedFormatError(
            f"{file}: block at byte {offset}: expected compression 0 (none) or 1 (snappy), got {compression}"
        )
    return stored


def _decode_restarts(block: Window) -> frozenset[int]:
    """The offsets in the block at which a key is whole."""
    size = len(block.data)
    count = block.fixed32(max(0, size - 4))
    if count == 0 or 4 * count + 4 > size:
        raise block.damaged(max(0, size - 4), f"expected 1 to {max(0, size // 4 - 1)} restarts, got {count}")
    first = size - 4 * count - 4
    restarts = [block.fixed32(first + 4 * number) for number in range(count)]
    ascending = all(low < high for low, high in pairwise(restarts))
    if restarts[0] != 0 or not ascending or restarts[-1] > first:
        raise block.damaged(first, f"restarts must ascend from 0 to at most {first}")
    return frozenset(restarts)
