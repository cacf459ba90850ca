"""Two directories change places in one step, where the operating system can do that.

Linux has renameat2 with RENAME_EXCHANGE, macOS renameatx_np with RENAME_SWAP. Some file systems have neither.

Source: rename(2) of Linux, linux/fs.h; rename(2) of macOS, sys/stdio.h
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

_CALLS: Final = {"linux": ("renameat2", -100), "darwin": ("renameatx_np", -2)}
"""Platform -> name of the call, and AT_FDCWD."""
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE and RENAME_SWAP."""


def exchange(source: str, target: Path, source_at: int | None = None) -> bool:
    """Gives each of two existing directories the place of the other; readers see no moment in between.

    Args:
      source: the path of a directory.
      target: the path of another one, in the same file system.
      source_at: the descriptor of a directory to which `source` is relative.

    Returns:
      Whether it was done. It was not if the system or the file system cannot.
    """
    name, here = _CALLS.get(sys.platform, ("", 0))
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None) if name else None
    if call is None:
        return False
    at = here if source_at is None else source_at
    status: int = call(at, os.fsencode(source), here, os.fsencode(target), ctypes.c_uint(_EXCHANGE))
    return status == 0
