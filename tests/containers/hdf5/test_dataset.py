"""Datasets are read when they are used, and only those whose header shows that this is harmless."""

from __future__ import annotations

import gc
import itertools
import os
import re
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest

from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsafeFileError, UnsupportedFormatError
from tests.containers.hdf5.files import ARRAY, Edit, read_array, without_array, write_file


def write_array(path: Path, array: np.ndarray, **options: Any) -> Path:
    return write_file(path, lambda file: without_array(file).create_dataset("w", data=array, **options))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.arange(5, dtype=">f8"),
        np.array(7, np.int64),
        np.zeros((0, 3), np.float16),
        np.array([True, False]),
        np.array([1 + 2j], np.complex64),
    ],
    ids=lambda array: f"{array.dtype}{list(array.shape)}",
)
def test_a_dataset_is_the_array(tmp_path: Path, array: np.ndarray) -> None:
    dataset = read_array(write_array(tmp_path / "f.h5", array))
    assert dataset.shape == array.shape
    assert dataset.dtype == array.dtype.newbyteorder("=")
    assert dataset.dtype.isnative
    assert (dataset.size, dataset.nbytes, dataset.ndim) == (array.size, array.nbytes, array.ndim)
    np.testing.assert_array_equal(np.asarray(dataset), array)
    assert dataset[()].dtype.isnative
    if array.ndim:
        np.testing.assert_array_equal(dataset[1:2], array[1:2])
        np.testing.assert_array_equal(dataset[0:1, ...], array[0:1])
        np.testing.assert_array_equal(dataset[(slice(0, 1),)], array[0:1])
        np.testing.assert_array_equal(dataset[::2], array[::2])
        np.testing.assert_array_equal(dataset[5:2], array[5:2])
        assert len(dataset) == len(array)


