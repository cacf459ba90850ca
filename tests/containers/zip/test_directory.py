"""Where the directory of an archive lies."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from kerasfmt.containers.zip.directory import find_directory
from kerasfmt.errors import CorruptFileError, UnsafeFileError, UnsupportedFormatError


def archive(comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.writestr("a", b"one")
        target.comment = comment
    return stream.getvalue()


def test_it_is_found_from_the_end() -> None:
    data = archive(b"why")
    found = find_directory(io.BytesIO(data), len(data), "x", "a zip archive")
    assert data[found.begin : found.begin + 4] == b"PK\x01\x02"
    assert (found.entries, found.stated, found.comment, found.end) == (1, found.begin, 3, len(data))


def test_bytes_before_the_archive_move_it() -> None:
    data = b"GIF89a" + archive()
    found = find_directory(io.BytesIO(data), len(data), "x", "a zip archive")
    assert found.begin - found.stated == 6


def test_what_has_no_end_is_no_archive() -> None:
    with pytest.raises(UnsupportedFormatError, match="ends with a directory"):
        find_directory(io.BytesIO(b"x" * 100), 100, "x", "a zip archive")


@pytest.mark.parametrize(("size", "error"), [(1 << 30, UnsafeFileError), (1 << 12, CorruptFileError)])
def test_a_directory_that_does_not_fit(size: int, error: type[Exception]) -> None:
    data = bytearray(archive())
    struct.pack_into("<I", data, len(data) - 10, size)
    with pytest.raises(error):
        find_directory(io.BytesIO(bytes(data)), len(data), "x", "a zip archive")
