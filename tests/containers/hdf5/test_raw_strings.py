"""Strings of variable length are read from the bytes of the file, which have to hold what they claim."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import h5py
import pytest

from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.raw_strings import RawStrings
from kerasfmt.errors import CorruptFileError, UnsafeFileError
from tests.containers.hdf5.files import read_array, write_file

NAMES = [f"{i:0>1237}" for i in range(3)]


def names_of(path: Path) -> list[str]:
    with opened(path) as file:
        return file.root.group("g").names("names")


def write_names(path: Path, libver: str = "earliest", user_block: int = 0) -> Path:
    def edit(file: h5py.File) -> None:
        file["g"].attrs["names"] = NAMES

    return write_file(path, edit, libver=libver, userblock_size=user_block)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("user_block", [0, 512])
def test_names_that_share_their_bytes(tmp_path: Path, libver: str, user_block: int) -> None:
    path = write_names(tmp_path / "f.h5", libver, user_block)
    assert names_of(path) == NAMES
    content = path.read_bytes()
    assert content.count(b"\xd5\x04\x00\x00") == 6  # the length of a name, in its element and in the heap
    path.write_bytes(content.replace(b"\xd5\x04\x00\x00", b"\xff\xff\xff\x0f"))
    # A header of the latest version has a checksum, which the HDF5 library finds wrong first.
    with pytest.raises(CorruptFileError, match=r"3 strings claim 805306365 bytes|checksum"):
        names_of(path)


def test_all_strings_together_come_to_a_few_times_the_file(tmp_path: Path) -> None:
    path = write_names(tmp_path / "f.h5")
    with opened(path) as file:
        group = file.root.group("g")
        times = 4 * path.stat().st_size // sum(map(len, NAMES))
        for _ in range(times):
            assert group.names("names") == NAMES
        with pytest.raises(CorruptFileError, match=f"3 strings claim {sum(map(len, NAMES))} bytes"):
            group.names("names")


def test_a_damaged_heap_is_told(tmp_path: Path) -> None:
    path = write_names(tmp_path / "f.h5")
    path.write_bytes(path.read_bytes().replace(b"GCOL", b"GCOM"))
    with pytest.raises(CorruptFileError, match=r"f\.h5: .*expected a heap of strings"):
        names_of(path)


def test_a_string_that_its_heap_does_not_hold(tmp_path: Path) -> None:
    path = write_names(tmp_path / "f.h5")
    content = path.read_bytes()
    at = content.index(NAMES[0].encode()) - 8  # the size of the object
    path.write_bytes(content[:at] + (100).to_bytes(8, "little") + content[at + 8 :])
    with pytest.raises(
        CorruptFileError, match=r"heap at byte \d+: expected object \d of 1237 bytes, got 100"
    ):
        names_of(path)


def overwrite(path: Path, at: int, form: str, value: int) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, value)
    path.write_bytes(data)


def test_names_of_members_that_claim_too_much(tmp_path: Path) -> None:
    """The HDF5 library would allocate what the heap of a group's names declares."""
    path = write_file(tmp_path / "f.h5")
    content = path.read_bytes()
    heaps = [match.start() for match in re.finditer(rb"HEAP\0", content)]
    assert len(heaps) == 2  # the root and g
    for at in heaps:
        path.write_bytes(content)
        overwrite(path, at + 8, "<Q", 1 << 60)
        with pytest.raises(CorruptFileError, match="the names of a group claim 1152921504606846976 bytes"):
            read_array(path)


def test_headers_that_claim_too_much(tmp_path: Path) -> None:
    path = write_file(tmp_path / "f.h5")
    with h5py.File(path) as file:
        address = h5py.h5o.get_info(file["g/w"].id).addr
    overwrite(path, address + 8, "<I", 1 << 31)
    with pytest.raises(CorruptFileError, match=f"the header at byte {address} claims 2147483648 bytes"):
        read_array(path)


# A header of version 1 at byte 0: its messages are 24 bytes of an attribute "n" of one string, at byte 16.
ELEMENT = struct.pack("<IQI", 3, 64, 1)
BODY = struct.pack("<BBHHH", 2, 0, 2, 0, 0) + b"n\0" + ELEMENT
HEADER = struct.pack("<BxHIIxxxx", 1, 1, 1, 8 + len(BODY)) + struct.pack("<HHB3x", 12, len(BODY), 0) + BODY
HEAP = struct.pack("<4sB3xQ", b"GCOL", 1, 40) + struct.pack("<HH4xQ", 1, 1, 3) + b"abc".ljust(8, b"\0")
FILE = HEADER.ljust(64, b"\0") + HEAP


def strings(data: bytes) -> RawStrings:
    return RawStrings(lambda at, count: data[at : at + count], len(data))


def test_a_file_by_hand() -> None:
    assert strings(FILE).read(0, "n", 1) == [b"abc"]
    assert strings(FILE).read(0, "m", 1) is None
    strings(FILE).check(0)


def test_a_string_ends_at_its_first_zero_byte() -> None:
    assert strings(FILE.replace(b"abc", b"a\0c")).read(0, "n", 1) == [b"a"]


def test_every_truncation_is_told() -> None:
    end = FILE.index(b"abc") + 3
    for size in range(end):
        try:
            found = strings(FILE[:size]).read(0, "n", 1)
        except (CorruptFileError, struct.error):
            continue
        assert found is None  # the header ends before the attribute


def test_continuations_that_lead_in_circles_end() -> None:
    body = struct.pack("<QQ", 16, 24)
    header = struct.pack("<BxHIIxxxx", 1, 1, 1, 24) + struct.pack("<HHB3x", 16, 16, 0) + body
    assert strings(header).read(0, "n", 1) is None


def test_headers_that_share_their_bytes_are_refused() -> None:
    """Continuations of a few bytes each would make a reader go through one block again and again."""
    block = b"\0" * 4000
    at = 16 + 100 * 24
    body = b"".join(struct.pack("<HHB3xQQ", 16, 16, 0, at, len(block)) for _ in range(100))
    header = struct.pack("<BxHIIxxxx", 1, 1, 1, len(body)) + body
    data = header + block
    read: list[int] = []
    strings = RawStrings(
        lambda offset, count: (read.append(count), data[offset : offset + count])[1], len(data)
    )
    with pytest.raises(CorruptFileError, match="share bytes"):
        for _ in range(8):
            strings.check(0)
            strings._attributes.clear()
    assert sum(read) < 4 * len(data) + (2 << 20)


def test_many_members_in_one_header_are_refused() -> None:
    body = struct.pack("<HHB3x", 6, 0, 0) * 5000
    header = struct.pack("<BxHIIxxxx", 1, 1, 1, len(body)) + body
    with pytest.raises(UnsafeFileError, match="more than 4096 members and attributes"):
        strings(header).check(0)
