"""Bytes in place of a file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kerasfmt.containers.binary import Binary, as_binary
from kerasfmt.errors import UnsupportedFormatError


@pytest.mark.parametrize("source", [b"abc", bytearray(b"abc"), memoryview(b"abc"), io.BytesIO(b"abc")])
def test_bytes_and_streams(source: object) -> None:
    found = as_binary(source)
    assert found is not None and found.data == b"abc"
    assert str(found) in ("bytes", "a binary file")
    assert found.begins_with(b"ab") and not found.begins_with(b"b")
    with found.open() as stream, found.open() as other:
        assert (stream.read(2), other.read()) == (b"ab", b"abc")


def test_a_file_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"abc")
    with path.open("rb") as stream:
        stream.seek(1)
        found = as_binary(stream)
    assert found is not None and (str(found), found.data) == (str(path), b"bc")


@pytest.mark.parametrize("source", ["path", Path("path"), 3, None])
def test_what_holds_no_bytes(source: object) -> None:
    assert as_binary(source) is None


def test_a_file_of_text() -> None:
    with pytest.raises(UnsupportedFormatError, match="binary mode"):
        as_binary(io.StringIO("x"))


def test_its_bytes_are_not_shown() -> None:
    assert repr(Binary("x", b"secret")) == "Binary(name='x')"
