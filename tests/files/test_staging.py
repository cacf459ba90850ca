"""Staging directories: closed to others, found again when they are debris, never mixed up with what others made."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from kerasfmt.errors import SaveError
from kerasfmt.files import lock, staging
from kerasfmt.files.staging import Staging, staged, staging_directories

DEBRIS = ".model.kerasfmt-0123456789abcdef"


@pytest.fixture(autouse=True, params=["descriptors", "paths"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Directories with descriptors, and Windows's without."""
    if request.param == "paths":
        monkeypatch.setattr(staging, "_HAS_DESCRIPTORS", False)
    return str(request.param)


def killed(directory: Path, name: str = DEBRIS) -> Path:
    """What a killed save leaves."""
    path = directory / name
    path.mkdir(mode=0o700)
    (path / "kerasfmt").write_bytes(staging._TEXT)
    (path / "payload" / "deep").mkdir(parents=True)
    (path / "payload" / "deep" / "file").write_text("half")
    return path


def listed(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


def test_it_is_beside_the_target_closed_to_others_and_vanishes(tmp_path: Path) -> None:
    with staged(tmp_path / "model") as found:
        assert found.path.parent == tmp_path
        assert stat.S_IMODE(found.path.stat().st_mode) == 0o700
        (found.path / "payload").write_text("half")
    assert listed(tmp_path) == []


def test_no_two_have_one_name(tmp_path: Path) -> None:
    with staged(tmp_path / "model") as first, staged(tmp_path / "model") as second:
        assert first.path != second.path


def test_a_name_that_is_taken_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [bytes(8), b"12345678"]
    monkeypatch.setattr(os, "urandom", lambda count: drawn.pop(0))
    (tmp_path / f".model.kerasfmt-{bytes(8).hex()}").symlink_to(tmp_path / "elsewhere")
    with staged(tmp_path / "model") as found:
        assert found.path.name == f".model.kerasfmt-{b'12345678'.hex()}"
    assert listed(tmp_path) == [f".model.kerasfmt-{bytes(8).hex()}"]


def test_names_that_are_taken_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f".model.kerasfmt-{bytes(8).hex()}").write_text("mine")
    with pytest.raises(SaveError, match="under way"), staged(tmp_path / "model"):
        pass


def test_debris_is_removed(tmp_path: Path) -> None:
    killed(tmp_path)
    (tmp_path / DEBRIS[:-1]).with_name(DEBRIS[:-1] + "0").mkdir(mode=0o700)  # killed before it made its mark
    with staged(tmp_path / "model") as found:
        assert listed(tmp_path) == [found.path.name]


def test_debris_of_other_targets_and_saves_that_are_alive_stay(tmp_path: Path) -> None:
    killed(tmp_path, ".other.kerasfmt-0123456789abcdef")
    with staged(tmp_path / "model") as first:
        (first.path / "payload").write_text("half")
        with staged(tmp_path / "model"):
            pass
        assert (first.path / "payload").read_text() == "half"
    assert listed(tmp_path) == [".other.kerasfmt-0123456789abcdef"]


def without_mark(path: Path) -> None:
    (path / "kerasfmt").unlink()


def mark_is_another_file(path: Path) -> None:
    (path / "kerasfmt").write_text("my notes on kerasfmt")


def mark_is_a_link(path: Path) -> None:
    (path / "kerasfmt").unlink()
    (path / "kerasfmt").symlink_to("../precious")


def mark_is_a_pipe(path: Path) -> None:
    (path / "kerasfmt").unlink()
    os.mkfifo(path / "kerasfmt")


def with_another_file(path: Path) -> None:
    (path / "thesis.tex").write_text("years of work")


def behind_a_link(path: Path) -> None:
    path.rename(path.parent / "elsewhere")
    path.symlink_to("elsewhere")


def assert_stays(directory: Path) -> None:
    before = sorted(path.relative_to(directory) for path in directory.rglob("*"))
    with staged(directory / "model"):
        pass
    assert sorted(path.relative_to(directory) for path in directory.rglob("*")) == before


