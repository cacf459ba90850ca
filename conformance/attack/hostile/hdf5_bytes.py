"""HDF5 files whose bytes broke the HDF5 library: the same fields spoilt in the same way."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from conformance.attack.hostile.case import Hostile, Place
from conformance.attack.hostile.hdf5_files import healthy, kernel_of

Make = Callable[[h5py.File, str], None]
Spoil = Callable[[bytearray], None]


def _spoilt(make: Make | None, spoil: Spoil, **options: object) -> Callable[[Place], Path]:
    """A file whose kernel `make` writes, and whose bytes are spoilt then."""

    def made(place: Place) -> Path:
        path = healthy(place.folder / "plain.h5")
        target = place.folder / "model.h5"
        with h5py.File(path) as source, h5py.File(target, "w", **options) as file:
            for name in source:
                source.copy(name, file)
            file.attrs.update(source.attrs)
            if make is not None:
                kernel = kernel_of(file)
                del file[kernel]
                make(file, kernel)
        path.unlink()
        data = bytearray(target.read_bytes())
        spoil(data)
        target.write_bytes(data)
        return target

    return made


def _replace(old: bytes, new: bytes, last: bool = True) -> Spoil:
    """Replaces bytes, which must be there."""

    def spoil(data: bytearray) -> None:
        at = data.rfind(old) if last else data.find(old)
        assert at >= 0, old
        data[at : at + len(new)] = new

    return spoil


def _scale_offset(file: h5py.File, path: str) -> None:
    file.create_dataset(path, data=np.arange(112, dtype="i4").reshape(16, 7), chunks=(16, 7), scaleoffset=0)


def _packed(file: h5py.File, path: str) -> None:
    file.create_dataset(path, data=np.ones((16, 7), "f4"), chunks=(16, 7), compression="gzip", shuffle=True)


def _chunked(file: h5py.File, path: str) -> None:
    file.create_dataset(path, data=np.full((16, 7), 1.5, "f4"), chunks=(16, 7))


def _compound(file: h5py.File, path: str) -> None:
    kind = np.dtype([("member", [("inner", "f4")])])
    file.create_dataset(path, (16, 7), kind)


def _timed(file: h5py.File, path: str) -> None:
    file.create_dataset(path, data=np.ones((16, 7), "f4"), track_times=True)


def _spoil_chunk(data: bytearray) -> None:
    """The minimum bits of a chunk of the scale-offset filter: 2**32 - 1."""
    at = data.rfind(struct.pack("<I", 7)) if data.rfind(struct.pack("<I", 7)) > 0 else len(data) - 64
    data[at : at + 4] = b"\xff\xff\xff\xff"


def _message(kind: int, at: int, value: bytes) -> Spoil:
    """Spoils bytes in the first message of a kind, behind its header of 8 bytes in an object header of version 1."""

    def spoil(data: bytearray) -> None:
        found = -1
        for offset in range(0, len(data) - 16, 8):
            number, size = struct.unpack_from("<HH", data, offset)
            if (
                number == kind
                and 8 <= size <= 256
                and size % 8 == 0
                and data[offset + 5 : offset + 8] == b"\0\0\0"
            ):
                found = offset
        assert found >= 0, kind
        data[found + 8 + at : found + 8 + at + len(value)] = value

    return spoil


def _tree_in_itself(kind: int, key_size: int) -> Spoil:
    """The B-trees of a kind: their nodes are their own children."""

    def spoil(data: bytearray) -> None:
        magic = b"TREE" + bytes([kind])
        at = data.find(magic)
        assert at >= 0
        while at >= 0:
            data[at + 5] = 1  # its level: its children are nodes
            struct.pack_into("<Q", data, at + 24 + key_size, at)
            at = data.find(magic, at + 1)

    return spoil


def _siblings(data: bytearray) -> None:
    """The B-trees of groups: their nodes are their own right siblings."""
    at = data.find(b"TREE\0")
    while at >= 0:
        struct.pack_into("<Q", data, at + 16, at)
        at = data.find(b"TREE\0", at + 1)


def _continued_in_itself(data: bytearray) -> None:
    """An object header that goes on where it begins."""
    for offset in range(0, len(data) - 24, 8):
        kind, size = struct.unpack_from("<HH", data, offset)
        if kind == 0x10 and size == 16:
            block = struct.unpack_from("<Q", data, offset + 8)[0]
            if block < len(data):
                struct.pack_into("<QQ", data, offset + 8, offset, 24)
                return
    raise AssertionError("no object header goes on elsewhere")


def _everything(value: bytes) -> Spoil:
    """The superblock's addresses replaced."""
    return lambda data: data.__setitem__(slice(24, 24 + len(value)), value)


