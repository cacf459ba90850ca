"""Snappy as a simple compressor makes it, and tables of such blocks."""

from __future__ import annotations

from collections.abc import Sequence

from kerasfmt.containers.tensorbundle import table
from kerasfmt.containers.tensorbundle.coding import encode_varint, extend_crc32c, mask_crc32c

_SHORTEST, _LONGEST = 4, 64


def pack(data: bytes) -> bytes:
    """`data` in snappy: a copy wherever four bytes have come before, else literals."""
    out = bytearray(encode_varint(len(data)))
    met: dict[bytes, int] = {}
    at = literal = 0
    while at < len(data):
        start = met.get(data[at : at + _SHORTEST])
        met[data[at : at + _SHORTEST]] = at
        if start is None or at + _SHORTEST > len(data) or at - start >= 1 << 16:
            at += 1
            continue
        length = _SHORTEST
        while length < _LONGEST and at + length < len(data) and data[start + length] == data[at + length]:
            length += 1
        out += _literal(data[literal:at]) + _copy(at - start, length)
        at += length
        literal = at
    return bytes(out + _literal(data[literal:]))


def _literal(data: bytes) -> bytes:
    if not data:
        return b""
    if len(data) <= 60:
        return bytes(((len(data) - 1) << 2,)) + data
    count = ((len(data) - 1).bit_length() + 7) // 8
    return bytes(((59 + count) << 2,)) + (len(data) - 1).to_bytes(count, "little") + data


def _copy(offset: int, length: int) -> bytes:
    if length < 12 and offset < 1 << 11:
        return bytes((1 | (length - 4) << 2 | offset >> 8 << 5, offset & 0xFF))
    return bytes((2 | (length - 1) << 2,)) + offset.to_bytes(2, "little")


def seal(block: bytes, compression: int) -> bytes:
    """A block and its trailer."""
    block += bytes((compression,))
    return block + mask_crc32c(extend_crc32c(0, block)).to_bytes(4, "little")


def compressed(items: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A table with one data block, which is compressed."""
    builder = table._BlockBuilder(table.RESTART_INTERVAL)
    for key, value in items:
        builder.add(key, value)
    block = pack(builder.encode()[: -table.TRAILER_SIZE])
    out = seal(block, 1)
    handle = encode_varint(0) + encode_varint(len(block))
    meta = table._BlockBuilder(table.RESTART_INTERVAL).encode()
    index = table._BlockBuilder(1)
    index.add(items[-1][0], handle)
    packed = pack(index.encode()[: -table.TRAILER_SIZE])
    ends = (len(out), len(meta) - table.TRAILER_SIZE, len(out) + len(meta), len(packed))
    out += meta + seal(packed, 1)
    footer = b"".join(map(encode_varint, ends)).ljust(table.FOOTER_SIZE - len(table.MAGIC), b"\0")
    return out + footer + table.MAGIC
