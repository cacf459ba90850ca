"""Mutations of a checkpoint: its index, what the index says, its shard, and its object graph.

An input holds both files: the size of the index as 8 bytes, the index, the shard.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from conformance.fuzz import spoil
from conformance.fuzz.spoil_hdf5 import Spoil
from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import bundle as layout
from kerasfmt.containers.tensorbundle.coding import Window
from kerasfmt.containers.tensorbundle.table import decode_table, encode_table
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY

_NUMBERS = (0, 1, -1, 2, 7, 255, 1 << 20, (1 << 31) - 1, -(1 << 31), 1 << 40, (1 << 63) - 1, -(1 << 63))


_GRAPH = OBJECT_GRAPH_KEY.encode()
_NAMES = (
    "",
    "kernel",
    "layer-0",
    "layer_with_weights-0",
    "optimizer",
    "_variables",
    "0",
    "root",
    "a/b",
    "x" * 3000,
)


def joined(index: bytes, shard: bytes) -> bytes:
    """An input of these files."""
    return len(index).to_bytes(8, "little") + index + shard


def split(data: bytes) -> tuple[bytes, bytes]:
    """The index and the shard of an input."""
    size = int.from_bytes(data[:8], "little")
    return data[8 : 8 + size], data[8 + size :]


def put(data: bytes, prefix: Path) -> None:
    """Writes the files of an input."""
    index, shard = split(data)
    Path(layout.index_path(str(prefix))).write_bytes(index)
    Path(layout.data_path(str(prefix), 0, 1)).write_bytes(shard)


def _index(change: Spoil) -> Spoil:
    def spoilt(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        index, shard = split(data)
        return joined(change(random, index, [split(other)[0] for other in others]), shard)

    return spoilt


def _shard(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The shard spoilt in every way."""
    index, shard = split(data)
    change = random.choice(list(spoil.BYTES.values()))
    return joined(index, change(random, shard, [split(other)[1] for other in others]))


def _items(random: Random, data: bytes, change: Callable[[Random, dict[bytes, bytes]], None]) -> bytes:
    index, shard = split(data)
    items = dict(decode_table(memoryview(index), "index"))
    change(random, items)
    return joined(b"".join(encode_table(sorted(items.items()))), shard)


def _number(random: Random, message: Any, field: str, bits: int = 64) -> None:
    value = random.choice(_NUMBERS)
    if -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        setattr(message, field, value)


def _spoil_entry(random: Random, entry: Any) -> None:
    kind = random.randrange(8)
    if kind == 0:
        entry.dtype = random.choice((0, 1, 2, 3, 7, 14, 19, 20, 29, 40, 101))
    elif kind == 1:
        _number(random, entry, "shard_id", 32)
    elif kind == 2:
        _number(random, entry, "offset")
    elif kind == 3:
        _number(random, entry, "size")
    elif kind == 4:
        entry.crc32c = random.getrandbits(32)
    elif kind == 5 and entry.shape.dim:
        _number(random, random.choice(entry.shape.dim), "size")
    elif kind == 6:
        entry.shape.unknown_rank = True
    else:
        for _ in range(random.choice((1, 2, 300))):
            extent = entry.slices.add().extent.add(start=random.choice(_NUMBERS))
            extent.length = random.choice(_NUMBERS)


def entries(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """What the index says of tensors and shards, spoilt."""

    def change(random: Random, items: dict[bytes, bytes]) -> None:
        for _ in range(random.choice((1, 1, 3))):
            key = random.choice(sorted(items))
            if key == layout.HEADER_KEY:
                header = protos.BundleHeaderProto.FromString(items[key])
                _number(random, *random.choice(((header, "num_shards"), (header.version, "producer"))), 32)
                items[key] = header.SerializeToString()
                continue
            entry = protos.BundleEntryProto.FromString(items[key])
            _spoil_entry(random, entry)
            items[key] = entry.SerializeToString()

    return _items(random, data, change)


def keys(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Keys missing, swapped, spoilt, or too many."""

    def change(random: Random, items: dict[bytes, bytes]) -> None:
        key, other = random.choice(sorted(items)), random.choice(sorted(items))
        kind = random.randrange(5)
        if kind == 0:
            del items[key]
        elif kind == 1:
            items[key], items[other] = items[other], items[key]
        elif kind == 2:
            items[random.choice((key + b"\xff", key[1:], b"\0" + key, b"\x1b[2J", b"x" * 100_000))] = (
                items.pop(key)
            )
        elif kind == 3:
            items[key] = random.choice(list(spoil.BYTES.values()))(
                random, items[key] or b"x", [items[other] or b"y"]
            )
        else:
            items.update({b"extra%d" % number: items[key] for number in range(random.choice((1, 3000)))})

    return _items(random, data, change)


def _object(random: Random, node: Any, count: int) -> None:
    """One object of a graph: its children, names, keys or slots."""
    number = random.choice((0, random.randrange(count), random.randrange(count), count, *_NUMBERS[:9]))
    kind = random.randrange(7)
    if kind == 0:
        node.children.add(local_name=random.choice(_NAMES), node_id=number)
    elif kind == 1 and node.children:
        random.choice(node.children).node_id = number
    elif kind == 2 and node.children:
        random.choice(node.children).local_name = random.choice(_NAMES)
    elif kind == 3 and node.children:
        del node.children[random.randrange(len(node.children))]
    elif kind == 4:
        node.attributes.add(name="VARIABLE_VALUE", checkpoint_key=random.choice(_NAMES), full_name="x")
    elif kind == 5 and node.attributes:
        random.choice(node.attributes).checkpoint_key = random.choice(_NAMES)
    else:
        slot = node.slot_variables.add(slot_name=random.choice(("m", "momentum")))
        slot.original_variable_node_id, slot.slot_variable_node_id = number, random.randrange(count)


def graph(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The object graph spoilt: circles, numbers of no object, other names; or its bytes, under a right checksum."""
    index, shard = split(data)
    items = dict(decode_table(memoryview(index), "index"))
    entry = protos.BundleEntryProto.FromString(items.get(_GRAPH, b""))
    stored = shard[entry.offset : entry.offset + entry.size]
    message = protos.TrackableObjectGraph()
    if stored:
        _, start = Window(stored, "graph", 0).varint(0)
        message.ParseFromString(stored[start + 4 :])
    for _ in range(random.choice((1, 1, 3, 30))):
        if not message.nodes or not random.randrange(8):
            message.nodes.add()
        _object(random, random.choice(message.nodes), len(message.nodes))
    text = message.SerializeToString()
    if not random.randrange(4):
        text = random.choice(list(spoil.BYTES.values()))(random, text or b"x", [text or b"y"])
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "g"
        tensorbundle.write_new(path, [(_GRAPH.decode(), np.array(text, object))])
        made = dict(decode_table(memoryview(Path(layout.index_path(str(path))).read_bytes()), "index"))
        added = Path(layout.data_path(str(path), 0, 1)).read_bytes()
    entry = protos.BundleEntryProto.FromString(made[_GRAPH])
    entry.offset = len(shard)
    items[_GRAPH] = entry.SerializeToString()
    return joined(b"".join(encode_table(sorted(items.items()))), shard + added)


CHECKPOINT: dict[str, Spoil] = {
    **{f"index: {name}": _index(change) for name, change in spoil.BYTES.items()},
    "shard": _shard,
    "entries": entries,
    "keys": keys,
    "graph": graph,
}