@pytest.mark.parametrize("shape", [(5,), (1, 4), (1, 1, 3), (2, 3, 2), (1, 3, 2), ()], ids=str)
def test_every_basic_index_is_that_of_numpy(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Some select elements that stand one after the other, which the HDF5 library does not read."""
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        file.create_group("g")["w"] = array
    found = read_array(path)
    parts = [
        slice(None),
        slice(0, 1),
        slice(1, 2),
        slice(1, None),
        slice(0, 2),
        slice(2, 2),
        slice(0, 9),
        slice(0, 3, 2),
        0,
    ]
    for rank in range(len(shape) + 1):
        for index in itertools.product(parts, repeat=rank):
            np.testing.assert_array_equal(found[index], array[index], str(index))
    if shape:
        for part in parts:
            np.testing.assert_array_equal(found[part], array[part])


def test_bfloat16_is_two_opaque_bytes(tmp_path: Path) -> None:
    array = np.array([1.5, -2], ml_dtypes.bfloat16)
    dataset = read_array(write_array(tmp_path / "f.h5", array.view("V2")))
    assert dataset.dtype == ml_dtypes.bfloat16
    assert np.asarray(dataset).tolist() == dataset[0:2].tolist() == dataset[()].tolist() == [1.5, -2]
    assert dataset[::2].tolist() == [1.5]


@pytest.mark.parametrize("packing", [{"compression": "gzip", "shuffle": True}, {"compression": "lzf"}, {}])
def test_chunked_datasets(tmp_path: Path, packing: dict[str, Any]) -> None:
    array = np.arange(4000, dtype=np.float32).reshape(100, 40)
    path = write_array(tmp_path / "f.h5", array, chunks=(16, 16), **packing)
    np.testing.assert_array_equal(read_array(path), array)


def test_a_dataset_outlives_the_file_that_held_it(tmp_path: Path) -> None:
    dataset = read_array(write_file(tmp_path / "f.h5"))
    gc.collect()
    np.testing.assert_array_equal(dataset[0:2], ARRAY[0:2])


def test_a_file_that_is_cut_while_open_is_told(tmp_path: Path) -> None:
    path = write_file(tmp_path / "f.h5")
    dataset = read_array(path)
    os.truncate(path, 100)
    with pytest.raises(CorruptFileError, match="cut while open"):
        np.asarray(dataset)


def test_a_dataset_cannot_be_an_array_without_a_copy(tmp_path: Path) -> None:
    dataset = read_array(write_file(tmp_path / "f.h5"))
    with pytest.raises(ValueError, match="without a copy"):
        dataset.__array__(copy=False)
    assert dataset.__array__(np.dtype("float64")).dtype == np.float64


def test_a_scalar_has_no_length(tmp_path: Path) -> None:
    dataset = read_array(write_array(tmp_path / "f.h5", np.array(7)))
    with pytest.raises(TypeError, match="a scalar has no length"):
        len(dataset)
    assert repr(dataset) == f"<LazyDataset {tmp_path / 'f.h5'}: /g/w int64[]>"


def _external_storage(file: h5py.File) -> None:
    without_array(file).create_dataset("w", (3, 2), np.float32, external=[("/etc/hostname", 0, 24)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3, 2), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "x", (3, 2))
    without_array(file).create_virtual_dataset("w", layout)


def _contiguous_bomb(file: h5py.File) -> None:
    without_array(file).create_dataset("w", (1 << 40, 1 << 10), np.float32)


def _chunked_bomb(file: h5py.File) -> None:
    bomb = without_array(file).create_dataset("w", (1 << 40,), np.float32, chunks=(1 << 10,))
    bomb[:1024] = 1


def _gzip_bomb(file: h5py.File) -> None:
    bomb = without_array(file).create_dataset(
        "w", (1 << 40,), np.float32, chunks=(1 << 10,), compression="gzip"
    )
    bomb[:1024] = 1


def _text(file: h5py.File) -> None:
    without_array(file)["w"] = ["a", "b"]


def _reference(file: h5py.File) -> None:
    without_array(file)["w"] = np.array([file.ref], h5py.ref_dtype)


def _compound(file: h5py.File) -> None:
    without_array(file)["w"] = np.zeros(3, [("a", "f4"), ("b", "f4")])


def _variable_length(file: h5py.File) -> None:
    without_array(file).create_dataset("w", (2,), h5py.vlen_dtype(np.float32))[0] = [1.0]


def _array(file: h5py.File) -> None:
    without_array(file).create_dataset("w", (2,), np.dtype(("f4", (3,))))


def _opaque(file: h5py.File) -> None:
    without_array(file)["w"] = np.zeros(3, "V3")


def _unknown_filter(file: h5py.File) -> None:
    without_array(file).create_dataset("w", data=ARRAY.astype("i4"), chunks=(3, 2), scaleoffset=0)


def _group(file: h5py.File) -> None:
    without_array(file).create_group("w")


REFUSED: list[tuple[Edit, type[KerasfmtError], str]] = [
    (_external_storage, UnsafeFileError, "outside of the file"),
    (_virtual, UnsafeFileError, "virtual dataset"),
    (_contiguous_bomb, CorruptFileError, "declares 4503599627370496 bytes, but 0 bytes are stored"),
    (_chunked_bomb, CorruptFileError, "declares 4398046511104 bytes, but 4096 bytes are stored"),
    (_gzip_bomb, CorruptFileError, "declares 4398046511104 bytes"),
    (_text, UnsupportedFormatError, "expected numbers"),
    (_reference, UnsupportedFormatError, "expected numbers"),
    (_compound, UnsupportedFormatError, "expected numbers"),
    (_variable_length, UnsupportedFormatError, "expected numbers"),
    (_array, UnsupportedFormatError, "expected numbers"),
    (_opaque, UnsupportedFormatError, "expected numbers"),
    (_unknown_filter, UnsupportedFormatError, "HDF5 filters"),
    (_group, UnsupportedFormatError, "expected a dataset, got another kind of object"),
]


@pytest.mark.parametrize(("spoil", "error", "said"), REFUSED, ids=[row[0].__name__[1:] for row in REFUSED])
def test_refused(tmp_path: Path, spoil: Edit, error: type[KerasfmtError], said: str) -> None:
    path = write_file(tmp_path / "f.h5", spoil)
    with pytest.raises(error, match=re.escape(said)) as caught:
        read_array(path)
    assert str(caught.value).startswith(f"{path}: /g/w: ")
