"""Two directories change places in one step, or stay where they are."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from kerasfmt.files.exchange import exchange


def pair(directory: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (directory / name).mkdir()
        (directory / name / f"of_{name}").write_text("")
    return directory / "a", directory / "b"


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="the system cannot")
@pytest.mark.parametrize("relative", [True, False])
def test_they_change_places(tmp_path: Path, relative: bool) -> None:
    a, b = pair(tmp_path)
    at = os.open(tmp_path, os.O_RDONLY) if relative else None
    assert exchange("a" if relative else str(a), b, at)
    assert (os.listdir(a), os.listdir(b)) == (["of_b"], ["of_a"])
    if at is not None:
        os.close(at)


def test_nothing_happens_if_one_is_missing(tmp_path: Path) -> None:
    a, b = pair(tmp_path)
    assert not exchange(str(a), tmp_path / "c")
    assert (os.listdir(a), os.listdir(b)) == (["of_a"], ["of_b"])


@pytest.mark.parametrize("platform", ["win32", "freebsd14"])
def test_systems_that_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    a, b = pair(tmp_path)
    monkeypatch.setattr("sys.platform", platform)
    assert not exchange(str(a), b)
    assert (os.listdir(a), os.listdir(b)) == (["of_a"], ["of_b"])


@pytest.mark.parametrize(
    ("platform", "name", "here"), [("linux", "renameat2", -100), ("darwin", "renameatx_np", -2)]
)
@pytest.mark.parametrize("status", [0, -1])
def test_the_call(monkeypatch: pytest.MonkeyPatch, platform: str, name: str, here: int, status: int) -> None:
    """Numbers of linux/fcntl.h and linux/fs.h, and of macOS's sys/fcntl.h and sys/stdio.h."""
    calls: list[tuple[object, ...]] = []

    class Library:
        def __init__(self, *_: object, **__: object) -> None:
            setattr(self, name, lambda *arguments: calls.append(arguments) or status)

    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", Library)
    assert exchange("a", Path("b")) is (status == 0)
    assert exchange("a", Path("b"), 5) is (status == 0)
    assert [(*call[:4], call[4].value) for call in calls] == [  # type: ignore[attr-defined]
        (here, b"a", here, b"b", 2),
        (5, b"a", here, b"b", 2),
    ]


def test_a_library_without_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    assert not exchange(str(tmp_path), tmp_path)
