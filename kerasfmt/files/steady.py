"""Reading several files of one directory that may be replaced meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from kerasfmt.errors import CorruptFileError

_T = TypeVar("_T")

_ATTEMPTS: Final = 1000
_OPENS_DIRECTORIES: Final = os.name != "nt"


def read_steadily(directory: Path, read: Callable[[], _T]) -> _T:
    """What `read` gives while a directory is one and the same; it reads again if a save replaced that meanwhile.

    Args:
      directory: the directory.
      read: opens files in it by their paths. What it gives, or raises, counts only if the directory has stayed.

    Raises:
      OSError: there is no such directory.
      CorruptFileError: it is replaced all the time.
    """
    for _ in range(_ATTEMPTS):
        # While it is open, the number of its inode is not given to another one.
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY) if _OPENS_DIRECTORIES else None
        try:
            before = os.stat(directory) if descriptor is None else os.fstat(descriptor)
            try:
                found = read()
            except Exception:
                if _stands(directory, before):
                    raise
                continue
            if _stands(directory, before):
                return found
        finally:
            if descriptor is not None:
                os.close(descriptor)
    raise CorruptFileError(f"{directory}: is replaced all the time; read it when the saves have ended")


def _stands(directory: Path, before: os.stat_result) -> bool:
    try:
        return os.path.samestat(before, os.stat(directory))
    except FileNotFoundError:
        return False