@pytest.mark.parametrize(
    "spoil",
    [without_mark, mark_is_another_file, mark_is_a_link, mark_is_a_pipe, with_another_file, behind_a_link],
)
def test_what_only_looks_like_debris_stays(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    (tmp_path / "precious").write_text("mine")
    spoil(killed(tmp_path))
    assert_stays(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_what_is_open_to_others_stays(tmp_path: Path) -> None:
    killed(tmp_path).chmod(0o755)
    assert_stays(tmp_path)


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Another owner or mode for what descriptors are of, by the names of directories and files."""
    given: dict[str, int] = {}
    status = os.fstat

    def changed(descriptor: int) -> os.stat_result:
        fields = list(status(descriptor))
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        fields[4] = given.get(name, fields[4])
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", changed)
    return given


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors have no names")


@needs_proc
@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_what_belongs_to_another_user_stays(tmp_path: Path, owners: dict[str, int]) -> None:
    killed(tmp_path)
    owners[DEBRIS] = os.geteuid() + 1
    with staged(tmp_path / "model"):
        pass
    assert (tmp_path / DEBRIS / "payload" / "deep" / "file").read_text() == "half"


@needs_proc
@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_a_directory_of_another_user_in_the_place_of_the_new_one_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owners: dict[str, int]
) -> None:
    drawn = [bytes(8), b"12345678"]
    monkeypatch.setattr(os, "urandom", lambda count: drawn.pop(0))
    owners[f".model.kerasfmt-{bytes(8).hex()}"] = os.geteuid() + 1
    with staged(tmp_path / "model") as found:
        assert found.path.name == f".model.kerasfmt-{b'12345678'.hex()}"


@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_a_file_system_that_gives_all_directories_one_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def opened(self: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        mkdir(self, mode, parents, exist_ok)
        self.chmod(0o755)

    monkeypatch.setattr(Path, "mkdir", opened)
    killed(tmp_path)
    with staged(tmp_path / "model") as found:
        assert listed(tmp_path) == [found.path.name]
    assert listed(tmp_path) == []


@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_a_directory_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listdir = os.listdir

    def refuse(path: int | Path) -> list[str]:
        if path == tmp_path:
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    with staged(tmp_path / "model") as found:
        assert found.path.is_dir()


def test_links_in_debris_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    path = killed(tmp_path)
    (path / "payload" / "directory").symlink_to(tmp_path / "precious")
    (path / "payload" / "file").symlink_to(tmp_path / "precious" / "file")
    (path / "old-0").symlink_to(tmp_path / "precious")
    (tmp_path / "model").mkdir()
    with staged(tmp_path / "model"):
        pass
    assert listed(tmp_path) == ["model", "precious"]
    assert (tmp_path / "precious" / "file").read_text() == "mine"


def test_the_latest_old_directory_is_put_back_if_there_is_none(tmp_path: Path) -> None:
    path = killed(tmp_path)
    for name in ("old-0", "old-2", "old-10"):
        (path / name).mkdir()
        (path / name / "file").write_text(name)
    with staged(tmp_path / "model"):
        assert (tmp_path / "model" / "file").read_text() == "old-10"
    assert listed(tmp_path) == ["model"]


@pytest.mark.parametrize("way", ["descriptors"], indirect=True)
def test_directories_that_are_closed_to_writing_are_removed(tmp_path: Path) -> None:
    closed = killed(tmp_path) / "payload" / "deep"
    closed.chmod(0o500)
    with staged(tmp_path / "model"):
        pass
    assert listed(tmp_path) == []


def test_a_save_whose_directory_is_taken_for_debris_makes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another save may remove it between the making of the directory, of the mark, and the lock."""
    take, taken = lock.take, []

    def remove_before(descriptor: int) -> bool:
        if not taken:
            (directory,) = tmp_path.iterdir()
            (directory / "kerasfmt").unlink()
            directory.rmdir()
        taken.append(descriptor)
        return take(descriptor)

    monkeypatch.setattr(lock, "take", remove_before)
    with staged(tmp_path / "model") as found:
        assert len(taken) == 2
        assert listed(found.path) == ["kerasfmt"]
    assert listed(tmp_path) == []


def test_a_file_system_without_locks_saves_and_removes_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock, "take", fail)
    killed(tmp_path)
    with staged(tmp_path / "model") as found:
        assert isinstance(found, Staging)
    assert listed(tmp_path) == [DEBRIS]


def test_a_disk_too_full_for_a_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space left"), staged(tmp_path / "model"):
        pass
    assert listed(tmp_path) == []


def test_parents_that_are_made_for_nothing_are_removed(tmp_path: Path) -> None:
    with staged(tmp_path / "a" / "b" / "model"):
        assert listed(tmp_path) == ["a"]
    assert listed(tmp_path) == []
    with staged(tmp_path / "a" / "b" / "model") as found:
        (found.path / "payload").write_text("whole")
        found.move_out("payload", tmp_path / "a" / "b" / "model")
    assert (tmp_path / "a" / "b" / "model").read_text() == "whole"


def test_names_of_255_bytes(tmp_path: Path) -> None:
    with staged(tmp_path / ("m" * 255)) as found:
        assert len(found.path.name) < 255


def test_the_staging_directories_of_a_target(tmp_path: Path) -> None:
    killed(tmp_path)
    killed(tmp_path, ".other.kerasfmt-0123456789abcdef")
    killed(tmp_path, ".model.kerasfmt-0123")
    assert staging_directories(tmp_path / "model") == [tmp_path / DEBRIS]
    with staged(tmp_path / "model") as found:
        assert staging_directories(tmp_path / "model") == [found.path]


def test_what_killed_saves_left_is_shown_before_it_is_removed(tmp_path: Path) -> None:
    killed(tmp_path)
    (tmp_path / ".model.kerasfmt-fedcba9876543210").mkdir()  # without a mark
    shown: list[tuple[Path, str]] = []

    def look(debris: Path) -> None:
        shown.append((debris, (debris / "payload" / "deep" / "file").read_text()))

    with staged(tmp_path / "model"), staged(tmp_path / "model", look):
        assert shown == []
    killed(tmp_path)
    with staged(tmp_path / "model", look):
        assert shown == [(tmp_path / DEBRIS, "half")]
