"""What is flushed, and in which order."""

from __future__ import annotations

import errno
import os
import sys
import types
from pathlib import Path

import pytest

from kerasfmt.files.flush import flush_directory, flush_file, flush_tree

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors have no names")


def name_of(descriptor: int) -> str:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}")).name


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: names.append(name_of(descriptor)))
    return names


def test_a_file(tmp_path: Path, flushed: list[str]) -> None:
    (tmp_path / "a").write_text("a")
    flush_file(tmp_path / "a")
    assert flushed == ["a"]


def test_a_tree_from_below_without_following_links(tmp_path: Path, flushed: list[str]) -> None:
    (tmp_path / "top" / "deep").mkdir(parents=True)
    (tmp_path / "top" / "deep" / "leaf").write_text("")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "far").write_text("")
    (tmp_path / "top" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "top" / "deep" / "link").symlink_to(tmp_path / "outside" / "far")
    os.mkfifo(tmp_path / "top" / "pipe")
    flush_tree(tmp_path / "top")
    assert flushed == ["leaf", "deep", "top"]


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path, flushed: list[str]) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        flush_file(tmp_path / "link")
    assert flushed == []


@pytest.mark.parametrize(
    ("number", "raised"), [(errno.EINVAL, False), (errno.EACCES, False), (errno.EIO, True)]
)
def test_file_systems_that_flush_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, raised: bool
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if raised:
        with pytest.raises(OSError, match="Input/output"):
            flush_directory(tmp_path)
    else:
        flush_directory(tmp_path)
    with pytest.raises(OSError):  # bytes that are not written are always told
        (tmp_path / "a").write_text("")
        flush_file(tmp_path / "a")


@pytest.mark.parametrize("full", [True, False])
def test_macos_asks_the_drive_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str], full: bool
) -> None:
    asked: list[tuple[str, int]] = []

    def control(descriptor: int, command: int) -> None:
        asked.append((name_of(descriptor), command))
        if not full:
            raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setitem(sys.modules, "fcntl", types.SimpleNamespace(fcntl=control, F_FULLFSYNC=51))
    monkeypatch.setattr("sys.platform", "darwin")
    (tmp_path / "a").write_text("a")
    flush_file(tmp_path / "a")
    assert asked == [("a", 51)]
    assert flushed == ([] if full else ["a"])


def test_windows_flushes_files_that_are_open_for_writing_and_no_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str]
) -> None:
    flags: list[int] = []
    monkeypatch.setattr("sys.platform", "win32")
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, how: flags.append(how) or opened(path, how))
    (tmp_path / "a").write_text("a")
    flush_file(tmp_path / "a")
    flush_directory(tmp_path)
    assert flushed == ["a"]
    assert [how & os.O_ACCMODE for how in flags] == [os.O_RDWR]
