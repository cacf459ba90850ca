"""A save replaces its target whole or leaves it as it was, whatever stops it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kerasfmt.errors import InvalidModelError, SaveError
from kerasfmt.files import commit, staging
from kerasfmt.files.commit import replace_directory, replace_file
from kerasfmt.files.contents import DirectoryContents

MEMBERS = DirectoryContents(
    "SavedModel", "saved_model.pb", (r"saved_model\.pb", r"variables/", r"variables/\w+")
)
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def save(target: Path, text: str) -> None:
    with replace_directory(target, MEMBERS) as directory:
        (directory / "variables").mkdir()
        (directory / "variables" / "data").write_text(text)
        (directory / "saved_model.pb").write_text(text)


def content(directory: Path) -> dict[str, str]:
    return {str(p.relative_to(directory)): p.read_text() for p in sorted(directory.rglob("*")) if p.is_file()}


def whole(text: str) -> dict[str, str]:
    return {"saved_model.pb": text, "variables/data": text}


@pytest.fixture(params=["exchange", "two renames", "two renames of paths"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways to put a directory in the place of another: Linux and macOS, other file systems, Windows."""
    if request.param != "exchange":
        monkeypatch.setattr(commit, "exchange", lambda *_: False)
    if request.param == "two renames of paths":
        monkeypatch.setattr(staging, "_HAS_DESCRIPTORS", False)
    return str(request.param)


def test_creates_with_its_parents(tmp_path: Path) -> None:
    save(tmp_path / "a" / "b" / "model", "new")
    assert content(tmp_path / "a" / "b" / "model") == whole("new")
    assert os.listdir(tmp_path / "a" / "b") == ["model"]


@pytest.mark.usefixtures("way")
def test_replaces(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    (tmp_path / "model").chmod(0o750)
    save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("new")
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o750
    assert os.listdir(tmp_path) == ["model"]


def test_replaces_an_empty_directory(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("new")


@pytest.mark.parametrize("error", [InvalidModelError("bad"), ZeroDivisionError(), KeyboardInterrupt()])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failed_body_leaves_everything_as_it_was(
    tmp_path: Path, error: BaseException, exists: bool
) -> None:
    target = tmp_path / "deep" / "model"
    if exists:
        save(target, "old")
    with pytest.raises(type(error)), replace_directory(target, MEMBERS) as directory:
        (directory / "saved_model.pb").write_text("half")
        raise error
    if exists:
        assert content(target) == whole("old")
        assert os.listdir(target.parent) == ["model"]
    else:
        assert os.listdir(tmp_path) == []


def test_an_error_of_the_system_is_explained(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    with (
        pytest.raises(SaveError, match=r"model: could not be saved: No space left on device; .*untouched"),
        replace_directory(tmp_path / "model", MEMBERS),
    ):
        raise OSError(28, "No space left on device", "/somewhere")
    assert content(tmp_path / "model") == whole("old")


@pytest.mark.usefixtures("way")
def test_a_failed_rename_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "model", "old")
    monkeypatch.setattr(commit, "exchange", lambda *_: False)
    replace = os.replace

    def fail(source: str, target: Path, **options: int) -> None:
        if Path(source).name == "payload":
            raise OSError(5, "Input/output error")
        replace(source, target, **options)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SaveError, match="Input/output error; what was there before is untouched"):
        save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("old")
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.usefixtures("way")
def test_the_save_that_ends_last_stands(tmp_path: Path) -> None:
    with replace_directory(tmp_path / "model", MEMBERS) as directory:
        (directory / "saved_model.pb").write_text("first")
        save(tmp_path / "model", "second")
        assert content(tmp_path / "model") == whole("second")
        save(tmp_path / "other", "other")
    assert content(tmp_path / "model") == {"saved_model.pb": "first"}
    assert sorted(os.listdir(tmp_path)) == ["model", "other"]


def test_a_save_between_the_two_renames_of_another_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "model", "old")
    monkeypatch.setattr(commit, "exchange", lambda *_: False)
    move_in = staging.Staging.move_in

    def interrupted(self: staging.Staging, path: Path) -> str:
        name = move_in(self, path)
        monkeypatch.setattr(staging.Staging, "move_in", move_in)
        save(path, "between")
        return name

    monkeypatch.setattr(staging.Staging, "move_in", interrupted)
    save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("new")
    assert os.listdir(tmp_path) == ["model"]


