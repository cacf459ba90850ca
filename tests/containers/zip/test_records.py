"""The records are those of the specification, and of Python's zipfile."""

from __future__ import annotations

import io
import zipfile

import pytest

from kerasfmt.containers.zip import records


def archive(name: str = "a.txt", content: bytes = b"hello") -> bytes:
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as file:
        file.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def test_sizes_of_the_specification() -> None:
    """APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.14, 4.3.15 and 4.3.16."""
    layouts = (records.LOCAL, records.ENTRY, records.END64, records.LOCATOR64, records.END)
    assert [layout.size for layout in layouts] == [30, 46, 56, 20, 22]


def test_records_of_pythons_zipfile() -> None:
    data = archive()
    local = records.LOCAL.unpack_from(data)
    assert (local[0], local[3], local[7:11]) == (records.LOCAL_MAGIC, 0, (5, 5, 5, 0))
    end = records.END.unpack_from(data, len(data) - records.END.size)
    assert (end[0], end[3:5], end[7]) == (records.END_MAGIC, (1, 1), 0)
    size, offset = end[5:7]
    entry = records.ENTRY.unpack_from(data, offset)
    assert (entry[0], entry[8:11], entry[16]) == (records.ENTRY_MAGIC, (5, 5, 5), 0)
    assert offset + size == len(data) - records.END.size
    assert entry[7] == local[6] == 0x3610A686  # the crc32 of hello


def test_the_flag_of_names_in_utf_8() -> None:
    assert records.LOCAL.unpack_from(archive("été"))[2] & records.UTF_8
    assert not records.LOCAL.unpack_from(archive("a"))[2] & records.UTF_8


@pytest.mark.parametrize("name", ["a", "a/b.json", "été/名.npy", "..a", "a..", "a/...", "x" * 1024])
def test_names_that_stay_inside(name: str) -> None:
    assert records.is_safe_name(name)


@pytest.mark.parametrize(
    "name", ["", "/a", "..", "../a", "a/../b", "a/..", "C:a", "a\\b", "a\0b", "x" * 1025]
)
def test_names_that_leave_the_archive(name: str) -> None:
    assert not records.is_safe_name(name)
