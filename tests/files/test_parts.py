"""A head and its parts are replaced together, whatever stops it, and nothing that others made is touched."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from kerasfmt.errors import CorruptFileError, SaveError
from kerasfmt.files import flush, parts
from kerasfmt.files.parts import NewParts, is_own_file, replace_parts
from tests.files.killing import killed_at_each_step


@pytest.fixture(params=["hard links", "renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """File systems with hard links, and those without."""
    if request.param == "renames":

        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


def fill(new: NewParts, text: str, names: tuple[str, ...] = ("a", "b")) -> None:
    for name in names:
        (new.directory / name).write_text(text)
    (new.directory / "head").write_text(text)


def named_by(head: Path) -> set[str]:
    number = head.read_text().partition(" ")[0] if head.exists() else ""
    return {path.name for path in head.parent.glob(f"{number}.*")} if number else set()


def save(head: Path, text: str) -> None:
    """Saves with the first names that are free."""
    with replace_parts(head, named_by) as new:
        fill(new, text)
        number = 0
        while not new.place({"a": f"{number}.a", "b": f"{number}.b"}):
            number += 1
        (new.directory / "head").write_text(f"{number} {text}")
        new.replace_head("head")


def read(head: Path) -> str:
    number, text = head.read_text().split()
    assert {head.with_name(f"{number}.{part}").read_text() for part in "ab"} == {text}
    return text


def nothing(head: Path) -> set[str]:
    return set()


def listed(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


@pytest.mark.usefixtures("way")
def test_created_and_replaced(tmp_path: Path) -> None:
    head = tmp_path / "head"
    save(head, "old")
    assert (read(head), listed(tmp_path)) == ("old", ["0.a", "0.b", "head"])
    head.chmod(0o640)
    save(head, "new")
    assert (read(head), listed(tmp_path)) == ("new", ["1.a", "1.b", "head"])
    assert head.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked and killed")
@pytest.mark.usefixtures("way")
def test_killed_at_each_step(tmp_path: Path) -> None:
    head = tmp_path / "head"
    seen = []
    save(head, "0")
    for step in killed_at_each_step(lambda: save(head, f"new-{len(seen)}")):
        text = read(head)
        assert text in (f"{step}", f"new-{step}")
        seen.append(text)
        save(head, f"{step + 1}")
        assert set(listed(tmp_path)) == {"head", *named_by(head)}
    assert "0" in seen
    assert seen[-1] == f"new-{len(seen) - 1}"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_failure_before_the_head_is_replaced(tmp_path: Path, error: BaseException) -> None:
    save(tmp_path / "head", "old")
    expected = SaveError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        assert new.place({"a": "9.a", "b": "9.b"})
        raise error
    assert (read(tmp_path / "head"), listed(tmp_path)) == ("old", ["0.a", "0.b", "head"])


@pytest.mark.usefixtures("way")
def test_a_failure_after_the_head_is_replaced(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        assert new.place({"a": "0.a", "b": "0.b"})
        new.replace_head("head")
        raise ZeroDivisionError
    assert listed(tmp_path) == ["0.a", "0.b", "head"]


@pytest.mark.usefixtures("way")
def test_an_interrupt_just_after_the_head_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def interrupted(*arguments: str) -> None:
        replace(*arguments)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        assert new.place({"a": "0.a", "b": "0.b"})
        monkeypatch.setattr(os, "replace", interrupted)
        new.replace_head("head")
    monkeypatch.undo()
    assert listed(tmp_path) == ["0.a", "0.b", "head"]


@pytest.mark.usefixtures("way")
def test_names_that_are_taken(tmp_path: Path) -> None:
    (tmp_path / "0.b").symlink_to(tmp_path / "nothing")
    (tmp_path / "1.a").mkdir()
    with replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        assert not new.place({"a": "0.a", "b": "0.b"})
        assert not new.place({"a": "1.a", "b": "1.b"})
        assert listed(tmp_path) == [new.directory.parent.name, "0.b", "1.a"]
        assert new.place({"a": "2.a"})
        assert not new.place({"b": "2.a"})
        assert (tmp_path / "2.a").read_text() == "new"
        new.replace_head("head")
    assert listed(tmp_path) == ["0.b", "1.a", "2.a", "head"]


def test_a_part_in_the_place_of_a_stale_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("stale")
    with replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        new.replace_head("head")
        new.replace_part("a", "a")
    assert (tmp_path / "a").read_text() == "new"


def test_only_own_files_are_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "directory").mkdir()
    (tmp_path / "stale").write_text("")

    (tmp_path / "head").write_text("old")

    def named_by_the_old_one(head: Path) -> set[str]:
        return {"link", "directory", "stale", "missing"} if head.read_text() == "old" else set()

    with replace_parts(tmp_path / "head", named_by_the_old_one) as new:
        fill(new, "new")
        new.replace_head("head")
    assert listed(tmp_path) == ["directory", "head", "link", "precious"]


def test_a_file_that_takes_the_name_of_a_stale_one_is_kept(tmp_path: Path) -> None:
    save(tmp_path / "head", "old")
    with replace_parts(tmp_path / "head", named_by) as new:
        fill(new, "new")
        new.place({"a": "1.a", "b": "1.b"})
        (new.directory / "head").write_text("1 new")
        new.replace_head("head")
        (tmp_path / "0.a").unlink()
        (tmp_path / "0.a").write_text("of another save")
    assert listed(tmp_path) == ["0.a", "1.a", "1.b", "head"]


def test_a_file_of_another_user_is_not_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert is_own_file(tmp_path / "file")
    monkeypatch.setattr(os, "geteuid", lambda: 4711, raising=False)
    assert not is_own_file(tmp_path / "file")


def test_the_last_save(tmp_path: Path) -> None:
    head = tmp_path / "head"
    with replace_parts(head, nothing) as first:
        fill(first, "first")
        assert not first.is_last()
        with replace_parts(head, nothing) as second:
            fill(second, "second")
            second.replace_head("head")
            assert not second.is_last()
        assert not first.is_last()
        first.replace_head("head")
        assert first.is_last()


def test_a_link_at_the_head_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "head").symlink_to("precious")
    with replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        new.replace_head("head")
    assert not (tmp_path / "head").is_symlink()
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_link_to_a_directory_at_the_head(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "head").symlink_to("precious")
    with (
        pytest.raises(SaveError, match="expected a file to replace, got a directory"),
        replace_parts(tmp_path / "head", nothing),
    ):
        raise AssertionError("the save goes on")
    assert (tmp_path / "head").is_symlink()


def test_a_directory_at_the_head(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="expected a file to replace, got a directory"):
        save(tmp_path, "new")


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    found: list[str] = []
    for name in ("flush_file", "flush_directory"):
        function = getattr(flush, name)
        monkeypatch.setattr(
            parts, name, lambda path, function=function: (found.append(path.name), function(path))
        )
    yield found


def test_parts_are_flushed_before_the_head_names_them(tmp_path: Path, flushed: list[str]) -> None:
    with replace_parts(tmp_path / "head", nothing) as new:
        fill(new, "new")
        new.place({"a": "0.a", "b": "0.b"})
        assert flushed == ["a", "b"]
        new.replace_head("head")
        assert flushed == ["a", "b", "head", tmp_path.name]
    flushed.clear()
    with replace_parts(tmp_path / "head", nothing, flush=False) as new:
        fill(new, "new")
        new.place({"a": "1.a"})
        new.replace_part("b", "1.a")
        new.replace_head("head")
    assert flushed == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked and killed")
def test_what_killed_saves_noted(tmp_path: Path) -> None:
    head = tmp_path / "head"

    def die() -> None:
        with replace_parts(head, nothing) as new:
            fill(new, "new")
            new.note(["freed", "missing"])
            new.place({"a": "placed", "b": "wün\nsched"})
            os.kill(os.getpid(), signal.SIGKILL)

    (tmp_path / "freed").write_text("")
    (tmp_path / "of the living").write_text("")
    with replace_parts(head, nothing) as alive:
        alive.note(["of the living", "missing"])
        if not (child := os.fork()):
            die()
        os.waitpid(child, 0)
        with replace_parts(head, nothing) as new:
            assert new.left.keys() == {"freed", "placed", "wün\nsched"}
            assert [name for name in listed(tmp_path) if "kerasfmt" not in name] == ["of the living"]


def test_a_note_that_nobody_can_read(tmp_path: Path) -> None:
    debris = tmp_path / ".head.kerasfmt-0123456789abcdef"
    (debris / "payload").mkdir(parents=True, mode=0o700)
    debris.chmod(0o700)
    (debris / "kerasfmt").write_text("")  # killed before it was written
    (debris / "payload" / "names").write_text('"whole"\n"half')
    (tmp_path / "whole").write_text("")
    with replace_parts(tmp_path / "head", nothing) as new:
        assert new.left.keys() == {"whole"}


def test_notes_of_others_are_not_believed(tmp_path: Path) -> None:
    planted = tmp_path / ".head.kerasfmt-0123456789abcdef"
    (planted / "payload").mkdir(parents=True)
    (planted / "payload" / "names").write_text('"precious"\n')
    planted.chmod(0o755)
    (tmp_path / "precious").write_text("mine")
    with replace_parts(tmp_path / "head", nothing) as new:
        assert new.left == {}


def test_a_save_that_waited_is_alone_although_others_are_written(tmp_path: Path) -> None:
    head = tmp_path / "head"
    with replace_parts(head, nothing) as writing, replace_parts(head, nothing) as new:
        fill(new, "new")
        new.wait()
        new.place({"a": "1.a"})
        new.replace_head("head")
        assert new.is_last()
        assert not writing.is_last()


def test_a_save_that_may_not_wait_longer_is_not_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kerasfmt.files.parts._PATIENCE", 0.0)
    head = tmp_path / "head"
    with replace_parts(head, nothing) as first:
        first.wait()
        with replace_parts(head, nothing) as new:
            fill(new, "new")
            new.wait()
            new.place({"a": "1.a"})
            new.replace_head("head")
            assert not new.is_last()


def test_parts_of_a_head_that_was_replaced_meanwhile_are_removed(tmp_path: Path) -> None:
    with replace_parts(tmp_path / "head", nothing) as first:
        fill(first, "first")
        first.place({"a": "0.a"})
        first.replace_head("head")
        with replace_parts(tmp_path / "head", nothing) as second:
            fill(second, "second")
            second.place({"a": "1.a"})
            second.replace_head("head")
    assert listed(tmp_path) == ["1.a", "head"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked and killed")
def test_nothing_is_removed_while_the_head_cannot_be_read(tmp_path: Path) -> None:
    head = tmp_path / "head"

    def unreadable(head: Path) -> set[str]:
        raise CorruptFileError("damaged")

    if not (child := os.fork()):
        with replace_parts(head, named_by) as new:
            fill(new, "new")
            new.place({"a": "0.a", "b": "0.b"})
            (new.directory / "head").write_text("0 new")
            new.replace_head("head")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with pytest.raises(ZeroDivisionError), replace_parts(head, unreadable):
        raise ZeroDivisionError
    assert read(head) == "new"