def test_a_save_that_moves_the_old_directory_away_and_puts_its_own_there_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "model", "old")
    monkeypatch.setattr(commit, "exchange", lambda *_: False)
    move_in = staging.Staging.move_in

    def too_late(self: staging.Staging, path: Path) -> str:
        monkeypatch.setattr(staging.Staging, "move_in", move_in)
        save(path, "between")
        raise FileNotFoundError(2, "it was not there for a moment")

    monkeypatch.setattr(staging.Staging, "move_in", too_late)
    save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("new")
    assert os.listdir(tmp_path) == ["model"]


def test_what_is_put_into_the_old_directory_at_the_last_moment_is_kept_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "model", "old")
    exchange = commit.exchange

    def late(source: str, target: Path, at: int | None) -> bool:
        (target / "thesis.tex").write_text("years of work")
        return exchange(source, target, at)

    monkeypatch.setattr(commit, "exchange", late)
    with pytest.raises(SaveError, match=r"model: is saved, but files were added .* kept at .*model\.before-"):
        save(tmp_path / "model", "new")
    kept, model = sorted(os.listdir(tmp_path), reverse=True)
    assert model == "model"
    assert content(tmp_path / model) == whole("new")
    assert content(tmp_path / kept) == {**whole("old"), "thesis.tex": "years of work"}


