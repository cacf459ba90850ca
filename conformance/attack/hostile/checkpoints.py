"""TensorFlow's checkpoints, whose index lies about the shards, and SavedModels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from conformance.attack.hostile.case import Hostile, Place
from kerasfmt import protos
from kerasfmt.containers.tensorbundle import bundle as layout, write
from kerasfmt.containers.tensorbundle.coding import encode_varint
from kerasfmt.containers.tensorbundle.table import MAGIC, decode_table, encode_table

Change = Callable[[Any], None]
_KERNEL: Final = layout.encode_key("kernel")
_TEXT: Final = layout.encode_key("text")


def _healthy(place: Place) -> Path:
    prefix = place.folder / "variables"
    tensors = {"kernel": np.ones((16, 7), np.float32), "text": np.array([b"a", b"bc"], object)}
    write(prefix, tensors.items())
    return prefix


def _index(prefix: Path) -> Path:
    return Path(layout.index_path(str(prefix)))


def _changed(key: bytes, kind: Any, change: Change) -> Callable[[Place], Path]:
    """A healthy checkpoint after a change of one message of its index."""

    def make(place: Place) -> Path:
        prefix = _healthy(place)
        index = _index(prefix)
        items = dict(decode_table(memoryview(index.read_bytes()), "index"))
        message = kind.FromString(items[key])
        change(message)
        items[key] = message.SerializeToString(deterministic=True)
        index.write_bytes(b"".join(encode_table(sorted(items.items()))))
        return prefix

    return make


def _entry(key: bytes = _KERNEL, **values: Any) -> Callable[[Place], Path]:
    """A checkpoint whose entry says these values."""

    def change(entry: Any) -> None:
        for name, value in values.items():
            setattr(entry, name, value)

    return _changed(key, protos.BundleEntryProto, change)


def _shape(*sizes: int, **values: Any) -> Callable[[Place], Path]:
    def change(entry: Any) -> None:
        del entry.shape.dim[:]
        for size in sizes:
            entry.shape.dim.add(size=size)
        for name, value in values.items():
            setattr(entry, name, value)

    return _changed(_KERNEL, protos.BundleEntryProto, change)


def _slice(*extents: tuple[int, int]) -> Callable[[Place], Path]:
    """A checkpoint whose tensor is stored in one part."""

    def change(entry: Any) -> None:
        part = entry.slices.add()
        for start, length in extents:
            part.extent.add(start=start, length=length)

    return _changed(_KERNEL, protos.BundleEntryProto, change)


def _header(**values: Any) -> Callable[[Place], Path]:
    def change(header: Any) -> None:
        for name, value in values.items():
            setattr(header, name, value)

    return _changed(layout.HEADER_KEY, protos.BundleHeaderProto, change)


def _footer(offset: int, size: int) -> Callable[[Place], Path]:
    """A checkpoint whose index block lies elsewhere."""

    def make(place: Place) -> Path:
        prefix = _healthy(place)
        handles = encode_varint(0) + encode_varint(8) + encode_varint(offset) + encode_varint(size)
        data = _index(prefix).read_bytes()[:-48] + handles.ljust(40, b"\0") + MAGIC
        _index(prefix).write_bytes(data)
        return prefix

    return make


def _compressed(place: Place) -> Path:
    """A block that says that it is compressed with Snappy."""
    prefix = _healthy(place)
    data = bytearray(_index(prefix).read_bytes())
    metaindex = data.rindex(b"\0\0\0\0\x01\0\0\0", 0, len(data) - 48)
    data[metaindex + 8] = 1
    _index(prefix).write_bytes(data)
    return prefix


def _nested(place: Place) -> Path:
    """An entry with groups nested 100,000 deep."""
    prefix = _healthy(place)
    items = dict(decode_table(memoryview(_index(prefix).read_bytes()), "index"))
    items[_KERNEL] += b"\x7b" * 100_000 + b"\x7c" * 100_000
    _index(prefix).write_bytes(b"".join(encode_table(sorted(items.items()))))
    return prefix


def _short_shard(place: Place) -> Path:
    prefix = _healthy(place)
    shard = Path(layout.data_path(str(prefix), 0, 1))
    shard.write_bytes(shard.read_bytes()[:100])
    return prefix


def _other_bytes(place: Place) -> Path:
    prefix = _healthy(place)
    shard = Path(layout.data_path(str(prefix), 0, 1))
    shard.write_bytes(bytes(len(shard.read_bytes())))
    return prefix


def _long_texts(place: Place) -> Path:
    """A tensor of texts whose first length is 2**63."""
    prefix = _healthy(place)
    shard = Path(layout.data_path(str(prefix), 0, 1))
    data = shard.read_bytes()
    shard.write_bytes(data[:448] + encode_varint(2**63) + data[449:])
    return prefix


def _saved_model(change: Change) -> Callable[[Place], Path]:
    def make(place: Place) -> Path:
        folder = place.folder / "model"
        folder.mkdir()
        saved = protos.SavedModel(saved_model_schema_version=1)
        change(saved.meta_graphs.add())
        (folder / "saved_model.pb").write_bytes(saved.SerializeToString())
        return folder

    return make


def _asset(graph: Any) -> None:
    graph.asset_file_def.add(filename="../../../../etc/passwd").tensor_info.name = "asset:0"


def _read_file(graph: Any) -> None:
    graph.graph_def.node.add(name="secret", op="ReadFile")
    graph.graph_def.library.function.add().signature.name = "f"


CORRUPT, UNSUPPORTED = "CorruptFileError", "UnsupportedFormatError"

CASES = [
    Hostile("CVE-2021-41203", "an offset below 0", _entry(offset=-8), CORRUPT),
    Hostile("CVE-2021-41203", "an offset of 2**63 - 1", _entry(offset=2**63 - 1), CORRUPT),
    Hostile("CVE-2021-41203", "a tensor behind the end of its shard", _entry(offset=1 << 20), CORRUPT),
    Hostile("CVE-2021-41203", "a size that is not that of the shape", _entry(size=1 << 40), CORRUPT),
    Hostile("CVE-2021-41203", "a shard below 0", _entry(shard_id=-1), CORRUPT),
    Hostile("CVE-2021-41203", "a shard that is not there", _entry(shard_id=7), CORRUPT),
    Hostile("CVE-2021-41203", "no shard at all", _header(num_shards=0), CORRUPT),
    Hostile("CVE-2021-41203", "2**31 - 1 shards", _header(num_shards=2**31 - 1), CORRUPT),
    Hostile("CVE-2021-41203", "a slice that begins below 0", _slice((-1, 16), (0, 7)), CORRUPT),
    Hostile("CVE-2021-41203", "a slice of 2**63 - 1 elements", _slice((1, 2**63 - 1), (0, 7)), CORRUPT),
    Hostile("CVE-2021-41203", "a slice of another rank", _slice((0, 16)), CORRUPT),
    Hostile("CVE-2021-41203", "a slice that is not there", _slice((0, 16), (0, 7)), CORRUPT),
    Hostile("CVE-2021-41203", "fewer bytes than the tensor takes", _short_shard, CORRUPT),
    Hostile("CVE-2021-29584", "sizes whose product is 2**64", _shape(2**32, 2**32, size=0), CORRUPT),
    Hostile("CVE-2021-29584", "28 TB declared", _shape(2**40, 7, size=7 * 2**42), CORRUPT),
    Hostile("CVE-2021-29584", "a size below 0", _shape(-16, -7), CORRUPT),
    Hostile("CVE-2021-29584", "300 axes", _shape(*[1] * 300, size=4), CORRUPT),
    Hostile("CVE-2020-15206", "an element type that does not exist", _entry(dtype=0), CORRUPT),
    Hostile("CVE-2020-15206", "texts in place of numbers", _entry(dtype=7), CORRUPT),
    Hostile("CVE-2020-15206", "numbers in place of texts", _entry(_TEXT, dtype=1), CORRUPT),
    Hostile("CVE-2020-15206", "a text of 2**63 bytes", _long_texts, CORRUPT),
    Hostile("CVE-2018-7577", "a block of Snappy", _compressed, CORRUPT),
    Hostile("CWE-125", "an index behind the end of the file", _footer(2**60, 100), CORRUPT),
    Hostile("CWE-190", "an index of 2**64 - 1 bytes", _footer(0, 2**64 - 1), CORRUPT),
    Hostile("CWE-354", "other elements than were written", _other_bytes, CORRUPT),
    Hostile("CVE-2025-4565", "groups nested 100,000 deep in a message", _nested, CORRUPT),
    Hostile("CWE-22", "an asset above the folder of a SavedModel", _saved_model(_asset), UNSUPPORTED),
    Hostile("TensorFlow SECURITY.md", "a graph that reads a file", _saved_model(_read_file), UNSUPPORTED),
]
