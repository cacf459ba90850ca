"""What is read of a directory is of one save."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kerasfmt.errors import CorruptFileError
from kerasfmt.files.steady import read_steadily


def save(directory: Path, text: str) -> None:
    directory.mkdir()
    for name in ("a", "b"):
        (directory / name).write_text(text)


def replace(directory: Path, text: str) -> None:
    save(directory.with_name("new"), text)
    directory.rename(directory.with_name("old"))
    directory.with_name("new").rename(directory)
    for path in directory.with_name("old").iterdir():
        path.unlink()
    directory.with_name("old").rmdir()


@pytest.fixture(params=["open", "closed", "Windows"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory; some may not be opened, and Windows opens none."""

    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    save(tmp_path / "model", "first")
    if request.param == "closed":
        monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr("kerasfmt.files.steady._OPENS_DIRECTORIES", request.param != "Windows")
    return tmp_path / "model"


def test_a_directory_that_stays_is_read_once(target: Path) -> None:
    calls: list[int] = []
    assert read_steadily(target, lambda: calls.append(1) or os.listdir(target)) == os.listdir(target)
    assert calls == [1]


def test_a_directory_that_is_replaced_is_read_again(target: Path) -> None:
    saves = ["second", "third"]

    def read() -> tuple[str, str]:
        first = (target / "a").read_text()
        if saves:
            replace(target, saves.pop(0))
        return first, (target / "b").read_text()

    assert read_steadily(target, read) == ("third", "third")


def test_an_error_counts_only_if_the_directory_stays(target: Path) -> None:
    saves = ["second"]

    def read() -> str:
        if saves:
            replace(target, saves.pop())
            raise FileNotFoundError("a file of the first save")
        return (target / "a").read_text()

    assert read_steadily(target, read) == "second"
    with pytest.raises(FileNotFoundError, match="none"):
        read_steadily(target, (target / "none").read_text)


def test_a_directory_that_never_stays(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kerasfmt.files.steady._ATTEMPTS", 3)
    with pytest.raises(CorruptFileError, match="model: is replaced all the time"):
        read_steadily(target, lambda: replace(target, "again"))


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_steadily(tmp_path / "none", list)


def test_a_file_that_names_others(tmp_path: Path) -> None:
    (tmp_path / "head").write_text("1")
    (tmp_path / "part-1").write_text("old")
    seen = []

    def read() -> str:
        number = (tmp_path / "head").read_text()
        seen.append(number)
        if number == "1":
            (tmp_path / "part-2").write_text("new")
            (tmp_path / "next").write_text("2")
            (tmp_path / "next").replace(tmp_path / "head")
            (tmp_path / "part-1").unlink()
        return (tmp_path / f"part-{number}").read_text()

    assert read_steadily(tmp_path / "head", read) == "new"
    assert seen == ["1", "2"]