def test_foreign_files_are_named_and_kept(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    (tmp_path / "model" / "thesis.tex").write_text("years of work")
    (tmp_path / "model" / "variables" / "notes.txt").write_text("more")
    (tmp_path / "model" / "empty").mkdir()
    with pytest.raises(
        SaveError, match=r"SavedModel: empty/, thesis.tex, variables/notes.txt; it is not replaced"
    ):
        save(tmp_path / "model", "new")
    assert (tmp_path / "model" / "thesis.tex").read_text() == "years of work"


def test_a_file_that_appears_during_the_save_is_kept(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    with pytest.raises(SaveError, match="late"), replace_directory(tmp_path / "model", MEMBERS):
        (tmp_path / "model" / "late").write_text("")
    assert (tmp_path / "model" / "late").exists()


def test_a_link_inside_is_foreign_and_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("")
    save(tmp_path / "model", "old")
    (tmp_path / "model" / "assets").symlink_to(tmp_path / "mine", target_is_directory=True)
    with pytest.raises(SaveError, match="assets"):
        save(tmp_path / "model", "new")
    assert (tmp_path / "mine" / "x").exists()


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(SaveError, match="expected a directory to hold the SavedModel, got a file"):
        save(tmp_path / "model", "new")
    assert (tmp_path / "model").read_text() == "mine"


def test_a_file_in_the_place_of_a_parent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SaveError, match="could not be saved"):
        save(tmp_path / "file" / "model", "new")


def test_a_link_to_a_directory_is_followed(tmp_path: Path) -> None:
    save(tmp_path / "real", "old")
    (tmp_path / "model").symlink_to("real")
    save(tmp_path / "model", "new")
    assert (tmp_path / "model").is_symlink()
    assert content(tmp_path / "real") == whole("new")


def test_a_link_to_nothing_is_followed(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("real")
    save(tmp_path / "model", "new")
    assert content(tmp_path / "real") == whole("new")


def test_a_link_cycle_is_explained(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("model")
    with pytest.raises(SaveError):
        save(tmp_path / "model", "new")


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SaveError, match="Permission denied"):
        save(tmp_path / "model", "new")


def test_a_missing_permission_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SaveError, match="Permission denied"):
        save(tmp_path / "model", "new")


def test_long_names(tmp_path: Path) -> None:
    save(tmp_path / ("m" * 255), "new")
    assert content(tmp_path / ("m" * 255)) == whole("new")


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from kerasfmt.files.commit import replace_directory
    from kerasfmt.files.contents import DirectoryContents
    members = DirectoryContents("SavedModel", "saved_model.pb", ("saved_model.pb", "variables/data"))
    with replace_directory(sys.argv[1], members) as directory:
        (directory / "saved_model.pb").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""

FULL = """
    import resource, sys
    from pathlib import Path
    from kerasfmt.files.commit import replace_directory
    from kerasfmt.files.contents import DirectoryContents
    from kerasfmt.errors import SaveError
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    members = DirectoryContents("SavedModel", "saved_model.pb", ("saved_model.pb", "variables/data"))
    try:
        with replace_directory(sys.argv[1], members) as directory:
            (directory / "saved_model.pb").write_bytes(bytes(100_000))
    except SaveError as error:
        print(error)
"""


def run(program: str, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(program), str(target)]
    return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_leaves_the_old_model(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    assert run(KILLED, tmp_path / "model").returncode == -signal.SIGKILL
    assert content(tmp_path / "model") == whole("old")
    left = sorted(os.listdir(tmp_path))[0]
    assert left.startswith(".model.kerasfmt-")
    assert sorted(os.listdir(tmp_path / left)) == ["kerasfmt", "payload"]
    save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("new")
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_a_full_disk_leaves_the_old_model(tmp_path: Path) -> None:
    save(tmp_path / "model", "old")
    done = run(FULL, tmp_path / "model")
    assert "File too large" in done.stdout, done.stderr
    assert content(tmp_path / "model") == whole("old")
    assert os.listdir(tmp_path) == ["model"]


# Files.


def test_file_is_created_and_replaced(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with replace_file(tmp_path / "a" / "m.h5") as path:
            path.write_text(text)
        assert (tmp_path / "a" / "m.h5").read_text() == text
    assert os.listdir(tmp_path / "a") == ["m.h5"]


def test_file_stays_when_the_body_fails(tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_text("old")
    with pytest.raises(SaveError, match="No space left"), replace_file(tmp_path / "m.h5") as path:
        path.write_text("half")
        raise OSError(28, "No space left on device")
    assert (tmp_path / "m.h5").read_text() == "old"
    assert os.listdir(tmp_path) == ["m.h5"]


def test_file_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "m.h5").symlink_to("real")
    with replace_file(tmp_path / "m.h5") as path:
        path.write_text("new")
    assert (tmp_path / "m.h5").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_directory_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="expected a file"), replace_file(tmp_path):
        pass


def test_a_file_keeps_its_mode_without_the_bits_that_lend_rights(tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_text("old")
    (tmp_path / "m.h5").chmod(0o4640)
    with replace_file(tmp_path / "m.h5") as path:
        path.write_text("new")
    assert stat.S_IMODE((tmp_path / "m.h5").stat().st_mode) == 0o640


# Flushes.


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is flushed and moved, by the last parts of its path."""
    made: list[str] = []
    replace, exchange = os.replace, commit.exchange

    def flushed(descriptor: int) -> None:
        made.append(f"flush {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")

    def move(source: str, target: Path, **options: int) -> None:
        made.append(f"move {Path(source).name}")
        replace(source, target, **options)

    def exchanged(source: str, target: Path, at: int | None) -> bool:
        made.append(f"exchange {Path(source).name}")
        return exchange(source, target, at)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", move)
    monkeypatch.setattr(commit, "exchange", exchanged)
    return made


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors have no names")


@needs_proc
def test_a_directory_is_flushed_before_it_is_moved_and_its_name_afterwards(
    tmp_path: Path, steps: list[str]
) -> None:
    for move in ("move payload", "exchange payload"):
        steps.clear()
        save(tmp_path / "model", "new")
        assert steps == [
            "flush data",
            "flush variables",
            "flush saved_model.pb",
            "flush payload",
            move,
            f"flush {tmp_path.name}",
        ]


@needs_proc
def test_a_file_and_the_directories_made_for_it_are_flushed(tmp_path: Path, steps: list[str]) -> None:
    with replace_file(tmp_path / "a" / "b" / "m.h5") as path:
        path.write_text("new")
    assert steps == ["flush payload", "move payload", "flush b", "flush a", f"flush {tmp_path.name}"]


@needs_proc
def test_nothing_is_flushed_if_that_is_asked_for(tmp_path: Path, steps: list[str]) -> None:
    with replace_file(tmp_path / "m.h5", flush=False) as path:
        path.write_text("new")
    for _ in range(2):
        with replace_directory(tmp_path / "model", MEMBERS, flush=False) as directory:
            (directory / "saved_model.pb").write_text("new")
    assert steps == ["move payload", "move payload", "exchange payload"]


def test_what_cannot_be_flushed_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "model", "old")

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SaveError, match="Input/output error; what was there before is untouched"):
        save(tmp_path / "model", "new")
    assert content(tmp_path / "model") == whole("old")
    assert os.listdir(tmp_path) == ["model"]


def test_a_name_that_cannot_be_flushed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(commit, "flush_directory", fail)
    with (
        pytest.raises(SaveError, match=r"m\.h5: is saved, but would not survive .*Input/output error"),
        replace_file(tmp_path / "m.h5") as path,
    ):
        path.write_text("new")
    assert (tmp_path / "m.h5").read_text() == "new"
