"""Bytes of data files become arrays, their checksums verified, and no claim beyond the file is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import bundle as layout
from kerasfmt.containers.tensorbundle.bundle import Entry, Header
from kerasfmt.containers.tensorbundle.coding import extend_crc32c, mask_crc32c
from kerasfmt.containers.tensorbundle.shards import map_file
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError
from tests.containers.tensorbundle.crafted import craft, put
from tests.containers.tensorbundle.golden import CASES, SLICES, Case


@pytest.mark.parametrize("case", [*CASES, SLICES], ids=lambda case: case.name)
def test_every_damage_to_the_data_is_found(case: Case, tmp_path: Path) -> None:
    prefix = put(tmp_path, case)

    def check(shard: int, data: bytes) -> None:
        path = Path(layout.data_path(str(prefix), shard, len(case.data)))
        path.unlink()
        path.write_bytes(data)
        with pytest.raises(CorruptFileError, match=rf"{path.name}.*byte \d+"):
            for tensor in tensorbundle.read(prefix).values():
                np.asarray(tensor)
        with pytest.raises(CorruptFileError):
            tensorbundle.read(prefix, verify=False).verify()
        path.unlink()
        path.write_bytes(case.data[shard])

    for shard, data in enumerate(case.data):
        for size in range(len(data)):
            check(shard, data[:size])
        for at in range(8 * len(data)):
            bad = bytearray(data)
            bad[at // 8] ^= 1 << at % 8
            check(shard, bytes(bad))


def test_verify_can_be_left_out(tmp_path: Path) -> None:
    prefix = put(tmp_path, CASES[0])
    (tmp_path / "v.data-00000-of-00001").write_bytes(b"\0\0\x80\x3f")
    assert tensorbundle.read(prefix, verify=False)["w"][()] == 1
    with pytest.raises(CorruptFileError, match=r"byte 0: tensor 'w': crc32c expected 0x[0-9a-f]{8}, got"):
        tensorbundle.read(prefix)["w"][()]


@pytest.mark.parametrize(
    ("entry", "data", "problem"),
    [
        (Entry(dtypes.float32, (1 << 40,), 0, 0, 4 << 40, 0), bytes(8), "file of 8 bytes"),
        (Entry(dtypes.int8, (1,), 0, (1 << 63) - 1, 1, 0), bytes(8), "file of 8 bytes"),
        (Entry(dtypes.string, (2,), 0, 0, 7, 0), b"\xff\xff\xff\xff\xff\xff\xff", "expected a varint"),
        (Entry(dtypes.string, (1,), 0, 0, 6, 0), b"\x80\x80\x01\0\0\0", "the checksum of the string lengths"),
    ],
)
def test_claims_beyond_the_file(entry: Entry, data: bytes, problem: str, tmp_path: Path) -> None:
    prefix = craft(tmp_path, {b"x": entry}, data)
    with pytest.raises(CorruptFileError, match=problem):
        tensorbundle.read(prefix)["x"][...]


def test_string_lengths_beyond_the_entry(tmp_path: Path) -> None:
    lengths = extend_crc32c(0, (5).to_bytes(4, "little"))
    data = b"\x05" + mask_crc32c(lengths).to_bytes(4, "little") + b"abc"
    prefix = craft(tmp_path, {b"x": Entry(dtypes.string, (1,), 0, 0, len(data), 0)}, data)
    with pytest.raises(CorruptFileError, match="expected 5 bytes of strings, got 3"):
        tensorbundle.read(prefix)["x"][...]


@pytest.mark.parametrize(
    "entry",
    [
        Entry(dtypes.int8, (1,) * 100, 0, 0, 1, 0),
        Entry(dtypes.string, (1,) * 100, 0, 0, 6, 0),
        Entry(dtypes.int8, (0,) * 100, 0, 0, 0, 0),
        Entry(dtypes.int8, (1 << 62, 0, 1 << 62), 0, 0, 0, 0),
    ],
)
def test_shapes_beyond_numpy(entry: Entry, tmp_path: Path) -> None:
    prefix = craft(tmp_path, {b"x": entry}, b"\1\0\0\0\0a")
    with pytest.raises(UnsupportedFormatError, match="NumPy cannot hold shape"):
        tensorbundle.read(prefix, verify=False)["x"][...]


@pytest.mark.parametrize("row", [dtypes.resource, dtypes.variant], ids=str)
def test_handles_are_listed_but_not_read(row: dtypes.DType, tmp_path: Path) -> None:
    bundle = tensorbundle.read(craft(tmp_path, {b"x": Entry(row, (), 0, 0, 3, 0)}, b"abc"))
    assert bundle["x"].tensor_dtype is row
    with pytest.raises(UnsupportedFormatError, match="only TensorFlow can restore it"):
        bundle["x"][()]


BIG_ENDIAN: list[tuple[dtypes.DType, Any, bytes]] = [
    (dtypes.int32, np.array([1, 2], np.int32), b"\0\0\0\1\0\0\0\2"),
    (dtypes.bfloat16, np.array([1, 2], ml_dtypes.bfloat16), b"\x3f\x80\x40\x00"),
    (dtypes.complex64, np.array([1 + 2j], np.complex64), b"\x3f\x80\0\0\x40\0\0\0"),
    (dtypes.uint8, np.array([1, 2], np.uint8), b"\1\2"),
]


@pytest.mark.parametrize(("row", "expected", "data"), BIG_ENDIAN)
def test_big_endian(row: dtypes.DType, expected: Any, data: bytes, tmp_path: Path) -> None:
    entry = Entry(row, expected.shape, 0, 0, len(data), extend_crc32c(0, data))
    stored = tensorbundle.read(craft(tmp_path, {b"x": entry}, data, Header(1, "big")))["x"]
    assert stored[...].dtype == expected.dtype
    assert stored[...].tolist() == expected.tolist()


def test_big_endian_strings(tmp_path: Path) -> None:
    lengths = extend_crc32c(0, (2).to_bytes(4, "big"))
    checksum = mask_crc32c(lengths).to_bytes(4, "big")
    entry = Entry(dtypes.string, (), 0, 0, 7, extend_crc32c(lengths, checksum + b"ab"))
    bundle = tensorbundle.read(craft(tmp_path, {b"x": entry}, b"\2" + checksum + b"ab", Header(1, "big")))
    assert bundle["x"][()] == b"ab"


def test_an_empty_file_is_mapped_too(tmp_path: Path) -> None:
    for content in (b"", b"abc"):
        (tmp_path / "f").write_bytes(content)
        mapped = map_file(str(tmp_path / "f"))
        assert bytes(mapped) == content
        assert mapped.readonly