_IN_ITSELF, _CHUNKS = _tree_in_itself(0, 8), _tree_in_itself(1, 32)
CORRUPT, UNSUPPORTED, MODEL = "CorruptFileError", "UnsupportedFormatError", "InvalidModelError"

CASES = [
    Hostile(
        "CVE-2025-2308",
        "a chunk of the scale-offset filter with impossible bits",
        _spoilt(_scale_offset, _spoil_chunk),
        CORRUPT,
    ),
    Hostile(
        "CVE-2019-8396",
        "a filter message of 255 filters",
        _spoilt(_packed, _message(0x0B, 1, b"\xff")),
        CORRUPT,
    ),
    Hostile(
        "CVE-2018-17434", "a filter message of 0 filters", _spoilt(_packed, _message(0x0B, 1, b"\0")), CORRUPT
    ),
    Hostile("CVE-2018-17438", "chunks of size 0", _spoilt(_chunked, _message(0x08, 11, bytes(8))), CORRUPT),
    Hostile(
        "CVE-2018-13867", "a layout of version 255", _spoilt(_chunked, _message(0x08, 0, b"\xff")), CORRUPT
    ),
    Hostile(
        "CVE-2021-46244", "a datatype of size 0", _spoilt(_chunked, _message(0x03, 4, bytes(4))), CORRUPT
    ),
    Hostile(
        "CVE-2025-2310",
        "a datatype of 4 GB",
        _spoilt(_chunked, _message(0x03, 4, b"\xff\xff\xff\xff")),
        CORRUPT,
    ),
    Hostile(
        "CVE-2018-13873", "a dataspace of 255 axes", _spoilt(_chunked, _message(0x01, 1, b"\xff")), CORRUPT
    ),
    Hostile(
        "CVE-2018-17432",
        "a dataspace of 2**64 - 1 rows",
        _spoilt(_chunked, _message(0x01, 8, b"\xff" * 8)),
        CORRUPT,
    ),
    Hostile(
        "CVE-2025-6750",
        "a time of modification of another version",
        _spoilt(_timed, _message(0x12, 0, b"\xff")),
        CORRUPT,
    ),
    Hostile(
        "CVE-2021-45832",
        "members in a B-tree that is its own child",
        _spoilt(None, _tree_in_itself(0, 8)),
        CORRUPT,
    ),
    Hostile(
        "CVE-2021-45832",
        "a B-tree of chunks that is its own child",
        _spoilt(_chunked, _tree_in_itself(1, 32)),
        CORRUPT,
    ),
    Hostile("CWE-835", "a B-tree that is its own sibling", _spoilt(None, _siblings), CORRUPT),
    Hostile(
        "CVE-2020-10810",
        "an object header that goes on in itself",
        _spoilt(None, _continued_in_itself),
        CORRUPT,
    ),
    Hostile(
        "CVE-2025-6516",
        "addresses behind the end of the file",
        _spoilt(None, _everything(b"\xff" * 40)),
        CORRUPT,
    ),
    Hostile(
        "CVE-2021-45830",
        "a superblock of the newest version, cut off",
        _spoilt(None, lambda data: data.__delitem__(slice(40, None)), libver="latest"),
        CORRUPT,
    ),
    Hostile(
        "CVE-2025-2915",
        "a superblock whose sizes take 255 bytes",
        _spoilt(None, lambda data: data.__setitem__(slice(13, 15), b"\xff\xff")),
        CORRUPT,
    ),
]
