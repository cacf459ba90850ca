"""The messages of an object's header, in both versions and across continuations, as h5py tells them."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5 import headers
from kerasfmt.errors import CorruptFileError


def read_of(data: bytes) -> headers.Read:
    return lambda at, count: data[at : at + count]


def all_messages(data: bytes, address: int) -> tuple[list[tuple[int, int, bytes]], int]:
    spent = []
    found = list(headers.messages(read_of(data), lambda _, count: spent.append(count), address, len(data)))
    return found, sum(spent)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_attributes_of_both_versions(tmp_path: Path, libver: str, count: int) -> None:
    path = tmp_path / "f.h5"
    with h5py.File(path, "w", libver=libver) as file:
        for place in range(
            min(count, 8 if libver == "latest" else count)
        ):  # more get an index in newer files
            file.attrs[f"attribute {place}"] = np.arange(place, dtype="i4")
        address = h5py.h5o.get_info(file.id).addr
    found, spent = all_messages(path.read_bytes(), address)
    attributes = [body for kind, _, body in found if kind == headers.ATTRIBUTE]
    names = [headers.attribute_name(body) for body in attributes]
    assert sorted(names) == sorted(f"attribute {place}".encode() for place in range(len(names)))
    assert len(names) in {min(count, 8), count}
    for name, body in zip(names, attributes, strict=True):
        size = int(name.split()[1])
        elements = body[headers.attribute_elements(body) :][: 4 * size]
        assert elements == np.arange(size, dtype="<i4").tobytes()
    assert spent < path.stat().st_size


def test_blocks_beyond_the_first_read(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        file.attrs["long"] = "x" * 5000
        address = h5py.h5o.get_info(file.id).addr
    reads = []
    data = path.read_bytes()

    def read(offset: int, count: int) -> bytes:
        reads.append((offset, count))
        return data[offset : offset + count]

    found = list(headers.messages(read, lambda *_: None, address, len(data)))
    assert any(
        headers.attribute_name(body) == b"long" for kind, _, body in found if kind == headers.ATTRIBUTE
    )
    assert len(reads) >= 2


def test_a_block_that_claims_more_than_the_file() -> None:
    header = struct.pack("<BxHII4x", 1, 1, 1, 1 << 20)
    with pytest.raises(CorruptFileError, match="the header at byte 0 claims 1048576 bytes of a file of 16"):
        all_messages(header, 0)


def test_a_header_that_is_cut() -> None:
    with pytest.raises(struct.error):
        all_messages(b"\1\0\0", 0)
