"""What may be replaced, and what must stay where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kerasfmt.errors import SaveError
from kerasfmt.files.targets import require_regular, resolve


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    assert resolve(tmp_path / "link" / ".." / "link") == tmp_path / "real"


@pytest.mark.parametrize("target", ["", ".", "..", "./", "inner/..", "../here"])
def test_the_working_directory_and_those_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "here" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(
        SaveError, match="got an empty one" if not target else "working directory or one above"
    ):
        resolve(target)


def test_a_link_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(SaveError, match="working directory"):
        resolve(tmp_path / "link")
    assert resolve("beside") == tmp_path / "here" / "beside"


def test_roots_and_mount_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SaveError, match="root of a file system"):
        resolve(tmp_path.anchor)
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == tmp_path / "disk")
    with pytest.raises(SaveError, match=r"disk: is a mount point, .*inside of it"):
        resolve(tmp_path / "disk")


def test_a_working_directory_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert resolve(tmp_path / "model") == tmp_path / "model"
    with pytest.raises(SaveError, match="cannot be saved to"):
        resolve("model")


def test_a_directory_that_another_save_moves_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    cwd = Path.cwd

    def late() -> Path:
        (tmp_path / "model").rmdir()
        return cwd()

    monkeypatch.setattr(Path, "cwd", late)
    assert resolve(tmp_path / "model") == tmp_path / "model"


def test_a_path_that_no_system_takes() -> None:
    with pytest.raises(SaveError, match="null byte"):
        resolve("a\0b")


def test_only_files_are_regular(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    require_regular(tmp_path / "file")
    require_regular(tmp_path / "nothing")
    with pytest.raises(SaveError, match="expected a file to replace, got a directory"):
        require_regular(tmp_path)
    with pytest.raises(SaveError, match="got a pipe, socket or device"):
        require_regular(tmp_path / "pipe")
