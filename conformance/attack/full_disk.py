"""The disk is full at a chosen byte. The save ends in a SaveError, and the process can save again.

What stood at the target is whole, and there is nothing beside it. Two kinds of full disk: no file may be longer than
so many bytes (RLIMIT_FSIZE), which needs no rights; and a file system in memory with so many bytes free, which needs
the right to mount one and is part of the long form.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, TypeAlias

from conformance.attack.result import Result
from conformance.attack.savers import SAVERS, Saver, warm
from kerasfmt.errors import SaveError

_PAGE: Final = 4096
_FEW: Final = 4
"""Levels of a short run, evenly spread, beside the last one."""
_MOUNTED: Final = 16 << 20

Limited: TypeAlias = Callable[[Path, int], AbstractContextManager[None]]
"""From a directory and a number of bytes to a context in which only so many can be written there."""


def attack(long: bool) -> Iterator[Result]:
    """A result for each saver and each kind of full disk."""
    with tempfile.TemporaryDirectory() as name:
        for saver in SAVERS:
            yield _filled(saver, Path(name, saver.name), "no file above each size", _short_files, long)
        if long and (disk := _mounted(Path(name, "disk"))):
            with disk:
                for saver in SAVERS:
                    what = "a file system with each number of bytes free"
                    yield _filled(saver, Path(name, "disk", saver.name), what, _little_space, long)


def _filled(saver: Saver, scratch: Path, what: str, limited: Limited, long: bool) -> Result:
    scratch.mkdir()
    warm(saver, scratch)
    most = _longest(scratch) if limited is _short_files else _bytes(scratch)
    levels = range(0, most + _PAGE, _PAGE)
    chosen = levels if long else sorted({*levels[:: max(1, len(levels) // _FEW)], most - 1})
    findings = []
    for level in chosen:
        directory = scratch / str(level)
        directory.mkdir()
        findings += [f"{level} bytes: {finding}" for finding in _at_level(saver, directory, level, limited)]
        shutil.rmtree(directory)
    return Result(f"full disk: {saver.name}, {what}", len(chosen), tuple(findings))


def _at_level(saver: Saver, directory: Path, level: int, limited: Limited) -> list[str]:
    """What is wrong with a save that meets a full disk, and with the process afterwards."""
    saver.save(directory / saver.target, 1)
    with tempfile.TemporaryFile("w+") as said:

        def victim() -> None:
            target = directory / saver.target
            old = 1
            with limited(directory, level):
                with contextlib.suppress(SaveError):
                    saver.save(target, 2)
                    old = 2
                gc.collect()
            if (seen := saver.read(target)) != old:
                said.write(f"expected save {old} at the target, got {seen}\n")
            if debris := saver.debris(directory):
                said.write(f"it left {', '.join(debris)}\n")
            saver.save(directory / f"again-{saver.target}", 3)
            if (seen := saver.read(directory / f"again-{saver.target}")) != 3:
                said.write(f"the next save is {seen}, expected 3\n")
            gc.collect()

        status = _in_child(victim)
        said.seek(0)
        return [*said.read().splitlines(), *([f"the process ended with status {status}"] if status else [])]


def _in_child(action: Callable[[], None]) -> int:
    """The exit status of a child in which HDF5 is ended too: that is where it may crash."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        warnings.simplefilter("ignore")
        try:
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        ctypes.CDLL(None).exit(0)  # the end of HDF5, without the clean-up of this process's own directories
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _longest(directory: Path) -> int:
    return max(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size + _PAGE for path in directory.rglob("*"))


@contextlib.contextmanager
def _short_files(directory: Path, level: int) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (level, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def _little_space(directory: Path, level: int) -> Iterator[None]:
    free = shutil.disk_usage(directory).free
    with tempfile.NamedTemporaryFile(dir=directory.parent) as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free - level)
        yield


def _mounted(directory: Path) -> AbstractContextManager[None] | None:
    """A small file system at a new directory; None without the right to mount one."""
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_MOUNTED}", "none", str(directory)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None

    @contextlib.contextmanager
    def mounted() -> Iterator[None]:
        try:
            yield
        finally:
            gc.collect()  # what was read there is still mapped
            subprocess.run(["umount", str(directory)], check=True)

    return mounted()
