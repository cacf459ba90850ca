"""The path that a save replaces, and paths that none may replace."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kerasfmt.errors import SaveError


def resolve(target: str | os.PathLike[str]) -> Path:
    """The absolute path that a save to `target` replaces; symbolic links are followed.

    Args:
      target: the path of a file or a directory, which need not exist.

    Raises:
      SaveError: it is empty, a root, a mount point, the working directory or a directory above that.
    """
    if not os.fspath(target):
        raise SaveError("expected the path of a file or a directory to save to, got an empty one")
    try:
        path = Path(os.path.realpath(target))
        what = _of_the_system(path)
    except (OSError, ValueError) as error:
        raise SaveError(f"{os.fspath(target)!r}: cannot be saved to: {error}; choose another path") from error
    if what:
        raise SaveError(
            f"{target}: is {what}, which no save may replace; name a file or directory inside of it"
        )
    return path


def require_regular(path: Path) -> None:
    """Refuses to replace anything but a file.

    Raises:
      SaveError: there is a directory, a pipe, a socket or a device at `path`.
    """
    if not os.path.lexists(path):
        return
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        got = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise SaveError(f"{path}: expected a file to replace, got {got}; choose another path")


def _of_the_system(path: Path) -> str | None:
    """What a path is that must stay where it is; None if it may be replaced."""
    if path == path.parent:
        return "the root of a file system"
    if os.path.ismount(path):
        return "a mount point"
    if not path.is_dir():
        return None
    try:
        here, status = Path.cwd(), path.stat()
    except FileNotFoundError:  # the one or the other has been removed
        return None
    if any(os.path.samestat(status, directory.stat()) for directory in (here, *here.parents)):
        return "the working directory or one above it"
    return None
