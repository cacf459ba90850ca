"""Reading several files that may be replaced meanwhile: those of a directory, or those that a file names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from kerasfmt.errors import CorruptFileError

_T = TypeVar("_T")

_ATTEMPTS: Final = 1000
_OPENS_DIRECTORIES: Final = os.name != "nt"


def read_steadily(path: Path, read: Callable[[], _T]) -> _T:
    """What `read` gives while a directory or file stays; it reads again if a save replaced that meanwhile.

    Args:
      path: the directory or file.
      read: opens files in the directory, or the file and others that it names. What it gives, or raises, counts only if
        the directory or file has stayed.

    Raises:
      OSError: there is nothing at the path.
      CorruptFileError: it is replaced all the time.
    """
    for _ in range(_ATTEMPTS):
        descriptor = _open(path)
        try:
            before = os.stat(path) if descriptor is None else os.fstat(descriptor)
            try:
                found = read()
            except Exception:
                if _stands(path, before):
                    raise
                continue
            if _stands(path, before):
                return found
        finally:
            if descriptor is not None:
                os.close(descriptor)
    raise CorruptFileError(f"{path}: is replaced all the time; read it when the saves have ended")


def _open(path: Path) -> int | None:
    """The descriptor of a directory or file. While it is open, the number of its inode is not given to another one.

    None if it may not be opened, and on Windows, which replaces nothing that is open.
    """
    if not _OPENS_DIRECTORIES:
        return None
    with contextlib.suppress(PermissionError):
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    return None


def _stands(path: Path, before: os.stat_result) -> bool:
    try:
        return os.path.samestat(before, os.stat(path))
    except FileNotFoundError:
        return False
