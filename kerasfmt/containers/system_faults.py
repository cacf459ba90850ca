"""Faults of the system, which are not damage of a file: no memory, too many open files, a broken disk."""

from __future__ import annotations

import re
from typing import Final

from kerasfmt.errors import KerasfmtError, OutOfMemoryError, SystemFaultError

# The HDF5 library tells these in its messages alone.
_ERRNO: Final = re.compile(r"\berrno = [1-9]")
_ALLOCATION: Final = re.compile(
    r"memory allocation failed|unable to allocate|no space available for allocation"
)


def system_fault(error: BaseException, where: str) -> KerasfmtError | None:
    """The error to raise in place of a fault of the system; None for any other error.

    Args:
      error: what was raised when a file was read.
      where: what errors begin with.
    """
    text = str(error)
    if isinstance(error, MemoryError) or _ALLOCATION.search(text):
        return OutOfMemoryError(f"{where}: there is too little memory to read it: {text or 'none is left'}")
    if (isinstance(error, OSError) and error.errno) or _ERRNO.search(text):
        return SystemFaultError(f"{where}: the system could not read it: {text}")
    return None
