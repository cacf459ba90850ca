from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import dtypes, protos
from kerasfmt.containers.tensorbundle import bundle
from kerasfmt.containers.tensorbundle.bundle import Entry, Header
from kerasfmt.containers.tensorbundle.coding import unmask_crc32c
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError

HEADERS = [
    (Header(1), "0801 1a02 0801"),
    (Header(3), "0803 1a02 0801"),
    (Header(1, "big"), "0801 1001 1a02 0801"),
]
ENTRIES = [
    (Entry(dtypes.float32, (), 0, 0, 4, 0), "0801 1200 2804 35 d8ea82a2"),
    (
        Entry(dtypes.int8, (3, 0), 1, 300, 0, 0xFFFFFFFF),
        "0806 1206 1202 0803 1200 1801 20ac02 35 d7ea82a2",
    ),
    (Entry(dtypes.string, (2,), 0, 0, 9, 0), "0807 1204 1202 0802 2809 35 d8ea82a2"),
]


@pytest.mark.parametrize(("header", "encoded"), HEADERS)
def test_header_both_ways(header: Header, encoded: str) -> None:
    assert bundle.encode_header(header) == bytes.fromhex(encoded)
    assert bundle.decode_header(bytes.fromhex(encoded), "f") == header


@pytest.mark.parametrize(("entry", "encoded"), ENTRIES)
def test_entry_both_ways(entry: Entry, encoded: str) -> None:
    assert bundle.encode_entry(entry).hex() == bytes.fromhex(encoded).hex()
    assert bundle.decode_entry(bytes.fromhex(encoded), Header(2), "f") == entry


def test_sliced_entry_both_ways() -> None:
    entry = Entry(dtypes.float32, (4, 6), 0, 0, 0, unmask_crc32c(0), (((0, 2), (0, -1)), ((2, 2), (0, -1))))
    assert bundle.decode_entry(bundle.encode_entry(entry), Header(1), "f") == entry


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ({"producer": 1}, False),
        ({"producer": 9, "min_consumer": 1}, False),
        ({"min_consumer": 2}, True),
        ({"bad_consumers": [1]}, True),
    ],
)
def test_versions(version: dict[str, Any], refused: bool) -> None:
    data = protos.serialize(protos.BundleHeaderProto(num_shards=1, version=protos.VersionDef(**version)))
    if refused:
        with pytest.raises(UnsupportedFormatError, match="version 1 can read"):
            bundle.decode_header(data, "f")
    else:
        assert bundle.decode_header(data, "f") == Header(1)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "at least one shard, got 0"),
        (b"\x08\xff", "serialized BundleHeaderProto"),
        (b"\x08\x01\x10\x05", "endianness 5"),
    ],
)
def test_bad_header(data: bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem):
        bundle.decode_header(data, "f")


def make_entry(dims: tuple[int, ...] = (2,), **fields: Any) -> bytes:
    message = protos.BundleEntryProto(**{"dtype": 1, "size": 8, **fields})
    for size in dims:
        message.shape.dim.add(size=size)
    return protos.serialize(message)


def make_sliced(*extents: tuple[int, int]) -> bytes:
    message = protos.BundleEntryProto.FromString(make_entry((4,), size=0))
    part = message.slices.add()
    for start, length in extents:
        part.extent.add(start=start, length=length)
    return protos.serialize(message)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x08\xff", "serialized BundleEntryProto"),
        (make_entry(dtype=0), "DT_INVALID"),
        (make_entry((-1,)), "known dimensions"),
        (make_entry((1,) * 255), "known dimensions"),
        (make_entry(shape=protos.TensorShapeProto(unknown_rank=True)), "unknown rank"),
        (make_entry(shard_id=1), "shard below 1, got 1"),
        (make_entry(shard_id=-1), "shard below 1, got -1"),
        (make_entry(offset=-1), "got -1 and 8"),
        (make_entry(size=-1), "got 0 and -1"),
        (make_entry(size=7), r"expected 8 bytes for float32 \(2,\), got 7"),
        (make_entry((1 << 62, 1 << 62), size=0), "the file is damaged"),
        (make_entry(dtype=7, size=5), "at least 6 bytes for 2 strings"),
        (make_entry((1 << 40,), dtype=7), "strings, got 8"),
        (make_sliced((0, 2), (0, 2)), "not within shape"),
        (make_sliced((3, 2)), "not within shape"),
        (make_sliced((-1, 2)), "not within shape"),
        (make_sliced((0, -2)), "not within shape"),
    ],
)
def test_bad_entry(data: bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem):
        bundle.decode_entry(data, Header(1), "v.index: tensor 'x'")


@pytest.mark.parametrize("number", [34, 101])
def test_unknown_dtype(number: int) -> None:
    with pytest.raises(UnsupportedFormatError, match=f"tensor 'x': DataType {number}"):
        bundle.decode_entry(make_entry(dtype=number), Header(1), "v.index: tensor 'x'")


def test_paths() -> None:
    assert bundle.index_path("d/v") == "d/v.index"
    assert bundle.data_path("d/v", 7, 12) == "d/v.data-00007-of-00012"
