"""Serialized messages with their map entries in the order of one protobuf runtime or another.

Every runtime sorts the entries of a map by key when it serializes deterministically, each in its own way. C++ and pure
Python sort in ascending order. upb, the usual runtime of Python, puts integer keys in descending order, and `dense_1`
before `dense` where one key is the beginning of another. TensorFlow writes files with upb, and hashes the bytes of C++.
Nothing else differs between the runtimes, and the entries of one map are adjacent, so it is enough to move entries.

Source: observed with protobuf 4.25.9 and 7.36.2 (upb) against TensorFlow 2.15.1 and 2.21.0 (C++);
`conformance/test_fingerprint.py` compares the two. The order of upb: upb/message/map_sorter.c, whose encoder writes
from the end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from kerasfmt.typing import record

_VARINT, _BYTES = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}
"""Wire type -> bytes."""
_RECURRING = 512
"""Up to this many bytes, the rest of a message is cached: nodes have few distinct sets of attributes."""


Key: TypeAlias = "bytes | int"
"""The key of a map entry, as it is serialized."""


class Serializable(Protocol):
    """A message of any class."""

    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool) -> bytes:
        """The bytes of the message."""


def serialize_in_key_order(message: Serializable) -> bytes:
    """The bytes of `message` as C++ serializes it deterministically."""
    return in_key_order(message.SerializeToString(deterministic=True), message.DESCRIPTOR)


def in_key_order(data: bytes, kind: Any) -> bytes:
    """The same message with the entries of every map in ascending order of their keys.

    Args:
      data: a message that is serialized deterministically.
      kind: descriptor of that message.
    """
    return _ordered(data, _layout(kind, _ascending))


def in_upb_order(data: bytes, kind: Any) -> bytes:
    """The same message with the entries of every map in the order of upb.

    Args:
      data: a message that is serialized deterministically.
      kind: descriptor of that message.
    """
    return _ordered(data, _layout(kind, _of_upb))


def _ascending(key: Key) -> Any:
    return key


_BEYOND = 256
"""Follows the bytes of a key, so that a key comes behind those that it is the beginning of."""


def _of_upb(key: Key) -> Any:
    return -key if isinstance(key, int) else (*key, _BEYOND)


@record(frozen=True, eq=False)
class _Layout:
    """Where the maps of a message type are.

    Attributes:
      nested: tag -> layout of the message, and whether it is a map's entry, for the fields that hold maps.
      paths: the tags, as bytes, on each path to a map. A message that lacks a tag of every path holds no map.
      heads: one-byte tags of the other fields that have a length.
      rank: what the entries of a map are sorted by, given a key.
    """

    nested: dict[int, tuple[_Layout, bool]]
    paths: list[tuple[bytes, ...]]
    heads: set[int]
    rank: Callable[[Key], Any]


def _ordered(data: bytes, layout: _Layout) -> bytes:
    for path in layout.paths:
        for tag_bytes in path:
            if tag_bytes not in data:
                break
        else:
            break
    else:
        return data
    nested, heads = layout.nested, layout.heads
    at, last = 0, len(data)
    while at < last:
        begin = at
        tag, size = data[at], data[at + 1]
        if tag in heads and size < 0x80:
            at += 2 + size
            continue
        tag, _, at = _field(data, at)
        if tag in nested:
            if last - begin <= _RECURRING:
                return data[:begin] + _ordered_again(data[begin:], layout)
            return data[:begin] + _ordered_rest(data[begin:], layout)
    return data


def _ordered_rest(data: bytes, layout: _Layout) -> bytes:
    """As `_ordered`, for data whose first field holds a map."""
    nested, rank = layout.nested, layout.rank
    parts: list[bytes] = []
    entries: list[tuple[Any, bytes]] = []
    map_tag = copied = at = 0
    last = len(data)
    while at < last:
        begin = at
        tag, size = data[at], data[at + 1]
        if tag < 0x80 and tag & 7 == _BYTES and size < 0x80:
            start = at + 2
            at = start + size
        else:
            tag, start, at = _field(data, at)
        if entries and tag != map_tag:
            parts.extend([entry for _, entry in sorted(entries)])
            entries.clear()
        if tag not in nested:
            continue
        child, is_map = nested[tag]
        payload = _ordered(data[start:at], child) if child.paths else data[start:at]
        parts.append(data[copied : begin if is_map else start])
        copied = at
        if is_map:
            map_tag = tag
            entries.append((rank(_key(payload)), data[begin:start] + payload))
        else:
            parts.append(payload)
    parts.extend([entry for _, entry in sorted(entries)])
    parts.append(data[copied:])
    return b"".join(parts)


_ordered_again = lru_cache(maxsize=4096)(_ordered_rest)


def _field(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, offset of the payload, and end of the field at offset `at`."""
    tag = data[at]
    at += 1
    if tag & 0x80:
        tag, at = _varint(data, at - 1)
    wire = tag & 7
    if wire == _BYTES:
        size = data[at]
        at += 1
        if size & 0x80:
            size, at = _varint(data, at - 1)
        return tag, at, at + size
    if wire == _VARINT:
        return tag, at, _varint(data, at)[1]
    return tag, at, at + _FIXED_SIZES[wire]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The varint at offset `at`, and its end."""
    value = shift = 0
    while (byte := data[at]) & 0x80:
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    return value | byte << shift, at + 1


def _key(entry: bytes) -> Key:
    """The key of a map entry, which is its first field."""
    if entry[0] & 7 == _BYTES and entry[1] < 0x80:
        return entry[2 : 2 + entry[1]]
    tag, start, end = _field(entry, 0)
    if tag & 7 == _BYTES:
        return entry[start:end]
    return _varint(entry, start)[0] if tag & 7 == _VARINT else int.from_bytes(entry[start:end], "little")


def _layout(kind: Any, rank: Callable[[Key], Any]) -> _Layout:
    """The layout of the messages of a descriptor, whose entries are sorted by `rank`."""
    layout = _LAYOUTS.get((kind.full_name, rank))
    if layout is None:
        paths = sorted({tuple(sorted(path, reverse=True)) for path in _paths(kind, frozenset())})
        layout = _LAYOUTS[kind.full_name, rank] = _Layout({}, paths, set(range(_BYTES, 0x80, 8)), rank)
        for field in kind.fields:
            child = field.message_type
            if child is not None and (_is_entry(child) or _layout(child, rank).paths):
                tag = field.number << 3 | _BYTES
                layout.heads.discard(tag)
                layout.nested[tag] = (_layout(child, rank), _is_entry(child))
    return layout


_LAYOUTS: dict[tuple[str, Callable[[Key], Any]], _Layout] = {}


def _paths(kind: Any, above: frozenset[str]) -> list[frozenset[bytes]]:
    """The tags on each path from `kind` to the nearest maps; no path passes a type twice."""
    above |= {kind.full_name}
    paths = []
    for field in kind.fields:
        child = field.message_type
        if child is None or child.full_name in above:
            continue
        tag = field.number << 3 | _BYTES
        tag_bytes = frozenset([bytes([tag] if tag < 0x80 else [tag & 0x7F | 0x80, tag >> 7])])
        if _is_entry(child):
            paths.append(tag_bytes)
        else:
            paths.extend(tag_bytes | path for path in _paths(child, above))
    return paths


def _is_entry(kind: Any) -> bool:
    return bool(kind.GetOptions().map_entry)
