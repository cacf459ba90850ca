"""Archives of the writer are read by the reader and by Python's zipfile, with the same names and bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kerasfmt.containers.zip.reader import Archive
from kerasfmt.containers.zip.records import is_safe_name
from kerasfmt.containers.zip.writer import Packer
from kerasfmt.errors import InvalidModelError

NAMES = ["a.json", "dir/b", "été/名.npy", "x" * 1024]


def packed(path: Path) -> Path:
    with path.open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        for number, name in enumerate(NAMES):
            packer.add(name, bytes([number]) * 1000)
        packer.finish()
    return path


def test_read_back(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.zip")
    with Archive(path) as archive, zipfile.ZipFile(path) as theirs:
        assert list(archive.members) == theirs.namelist() == NAMES
        assert theirs.testzip() is None
        for number, name in enumerate(NAMES):
            assert archive.read(name) == theirs.read(name) == bytes([number]) * 1000


def test_spans_of_stored_members(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("packed", bytes(1000))
    with Archive(path) as archive:
        window = archive.window()
        spans = {name: archive.span(name) for name in archive.members}
    assert spans.pop("packed") is None
    for number, span in enumerate(spans.values()):
        assert span is not None
        window.seek(span[0])
        assert window.read(span[1]) == bytes([number]) * 1000
    window.close()


@pytest.mark.parametrize("name", ["", "/a", "../a", "a/../b", "C:a", "a\\b", "a\0b", "x" * 1025])
def test_names_that_no_archive_may_hold(tmp_path: Path, name: str) -> None:
    assert not is_safe_name(name)
    with (tmp_path / "m.zip").open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        with pytest.raises(InvalidModelError, match="cannot be the name of a member of an archive"):
            packer.add(name, b"")


def test_the_bytes_depend_on_the_members_alone(tmp_path: Path) -> None:
    assert packed(tmp_path / "a.zip").read_bytes() == packed(tmp_path / "b.zip").read_bytes()


class Short(io.FileIO):
    """A file that writes less than it is given, as before the disk is full."""

    def write(self, data: Any) -> int:
        return super().write(memoryview(data)[:7])


def test_short_writes_are_continued(tmp_path: Path) -> None:
    expected = packed(tmp_path / "m.zip").read_bytes()
    with Short(tmp_path / "short.zip", "x+") as stream:
        packer = Packer(stream)
        for number, name in enumerate(NAMES):
            packer.add(name, bytes([number]) * 1000)
        packer.finish()
    assert (tmp_path / "short.zip").read_bytes() == expected
