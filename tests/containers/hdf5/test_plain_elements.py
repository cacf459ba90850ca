"""What the header tells of a dataset is what the HDF5 library tells; what is unusual is left to the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5 import headers
from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.plain_elements import PlainElements, plain_elements
from kerasfmt.errors import CorruptFileError


def plain(path: Path, name: str = "w") -> PlainElements | None:
    """What the header of a dataset of a file tells."""
    with opened(path) as file:
        node = file.root.find(name)
        assert node is not None
        assert node.raw is not None
        return node.raw.plain(node.address)


def written(path: Path, write: Callable[[Any], object], **options: Any) -> Path:
    with h5py.File(path, "w", **options) as file:
        write(file)
    return path


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("user_block", [0, 512])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 1, 2, 2)])
def test_numbers_as_the_library_tells_them(
    tmp_path: Path, libver: str, user_block: int, dtype: str, shape: tuple[int, ...]
) -> None:
    values = np.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape) + 1
    path = written(
        tmp_path / "f.h5",
        lambda f: f.create_dataset("w", data=values),
        libver=libver,
        userblock_size=user_block,
    )
    found = plain(path)
    with h5py.File(path) as file:
        assert found is not None
        assert found.offset == file["w"].id.get_offset()
        assert found.nbytes == file["w"].id.get_storage_size()
    assert (found.shape, found.dtype) == (shape, values.dtype)
    stored = path.read_bytes()[found.offset : found.offset + found.nbytes]
    assert stored == values.tobytes()
    with opened(path) as opening:
        node = opening.root.find("w")
        assert node is not None
        np.testing.assert_array_equal(opening.dataset(node)[()], values)


@pytest.mark.parametrize(
    "options",
    [
        {"data": np.ones(3, ">f4")},
        {"data": np.ones(3, ">i8")},
        {"data": np.ones(3, bool)},
        {"data": np.ones(3, "c8")},
        {"data": np.array([b"ab"])},
        {"data": np.ones((4, 4), "f4"), "chunks": (2, 2)},
        {"data": np.ones((4, 4), "f4"), "compression": "gzip"},
        {"shape": (0, 3), "dtype": "f4"},
        {"shape": (3,), "dtype": "f4"},  # without storage
        {"data": h5py.Empty("f4")},
    ],
    ids=str,
)
def test_the_rest_is_left_to_the_library(tmp_path: Path, options: dict[str, Any]) -> None:
    path = written(tmp_path / "f.h5", lambda f: f.create_dataset("w", **options))
    assert plain(path) is None


def test_elements_in_other_files(tmp_path: Path) -> None:
    def write(file: Any) -> None:
        (tmp_path / "other").write_bytes(bytes(16))
        file.create_dataset("w", (4,), "f4", external=[("other", 0, 16)])

    assert plain(written(tmp_path / "f.h5", write)) is None


def test_a_dtype_that_stands_elsewhere(tmp_path: Path) -> None:
    def write(file: Any) -> None:
        file["kind"] = np.dtype("f4")
        file.create_dataset("w", (3,), file["kind"], data=np.ones(3, "f4"))

    assert plain(written(tmp_path / "f.h5", write)) is None


def test_elements_that_end_after_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "f.h5", lambda f: f.create_dataset("w", data=np.ones(3, "f4")))
    data = path.read_bytes()
    found = plain(path)
    assert found is not None
    layout = b"\x03\x01" + found.offset.to_bytes(8, "little") + (12).to_bytes(8, "little")
    assert data.count(layout) == 1
    path.write_bytes(data.replace(layout, b"\x03\x01" + (1 << 40).to_bytes(8, "little") + layout[10:]))
    with opened(path) as file, pytest.raises(CorruptFileError):
        node = file.root.find("w")
        assert node is not None
        file.dataset(node)


FLOATS = bytes.fromhex("11201f000400000000002000170800177f000000")
LAYOUT = b"\x03\x01" + (64).to_bytes(8, "little") + (8).to_bytes(8, "little")
SPACE = b"\x01\x01\x00\x00\x00\x00\x00\x00" + (2).to_bytes(8, "little")
PARTS = {headers.DATASPACE: SPACE, headers.DATATYPE: FLOATS, headers.LAYOUT: LAYOUT}


def test_parts_by_hand() -> None:
    found = plain_elements(PARTS, 0, 100)
    assert found is not None
    assert (found.shape, found.dtype, found.offset, found.nbytes) == ((2,), np.float32, 64, 8)
    moved = plain_elements(PARTS, 512, 1000)
    assert moved is not None
    assert moved.offset == 576


@pytest.mark.parametrize(
    "changed",
    [
        {headers.FILTERS: b""},
        {headers.DATASPACE: b""},
        {headers.DATASPACE: SPACE[:9]},
        {headers.DATASPACE: b"\x03" + SPACE[1:]},
        {headers.DATASPACE: b"\x02\x01\x00\x02" + (2).to_bytes(8, "little")},
        {headers.DATATYPE: b""},
        {headers.DATATYPE: FLOATS[:12]},
        {headers.DATATYPE: FLOATS[:8] + b"\1" + FLOATS[9:]},
        {headers.LAYOUT: LAYOUT[:10]},
        {headers.LAYOUT: b"\x03\x02" + LAYOUT[2:]},
        {headers.LAYOUT: LAYOUT[:10] + (12).to_bytes(8, "little")},
    ],
    ids=str,
)
def test_damaged_parts_are_left_to_the_library(changed: dict[int, bytes]) -> None:
    assert plain_elements({**PARTS, **changed}, 0, 100) is None
    assert plain_elements(PARTS, 0, 71) is None
