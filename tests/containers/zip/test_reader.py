"""The zip layer: what is read of a stranger's archive, and what is refused before a byte of it is unpacked."""

from __future__ import annotations

import errno
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from kerasfmt.containers.zip import records
from kerasfmt.containers.zip.reader import Archive
from kerasfmt.containers.zip.writer import Packer
from kerasfmt.errors import (
    CorruptFileError,
    KerasfmtError,
    OutOfMemoryError,
    SystemFaultError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.limits import limited
from tests.formats.keras_archive.build import pack

CONTENT = {"metadata.json": b"{}", "config.json": b'{"a": 1}', "model.weights.h5": bytes(range(256)) * 9}


def packed(path: Path) -> Path:
    with path.open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        for name, data in CONTENT.items():
            packer.add(name, data)
        packer.finish()
    return path


def test_what_is_packed_is_a_zip_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(tmp_path / "m.keras")) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read(tmp_path: Path, method: int) -> None:
    for path in (packed(tmp_path / "a.keras"), pack(tmp_path / "b.keras", CONTENT, method)):
        with Archive(path) as archive:
            for name, data in CONTENT.items():
                assert archive.read(name) == data
                with archive.open(name) as stream:
                    assert stream.read() == data
                    stream.seek(-2, 2)
                    assert stream.read() == data[-2:]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_that_takes_the_path_of_an_open_archive_is_not_read(tmp_path: Path, method: int) -> None:
    for name in ("old", "new"):
        with zipfile.ZipFile(tmp_path / name, "w", method) as written:
            written.writestr("member", name)
    with Archive(tmp_path / "old") as archive:
        (tmp_path / "new").replace(tmp_path / "old")
        assert archive.open("member").read() == b"old"


def test_a_member_outlives_its_archive(tmp_path: Path) -> None:
    with Archive(packed(tmp_path / "m.keras")) as archive:
        stream = archive.open("model.weights.h5")
    with stream:
        stream.seek(256)
        assert stream.read(3) == b"\0\1\2"


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../b", "..\\evil", "C:/evil", "a\\b", "x" * 2000]
)
def test_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFileError, match="leaves the archive"):
        Archive(pack(tmp_path / "m.keras", {**CONTENT, name: b""}))


