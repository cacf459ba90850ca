"""The lock of an open file: at most one process holds it, and the operating system frees it when that process dies."""

from __future__ import annotations

import errno
import sys
from typing import Final

_HELD: Final = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
"""What the operating systems say of a lock that somebody else holds."""


def take(descriptor: int) -> bool:
    """Takes the lock of an open file if nobody holds it; never waits.

    The lock belongs to the open file, not to the process: two descriptors that were opened apart exclude one another.

    Args:
      descriptor: of the file, open for reading and writing.

    Returns:
      Whether it is held now, until the descriptor is closed.

    Raises:
      OSError: the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True
