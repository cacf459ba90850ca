"""One descriptor holds the lock of a file, until it is closed or its process dies."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from kerasfmt.files.lock import take

HOLD = """
import os, sys
from kerasfmt.files.lock import take
descriptor = os.open(sys.argv[1], os.O_RDWR)
print(take(descriptor), flush=True)
sys.stdin.read()
"""


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def test_one_of_two_descriptors_holds_it(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "mark"), opened(tmp_path / "mark")
    assert take(first)
    assert not take(second)
    os.close(first)
    assert take(second)
    os.close(second)


def test_a_process_that_is_killed_frees_it(tmp_path: Path) -> None:
    descriptor = opened(tmp_path / "mark")
    command = [sys.executable, "-c", HOLD, str(tmp_path / "mark")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not take(descriptor)
        holder.kill()
    assert take(descriptor)
    os.close(descriptor)


@pytest.mark.skipif(sys.platform == "win32", reason="the call of other systems")
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(OSError, match="No locks"):
        take(0)


@pytest.mark.parametrize(("error", "taken"), [(None, True), (errno.EACCES, False), (errno.EDEADLK, False)])
def test_the_call_of_windows(monkeypatch: pytest.MonkeyPatch, error: int | None, taken: bool) -> None:
    """The region is one byte, and the errors are those of LK_NBLCK in Python's manual of msvcrt."""
    asked: list[tuple[int, int, int]] = []

    def locking(descriptor: int, mode: int, size: int) -> None:
        asked.append((descriptor, mode, size))
        if error is not None:
            raise OSError(error, os.strerror(error))

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr("sys.platform", "win32")
    assert take(7) is taken
    assert asked == [(7, 2, 1)]