def test_links(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        info = zipfile.ZipInfo("config.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeFileError, match="is a link"):
        Archive(tmp_path / "m.keras")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("config.json", "{}")
    with pytest.raises(UnsafeFileError, match=r"two members are called 'config\.json'"):
        Archive(tmp_path / "m.keras")


def bomb(path: Path, size: int) -> Path:
    """An archive whose member says that it unpacks to `size` bytes."""
    pack(path, {"config.json": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    patched(path, 24, "<I", size)
    return patched(path, 22, "<I", size, records.LOCAL_MAGIC)


@pytest.mark.parametrize("use", [Archive.open, lambda archive, name: archive.read(name, 1 << 30)])
def test_a_bomb(tmp_path: Path, use: Callable[[Archive, str], object]) -> None:
    path = bomb(tmp_path / "m.keras", 1 << 28)
    with (
        Archive(path) as archive,
        pytest.raises(UnsafeFileError, match="takes 268,435,456 bytes more in memory"),
    ):
        use(archive, "config.json")
    with (
        limited(max_expansion=1 << 20),
        Archive(path) as archive,
        pytest.raises(CorruptFileError, match=r"cannot be read|expected 268435456 bytes"),
    ):
        use(archive, "config.json")


def test_members_cost_together(tmp_path: Path) -> None:
    path = pack(tmp_path / "m.keras", {"config.json": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    with (
        Archive(path) as archive,
        pytest.raises(UnsafeFileError, match=r"config\.json: takes 1,048,576 bytes more"),
    ):
        for _ in range(200):
            archive.read("config.json")


@pytest.mark.parametrize(
    ("error", "told"),
    [(MemoryError(), OutOfMemoryError), (OSError(errno.ENOSPC, "No space left on device"), SystemFaultError)],
)
def test_faults_of_the_system_are_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: type[KerasfmtError]
) -> None:
    def fail() -> NoReturn:
        raise error

    path = pack(tmp_path / "m.keras", CONTENT, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    with Archive(path) as archive, pytest.raises(told, match=r"m\.keras: model\.weights\.h5: ") as caught:
        archive.open("model.weights.h5")
    assert "damaged" not in str(caught.value)


def test_an_archive_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    path = packed(tmp_path / "m.keras")
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(SystemFaultError, match="Too many open files"):
        Archive(path)


def test_a_large_member_is_not_read_whole(tmp_path: Path) -> None:
    with (
        Archive(packed(tmp_path / "m.keras")) as archive,
        pytest.raises(UnsafeFileError, match="more than 100 are not read"),
    ):
        archive.read("model.weights.h5", limit=100)


def test_other_compressions(tmp_path: Path) -> None:
    path = pack(tmp_path / "m.keras", CONTENT, zipfile.ZIP_BZIP2)
    with pytest.raises(UnsupportedFormatError, match="compression method 12"):
        Archive(path)


def patched(path: Path, offset: int, form: str, value: int, magic: bytes = records.ENTRY_MAGIC) -> Path:
    """The archive with a field of the first record of a kind overwritten."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.index(magic) + offset, value)
    path.write_bytes(data)
    return path


# field, its offset in a directory entry, its form, its value, the error, what it says
ENTRIES = [
    ("flags: encrypted", 8, "<H", 1, UnsupportedFormatError, "is encrypted"),
    ("compressed size", 20, "<I", 1, CorruptFileError, "is not compressed, but declares"),
    ("offset", 42, "<I", 1 << 31, CorruptFileError, "damaged or truncated"),
    ("name size", 28, "<H", 0xFFFF, KerasfmtError, r"m\.keras: "),
]


@pytest.mark.parametrize(("offset", "form", "value", "kind", "said"), [row[1:] for row in ENTRIES])
def test_damaged_entries(
    tmp_path: Path, offset: int, form: str, value: int, kind: type[KerasfmtError], said: str
) -> None:
    path = patched(packed(tmp_path / "m.keras"), offset, form, value)
    with pytest.raises(kind, match=said), Archive(path) as archive:
        archive.read("metadata.json")


def test_members_that_share_their_bytes(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras")
    data = bytearray(path.read_bytes())
    at = data.index(records.ENTRY_MAGIC)
    for _ in range(2):
        struct.pack_into("<2I", data, at + 20, len(data) // 2, len(data) // 2)
        at = data.index(records.ENTRY_MAGIC, at + 1)
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match="share the same bytes"):
        Archive(path)


def test_an_absurd_number_of_members(tmp_path: Path) -> None:
    path = patched(packed(tmp_path / "m.keras"), 12, "<I", 1 << 30, records.END_MAGIC)
    with pytest.raises(UnsafeFileError, match="its directory of 3 members takes 1073741824 bytes"):
        Archive(path)


def test_a_wrong_crc(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras")
    path.write_bytes(path.read_bytes().replace(b'{"a": 1}', b'{"a": 2}'))
    with pytest.raises(CorruptFileError, match="CRC"), Archive(path) as archive:
        archive.read("config.json")


def test_headers_that_disagree(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras")
    path.write_bytes(path.read_bytes().replace(b"config.json", b"konfig.json", 1))
    with (
        pytest.raises(CorruptFileError, match=r"config\.json: its header names 'konfig.json'"),
        Archive(path) as archive,
    ):
        archive.open("config.json")


def test_every_truncation(tmp_path: Path) -> None:
    data = packed(tmp_path / "m.keras").read_bytes()
    cut = tmp_path / "cut.keras"
    for size in range(0, len(data), 7):
        cut.write_bytes(data[:size])
        with pytest.raises((CorruptFileError, UnsupportedFormatError)):
            Archive(cut)
