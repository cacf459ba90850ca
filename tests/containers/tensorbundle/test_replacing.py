"""A checkpoint replaces another in one step for its readers, and the files in the end are TensorFlow's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import replacing
from kerasfmt.errors import SaveError
from kerasfmt.files.parts import NewParts
from tests.containers.tensorbundle.golden import CASES, Case
from tests.files.killing import killed_at_each_step

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked and killed")


def save(prefix: Path, number: float, num_shards: int = 1) -> None:
    tensorbundle.write(prefix, [(f"w{i}", np.full(100, number)) for i in range(3)], num_shards)


def read(prefix: Path) -> float:
    bundle = tensorbundle.read(prefix)
    (number,) = {float(value) for tensor in bundle.values() for value in np.asarray(tensor)}
    return number


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("before", [1, 2, 3])
def test_bytes_are_tensorflows_over_another(case: Case, before: int, tmp_path: Path) -> None:
    save(tmp_path / "v", 0, before)
    tensorbundle.write(tmp_path / "v", case.items, num_shards=len(case.data))
    names = [f"v.data-{n:05}-of-{len(case.data):05}" for n in range(len(case.data))]
    assert content(tmp_path) == dict(zip(names, case.data, strict=True)) | {"v.index": case.index}


@needs_fork
@pytest.mark.parametrize(("before", "num_shards"), [(1, 1), (2, 1), (1, 2)])
def test_killed_at_each_step(tmp_path: Path, before: int, num_shards: int) -> None:
    prefix = tmp_path / "v"
    save(prefix, 3, before)
    expected = content(tmp_path)
    save(prefix, 1, before)
    seen = set()
    for _ in killed_at_each_step(lambda: save(prefix, 2, num_shards)):
        seen.add(read(prefix))
        save(prefix, 3, before)
        assert content(tmp_path) == expected
        save(prefix, 1, before)
    assert seen == {1, 2}


@needs_fork
def test_killed_at_each_step_where_there_was_nothing(tmp_path: Path) -> None:
    prefix = tmp_path / "v"
    for _ in killed_at_each_step(lambda: save(prefix, 2)):
        if (tmp_path / "v.index").exists():
            assert read(prefix) == 2
        save(prefix, 1)
        assert sorted(content(tmp_path)) == ["v.data-00000-of-00001", "v.index"]
        for path in tmp_path.iterdir():
            path.unlink()


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    for number in range(4):
        save(tmp_path / "v", number)
        assert read(tmp_path / "v") == number
        assert tensorbundle.read(tmp_path / "v").num_shards == len(content(tmp_path)) - 1 == 1 + number % 2


def test_while_another_write_is_under_way(tmp_path: Path) -> None:
    save(tmp_path / "v", 1)

    def items() -> Any:
        yield "w", np.zeros(3)
        save(tmp_path / "v", 2)
        assert read(tmp_path / "v") == 2

    tensorbundle.write(tmp_path / "v", items())
    assert read(tmp_path / "v") == 0
    assert sorted(content(tmp_path)) == ["v.data-00000-of-00001", "v.index"]


def test_debris_is_removed_and_nothing_else(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    debris = [
        f"v.index.tempstate{ended.pid}",
        f"v.data-00000-of-00001.tempstate{ended.pid}",
    ]
    foreign = [
        "v.data-00001-of-00007",
        "v2.data-00000-of-00003",
        "vv.index",
        "v.data-00000-of-00003.txt",
        f"v.data-00000-of-00001.tempstate{os.getpid()}",
        "v.data-00000-of-00001.tempstate9177366317262216",  # TensorFlow's, which may be alive
        f"v.index.tempstate{ended.pid}.bak",
        "v.data",
    ]
    for name in (*debris, *foreign):
        (tmp_path / name).write_text("x")
    (tmp_path / "v.data-00000-of-00009").symlink_to("vv.index")
    save(tmp_path / "v", 1, num_shards=6)
    save(tmp_path / "v", 2, num_shards=6)  # first under the names of 8: those of 7 are taken
    save(tmp_path / "v", 1)
    assert sorted(content(tmp_path)) == sorted(
        [*foreign, "v.data-00000-of-00009", "v.data-00000-of-00001", "v.index"]
    )


def test_the_debris_of_a_process_that_cannot_be_looked_at_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert replacing._is_alive(os.getpid())
    monkeypatch.setattr(sys, "platform", "win32")
    assert replacing._is_alive(1 << 22)


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    save(tmp_path / "v", 1)
    before = content(tmp_path)
    (tmp_path / "directory.index").mkdir()
    with pytest.raises(SaveError, match="got a directory"):
        save(tmp_path / "directory", 1)
    with pytest.raises(SaveError, match=r"v\.index: could not be saved: unplugged"):
        tensorbundle.write(tmp_path / "v", failing())
    (tmp_path / "directory.index").rmdir()
    assert content(tmp_path) == before


def failing() -> Any:
    yield "w", 2
    raise OSError("unplugged")


def test_no_name_is_taken_from_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file takes the name of the data as soon as the old data is removed."""
    save(tmp_path / "v", 1)
    taken = tmp_path / "v.data-00000-of-00001"
    remove_old = NewParts.remove_old

    def then_taken(parts: NewParts) -> None:
        remove_old(parts)
        if not taken.exists():
            taken.write_text("mine")

    monkeypatch.setattr(NewParts, "remove_old", then_taken)
    save(tmp_path / "v", 2)
    assert (read(tmp_path / "v"), taken.read_text()) == (2, "mine")
