"""B-trees that lead back to themselves, on which the HDF5 library never ends, or ends the process."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.trees import check_tree, chunk_key_size, root_address
from kerasfmt.errors import CorruptFileError

NONE = 2**64 - 1


def node(level: int, *children: int, right: int = NONE, key_size: int = 8) -> bytes:
    keys = bytes(key_size)
    entries = b"".join(keys + struct.pack("<Q", child) for child in children)
    return struct.pack("<4sBBHQQ", b"TREE", 0, level, len(children), NONE, right) + entries + keys


def check(nodes: dict[int, bytes], key_size: int = 8) -> list[int]:
    """Checks the tree at 1000; gives the addresses that were read."""
    read = []

    def bytes_at(offset: int, count: int) -> bytes:
        read.append(offset)
        for address, data in nodes.items():
            if address <= offset < address + len(data):
                return data[offset - address :][:count]
        return b""

    check_tree(bytes_at, 1000, key_size)
    return read


def test_sound_trees() -> None:
    assert check({1000: node(0, 5, 5)}) == [1000]
    check({1000: node(1, 2000, 3000), 2000: node(0, 7, right=3000), 3000: node(0, 8)})
    check({1000: node(1, 2000, key_size=32), 2000: node(0, 7, key_size=32)}, chunk_key_size(3))
    check({1000: node(2, 2000), 2000: node(1, 3000), 3000: node(0)})
    check({})
    check({1000: b"TREX" + bytes(40)})


@pytest.mark.parametrize(
    "nodes",
    [
        {1000: node(1, 1000)},
        {1000: node(0, right=1000)},
        {1000: node(1, 2000, 2000), 2000: node(0)},
        {1000: node(1, 2000), 2000: node(1, 1000)},
        {1000: node(2, 2000), 2000: node(0)},
        {1000: node(0), 2000: node(0)} | {1000: node(0, right=2000), 2000: node(0, right=1000)},
        {1000: node(0, right=2000), 2000: node(0, right=3000), 3000: node(0, right=2000)},
    ],
)
def test_trees_that_lead_back(nodes: dict[int, bytes]) -> None:
    with pytest.raises(
        CorruptFileError, match=r"the tree at byte 1000 leads back to byte \d+; the file is damaged"
    ):
        check(nodes)


def test_a_long_row_of_siblings_is_walked_once() -> None:
    count = 300
    nodes = {1000: node(1, *(2000 + 100 * i for i in range(count)))}
    nodes |= {2000 + 100 * i: node(0, 1, right=2000 + 100 * (i + 1)) for i in range(count)}
    assert len(check(nodes)) <= 2 * count + 4


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}], ids=str)
def test_the_root_of_a_file(tmp_path: Path, options: dict[str, object]) -> None:
    with h5py.File(tmp_path / "m.h5", "w", **options) as file:
        file["a/b"] = np.ones(3)
        wanted = h5py.h5o.get_info(file["/"].id).addr
    data = (tmp_path / "m.h5").read_bytes()[int(str(options.get("userblock_size", 0))) :]
    assert root_address(lambda offset, count: data[offset : offset + count]) == wanted
    assert root_address(lambda offset, count: data[:20]) is None
    assert root_address(lambda offset, count: b"\x89HDF\r\n\x1a\n\x09" + bytes(200)) is None


@pytest.mark.parametrize(("at", "level"), [(24 + 8, 1), (16, 0)], ids=["child", "sibling"])
def test_a_file_whose_root_leads_back(tmp_path: Path, at: int, level: int) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["a"] = np.ones(3)
    data = bytearray((tmp_path / "m.h5").read_bytes())
    tree = data.index(b"TREE")
    data[tree + 5] = level
    struct.pack_into("<Q", data, tree + at, tree)
    (tmp_path / "m.h5").write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"m\.h5.* leads back to byte"), opened(tmp_path / "m.h5"):
        pass
