"""Flushes files and directories to the disk, so that they survive a loss of power.

A file is flushed before its name is changed, and the directory afterwards: then the new name never stands for a file
whose bytes are missing.

Source: sqlite/src/os_unix.c, full_fsync and unixSync; sqlite.org/atomiccommit.html
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_UNSUPPORTED: Final = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)
"""What file systems say that cannot flush a directory, or of one that may be written to but not opened."""


def flush_file(path: Path) -> None:
    """Flushes the bytes of a file.

    Raises:
      OSError: they cannot be written.
    """
    # Windows flushes only what is open for writing.
    with _opened(
        path, os.O_RDWR | getattr(os, "O_BINARY", 0) if sys.platform == "win32" else os.O_RDONLY
    ) as file:
        _flush(file)


def flush_directory(path: Path) -> None:
    """Flushes the names in a directory; Windows does that by itself.

    Raises:
      OSError: they cannot be written.
    """
    if sys.platform == "win32":
        return
    try:
        with _opened(path, os.O_RDONLY | os.O_DIRECTORY) as directory:
            _flush(directory)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


def flush_tree(path: Path) -> None:
    """Flushes a directory with all files and directories below it; links are not followed.

    Raises:
      OSError: something cannot be written.
    """
    for directory, _, files in os.walk(path, topdown=False):
        for name in files:
            file = Path(directory, name)
            if file.is_file() and not file.is_symlink():
                flush_file(file)
        flush_directory(Path(directory))


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # fsync hands the bytes to the drive, which may keep them in its cache.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
