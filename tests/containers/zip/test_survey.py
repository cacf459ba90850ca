"""What an archive says of itself, faults and all."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile

import pytest

from kerasfmt.containers.zip.survey import PIECE, Survey, survey, unpacked
from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsupportedFormatError

MEMBERS = {"a.txt": b"one", "b/c.bin": bytes(5 << 20), "empty": b""}


def archive(method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, data in MEMBERS.items():
            target.writestr(name, data)
    return stream.getvalue()


def look(data: bytes) -> Survey:
    return survey(io.BytesIO(data), len(data), "x")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_as_zipfile_sees_them(method: int) -> None:
    data = archive(method)
    found = look(data)
    assert [member.name for member in found.members] == list(MEMBERS)
    assert not any(member.differs for member in found.members)
    for member in found.members:
        pieces = list(unpacked(io.BytesIO(data), member, "x"))
        assert b"".join(pieces) == MEMBERS[member.name]
        assert all(len(piece) <= PIECE for piece in pieces)
    spans = found.spans()
    assert spans[0][0] == 0
    assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]


def test_a_name_twice_is_reported_twice() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for data in (b"1", b"2"):
            target.writestr("a", data)
    assert [member.name for member in look(stream.getvalue()).members] == ["a", "a"]


def test_a_header_that_says_something_else() -> None:
    data = archive().replace(b"a.txt", b"A.txt", 1)
    assert "calls it" in look(data).members[0].differs


def test_a_header_that_is_not_there() -> None:
    data = archive()
    found = look(b"XX" + data[2:])
    assert found.members[0].begin is None
    assert "no header" in found.members[0].differs


def test_bytes_that_are_others() -> None:
    data = archive().replace(b"one", b"two", 1)
    with pytest.raises(CorruptFileError, match="expected the CRC"):
        list(unpacked(io.BytesIO(data), look(data).members[0], "x"))


def test_a_member_that_is_larger_than_it_states() -> None:
    data = bytearray(archive(zipfile.ZIP_DEFLATED))
    at = data.rindex(b"b/c.bin") - 46 + 24
    struct.pack_into("<I", data, at, 10)
    with pytest.raises(CorruptFileError, match="got more"):
        list(unpacked(io.BytesIO(bytes(data)), look(bytes(data)).members[1], "x"))


def test_a_member_that_needs_a_password() -> None:
    data = bytearray(archive())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnsupportedFormatError, match="is encrypted"):
        list(unpacked(io.BytesIO(bytes(data)), look(bytes(data)).members[0], "x"))


def test_every_truncation_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.writestr("a", b"one")
    data = stream.getvalue()
    for size in range(len(data)):
        with pytest.raises(KerasfmtError):
            look(data[:size])
