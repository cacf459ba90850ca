"""What of a directory a save replaces, takes over or refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kerasfmt.errors import SaveError
from kerasfmt.files.contents import DirectoryContents

NAMED = DirectoryContents(
    "SavedModel", "m.pb", (r"m\.pb", r"assets/"), kept="extra", named=lambda directory: {"assets/words.txt"}
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    (path / "m.pb").write_text("")
    return path


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_is_of_the_format(model: Path) -> None:
    for name in ("assets/words.txt", "extra/a", "extra/deep/b"):
        put(model / name)
    assert NAMED.foreign_in(model) == []
    NAMED.require_replaceable(model)


@pytest.mark.parametrize(
    "name", ["notes.txt", "assets/mine.txt", "assets/deep/words.txt", "extra.txt", "deep/extra/a"]
)
def test_what_is_not(model: Path, name: str) -> None:
    put(model / name)
    assert NAMED.foreign_in(model) == [name]
    with pytest.raises(SaveError, match=f"not part of a SavedModel: {name}; it is not replaced"):
        NAMED.require_replaceable(model)


def test_without_the_marker_everything_is_foreign(model: Path) -> None:
    (model / "m.pb").unlink()
    put(model / "extra" / "a")
    assert NAMED.foreign_in(model) == ["extra/a"]


def test_the_model_is_asked_for_its_files_only_if_there_are_others(model: Path) -> None:
    def fail(directory: Path) -> set[str]:
        raise AssertionError

    contents = DirectoryContents("SavedModel", "m.pb", (r"m\.pb", "assets/"), named=fail)
    (model / "assets").mkdir()
    assert contents.foreign_in(model) == []


def test_many_foreign_files_are_counted(tmp_path: Path) -> None:
    for i in range(9):
        (tmp_path / f"f{i}").write_text("")
    with pytest.raises(SaveError, match="f0, f1, f2, f3, f4 and 4 more"):
        NAMED.require_replaceable(tmp_path)


def test_nothing_can_be_replaced_and_a_file_cannot(tmp_path: Path) -> None:
    NAMED.require_replaceable(tmp_path / "none")
    put(tmp_path / "file")
    with pytest.raises(SaveError, match="expected a directory to hold the SavedModel, got a file"):
        NAMED.require_replaceable(tmp_path / "file")


def test_a_directory_that_another_save_moves_away_while_it_is_looked_at(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign_in = DirectoryContents.foreign_in
    times = []

    def late(contents: DirectoryContents, directory: Path) -> list[str]:
        times.append(directory)
        if len(times) == 1:
            raise FileNotFoundError(2, "it was not there for a moment")
        if len(times) == 2:
            model.rename(model.with_name("away"))
        return foreign_in(contents, directory)

    monkeypatch.setattr(DirectoryContents, "foreign_in", late)
    NAMED.require_replaceable(model)
    assert len(times) == 2
    monkeypatch.setattr(DirectoryContents, "foreign_in", foreign_in)
    model.with_name("away").rename(model)
    stat = Path.stat

    def gone(path: Path, **options: bool) -> os.stat_result:
        raise FileNotFoundError(2, "it is never there")

    monkeypatch.setattr(Path, "stat", gone)
    with pytest.raises(SaveError, match="other saves of it are under way"):
        NAMED.require_replaceable(model)
    monkeypatch.setattr(Path, "stat", stat)


def test_another_file_system_inside_is_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(model / "extra" / "a")
    stat = Path.stat

    def moved(self: Path) -> os.stat_result:
        fields = list(stat(self))
        fields[2] += 1  # the device
        return os.stat_result(fields)

    monkeypatch.setattr(Path, "stat", moved)
    with pytest.raises(SaveError, match="extra: is a mount point inside of the target"):
        NAMED.foreign_in(model)


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_kept_is_in_both_directories(
    model: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    put(model / "extra" / "deep" / "requests", "warm")
    (model / "extra" / "deep" / "link").symlink_to("requests")
    (model / "extra" / "empty").mkdir()
    new = model.with_name("new")
    new.mkdir()
    kept = NAMED.take_over(model, new)
    assert sorted(kept) == ["extra/deep/link", "extra/deep/requests", "extra/empty/"]
    assert NAMED.kept_in(new).keys() == kept.keys()
    for path in (model, new):
        assert (path / "extra" / "deep" / "link").is_symlink()
        assert (path / "extra" / "deep" / "requests").read_text() == "warm"
        assert (path / "extra" / "deep" / "requests").stat().st_nlink == 1 + linked
    assert NAMED.kept_in(model) == kept


def test_a_folder_that_is_a_link_is_kept_as_a_link(model: Path, tmp_path: Path) -> None:
    put(tmp_path / "shared" / "requests")
    (model / "extra").symlink_to("../shared")
    new = tmp_path / "new"
    new.mkdir()
    assert NAMED.take_over(model, new) == {"extra": "../shared"}
    assert os.readlink(new / "extra") == "../shared"


def test_a_change_of_what_is_kept_shows(model: Path) -> None:
    assert NAMED.kept_in(model) == {}
    put(model / "extra" / "a", "1")
    before = NAMED.kept_in(model)
    put(model / "extra" / "a", "12")
    assert NAMED.kept_in(model) != before
