"""Chunks of gzip are unpacked to what they may hold, and each once."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt import limits
from kerasfmt.containers.hdf5.chunks import GZIP, Chunks
from kerasfmt.containers.slabs import open_source
from kerasfmt.errors import CorruptFileError, OutOfMemoryError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.limits import limited
from tests.containers.hdf5.files import read_array, without_array, write_file

ARRAY = np.arange(11 * 7 * 5, dtype=np.float32).reshape(11, 7, 5)


def write_packed(path: Path, array: Any = ARRAY, **options: Any) -> Path:
    packing = {"compression": "gzip", "chunks": (3, 4, 5), **options}
    return write_file(path, lambda file: without_array(file).create_dataset("w", data=array, **packing))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": True},
        {"fletcher32": True},
        {"shuffle": True, "fletcher32": True, "compression_opts": 9},
        {"chunks": (1, 1, 1)},
        {"chunks": (11, 7, 5)},
    ],
    ids=str,
)
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_rows(tmp_path: Path, libver: str, options: dict[str, Any]) -> None:
    def edit(file: h5py.File) -> None:
        packing = {"compression": "gzip", "chunks": (3, 4, 5), **options}
        without_array(file).create_dataset("w", data=ARRAY, **packing)

    dataset = read_array(write_file(tmp_path / "f.h5", edit, libver=libver))
    np.testing.assert_array_equal(dataset, ARRAY)
    for start, stop in ((0, 11), (2, 7), (3, 6), (10, 11), (4, 4), (0, 1)):
        np.testing.assert_array_equal(dataset[start:stop], ARRAY[start:stop])
    np.testing.assert_array_equal(dataset[1:9:3, 2], ARRAY[1:9:3, 2])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(20, dtype=">f8"),
        np.arange(20) % 3 == 0,
        np.arange(20).astype(np.complex64) * 1j,
        np.arange(20).astype("V2"),
        np.arange(20, dtype=np.int8),
        np.arange(20, dtype=np.float16),
    ],
    ids=lambda array: str(array.dtype),
)
def test_elements(tmp_path: Path, array: np.ndarray) -> None:
    dataset = read_array(write_packed(tmp_path / "f.h5", array, chunks=(6,), shuffle=True))
    assert dataset[()].dtype == dataset.dtype
    assert dataset.dtype.isnative
    assert dataset[3:17].tobytes() == array[3:17].astype(array.dtype.newbyteorder("="), copy=False).tobytes()


def test_a_chunk_that_spans_slabs_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(1 << 12, dtype=np.float32).reshape(64, 64)
    dataset = read_array(write_packed(tmp_path / "f.h5", array, chunks=(64, 64)))
    monkeypatch.setattr("kerasfmt.containers.slabs.SLAB_SIZE", 1 << 10)
    unpacked: list[int] = []
    make = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda: (unpacked.append(1), make())[1])
    slabs = list(open_source(dataset).slabs())
    assert len(slabs) == 16
    np.testing.assert_array_equal(np.concatenate(slabs), array)
    assert len(unpacked) == 1


def write_raw(path: Path, stream: bytes, **options: Any) -> Path:
    """A dataset of one chunk of 6 numbers, whose bytes in the file are `stream`."""

    def edit(file: h5py.File) -> None:
        packing = {"compression": "gzip", "chunks": (6,), **options}
        dataset = without_array(file).create_dataset("w", (6,), np.float32, **packing)
        dataset.id.write_direct_chunk((0,), stream)

    return write_file(path, edit)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (zlib.compress(bytes(1 << 20)), "expected 24 bytes, got 29"),
        (zlib.compress(bytes(8)), "expected 24 bytes, got 8"),
        (zlib.compress(bytes(24))[:-5], "ends within its stream"),
        (zlib.compress(bytes(24))[:-1] + b"x", "incorrect data check"),
        (b"not gzip", "incorrect header check"),
    ],
    ids=["long", "short", "cut", "damaged", "junk"],
)
def test_streams_that_are_no_chunk(tmp_path: Path, stream: bytes, said: str) -> None:
    dataset = read_array(write_raw(tmp_path / "f.h5", stream))
    with pytest.raises(CorruptFileError, match=rf"f\.h5: /g/w: .*{said}"):
        np.asarray(dataset)


def test_a_stream_is_unpacked_no_further_than_its_chunk() -> None:
    """The HDF5 library would unpack all of it."""

    class Stored:
        def read_direct_chunk(self, _: object) -> tuple[int, bytes]:
            return 0, zlib.compress(bytes(1 << 20))

    unpacked: list[int] = []
    chunks = Chunks(Stored(), (4,), np.dtype("f4"), (4,), [(GZIP, 6)])
    with pytest.raises(CorruptFileError), pytest.MonkeyPatch.context() as patch:
        make = zlib.decompressobj

        class Counted:
            eof = False

            def decompress(self, data: bytes, limit: int) -> bytes:
                found = make().decompress(data, limit)
                unpacked.append(len(found))
                return found

        patch.setattr(zlib, "decompressobj", Counted)
        chunks.rows(0, 4)
    assert sum(unpacked) < 64


def test_a_missing_chunk(tmp_path: Path) -> None:
    def edit(file: h5py.File) -> None:
        dataset = without_array(file).create_dataset("w", (12,), np.float32, chunks=(6,), compression="gzip")
        dataset[:6] = np.random.default_rng(1).random(6)

    dataset = read_array(write_file(tmp_path / "f.h5", edit))
    with pytest.raises(CorruptFileError, match=r"f\.h5: /g/w: "):
        np.asarray(dataset)


def test_a_compressed_form_of_elements_that_numpy_lacks(tmp_path: Path) -> None:
    def edit(file: h5py.File) -> None:
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(31, 20, 8, 0, 20)
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((6,))
        plan.set_deflate(4)
        group = without_array(file)
        dataset = h5py.h5d.create(group.id, b"w", kind, h5py.h5s.create_simple((6,)), plan)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="f4"))

    with pytest.raises(UnsupportedFormatError, match="elements in an unusual form are compressed"):
        read_array(write_file(tmp_path / "f.h5", edit))


@pytest.mark.parametrize("compression", ["gzip", "lzf"])
def test_what_chunks_unpack_to_is_counted_when_they_are_admitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    def edit(file: h5py.File) -> None:
        group = without_array(file)
        group.create_dataset("w", data=np.zeros(1 << 18, "f4"), chunks=(1 << 14,), compression=compression)

    monkeypatch.setattr(limits, "FLOOR", 1 << 19)
    path = write_file(tmp_path / "f.h5", edit)
    with limited(max_expansion=1), pytest.raises(UnsafeFileError, match="w: takes 1,048,576 bytes more"):
        read_array(path)
    with limited(max_expansion=1000):
        assert not np.asarray(read_array(path)).any()


def test_a_chunk_beyond_the_array_counts_whole(tmp_path: Path) -> None:
    def edit(file: h5py.File) -> None:
        packing = {"maxshape": (None,), "chunks": (1 << 26,), "compression": "gzip"}
        dataset = without_array(file).create_dataset("w", (10,), np.float32, **packing)
        dataset.id.write_direct_chunk((0,), bytes(1 << 18))

    with pytest.raises(UnsafeFileError, match="w: takes 268,435,456 bytes more in memory"):
        read_array(write_file(tmp_path / "f.h5", edit))


def test_too_little_memory_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = read_array(write_packed(tmp_path / "f.h5"))

    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr(zlib, "decompressobj", fail)
    with pytest.raises(OutOfMemoryError, match=r"f\.h5: /g/w: there is too little memory"):
        np.asarray(dataset)
