"""A save is a commit: everything is written beside the target and moved into place.

    parent/target                     what readers see: always a whole model, old or new
    parent/.target.kerasfmt/          the staging directory, locked during a save
    parent/.target.kerasfmt/payload   the model being written; after an exchange, the old model being deleted
    parent/.target.kerasfmt/old       the old model, if the two cannot be exchanged in one step

On Linux a directory is exchanged with the old one in one step (renameat2). Elsewhere two renames are needed. If the
process is killed between them, the next save of the same target puts the old model back first. Data reaches the disk
when the operating system flushes it: a commit survives a crash of the process, but not a loss of power.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kerasfmt.errors import KerasfmtError, SaveError

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
_MAX_NAMED_FILES: Final = 5
_MAX_STEM_BYTES: Final = 200


@dataclass(frozen=True)
class DirectoryContents:
    """The permitted contents of a directory of one format.

    Attributes:
      format: the name of the format in errors.
      marker: the file that a directory of the format always has.
      patterns: regular expressions of the paths of all its files, relative, with "/".
    """

    format: str
    marker: str
    patterns: tuple[str, ...]

    def foreign_in(self, directory: Path) -> list[str]:
        """The relative paths of everything that is not part of the format, with empty directories and links.

        Without the marker, the directory is not of the format, and everything in it is foreign.
        """
        found = sorted(_entries(directory))
        if self.marker not in found:
            return found
        member = re.compile("|".join(f"(?:{pattern})" for pattern in self.patterns))
        return [entry for entry in found if not member.fullmatch(entry)]


def _entries(directory: Path) -> Iterator[str]:
    """The relative paths of the files, links and empty directories below `directory`."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(directory / prefix) as entries:
            children = list(entries)
        if prefix and not children:
            yield prefix
        for child in children:
            if child.is_dir(follow_symlinks=False):
                pending.append(prefix + child.name + "/")
            else:
                yield prefix + child.name


@contextlib.contextmanager
def replace_directory(target: str | os.PathLike[str], contents: DirectoryContents) -> Iterator[Path]:
    """A fresh directory that becomes `target` if the body succeeds, and vanishes if it fails.

    Args:
      target: the directory to create or to replace; a symbolic link is followed.
      contents: the permitted contents of a directory at `target`; a directory with other files is never replaced.

    Yields:
      The empty directory to write into, on the file system of `target`.

    Raises:
      SaveError: `target` is a file or holds foreign files, another save of it is under way, or it cannot be
        written. The target is as it was.
    """
    path = Path(os.path.realpath(target))
    with _explained(path), _staging(path) as staging:
        _refuse_foreign(path, contents)
        payload = staging / "payload"
        payload.mkdir()
        yield payload
        if not os.path.lexists(path):
            payload.rename(path)
            return
        _refuse_foreign(path, contents)
        payload.chmod(stat.S_IMODE(path.stat().st_mode))
        if not _exchange(payload, path):
            _swap(payload, path, staging / "old")


@contextlib.contextmanager
def replace_file(target: str | os.PathLike[str]) -> Iterator[Path]:
    """The path of a file to write, which becomes `target` if the body succeeds, and vanishes if it fails.

    Args:
      target: the file to create or to replace; a symbolic link is followed.

    Yields:
      A path at which there is no file yet, on the file system of `target`.

    Raises:
      SaveError: `target` is a directory, another save of it is under way, or it cannot be written. The
        target is as it was.
    """
    path = Path(os.path.realpath(target))
    with _explained(path), _staging(path) as staging:
        if path.is_dir():
            raise SaveError(f"{path}: expected a file to replace, got a directory; choose another path")
        payload = staging / "payload"
        yield payload
        if path.exists():
            payload.chmod(stat.S_IMODE(path.stat().st_mode))
        payload.replace(path)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns an error of the operating system into a SaveError that says what happened to the target."""
    try:
        yield
    except OSError as error:
        if isinstance(error, KerasfmtError):
            raise
        # The path in the error is in the staging directory, which means nothing to the user.
        reason = error.strerror or str(error) or type(error).__name__
        raise SaveError(
            f"{path}: could not be saved: {reason}; what was there before is untouched"
        ) from error


def _refuse_foreign(path: Path, contents: DirectoryContents) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_dir():
        raise SaveError(
            f"{path}: expected a directory to hold the {contents.format}, got a file; "
            "remove it or choose another path"
        )
    foreign = contents.foreign_in(path)
    if not foreign:
        return
    named = ", ".join(foreign[:_MAX_NAMED_FILES])
    more = f" and {len(foreign) - _MAX_NAMED_FILES} more" if len(foreign) > _MAX_NAMED_FILES else ""
    raise SaveError(
        f"{path}: holds files that are not part of a {contents.format}: {named}{more}; "
        "it is not replaced: choose another directory, or move these files away"
    )


@contextlib.contextmanager
def _staging(path: Path) -> Iterator[Path]:
    """The locked, empty staging directory of `path`; removed at the end with everything left in it."""
    missing = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = path.name
    if len(os.fsencode(stem)) > _MAX_STEM_BYTES:
        stem = hashlib.sha256(os.fsencode(stem)).hexdigest()
    staging = path.parent / f".{stem}.kerasfmt"
    try:
        staging.mkdir(exist_ok=True)
        with _locked(staging, path):
            _recover(staging, path)
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    finally:
        for parent in missing:
            with contextlib.suppress(OSError):
                parent.rmdir()  # fails, as it should, if the save has put something into it


def _recover(staging: Path, path: Path) -> None:
    """Undoes what an earlier save of the same target left when it was killed."""
    old = staging / "old"
    if old.exists() and not os.path.lexists(path):
        old.rename(path)
    for debris in staging.iterdir():
        if debris.is_dir() and not debris.is_symlink():
            shutil.rmtree(debris)
        else:
            debris.unlink()


@contextlib.contextmanager
def _locked(staging: Path, path: Path) -> Iterator[None]:
    """Holds the lock of a staging directory; the operating system frees it when the process dies."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(staging, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SaveError(f"{path}: another save of it is under way; wait for it to end") from error
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(descriptor)


def _exchange(new: Path, target: Path) -> bool:
    """Swaps two directories in one step; False if the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    status: int = rename(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(target), _RENAME_EXCHANGE)
    return status == 0


def _swap(new: Path, target: Path, old: Path) -> None:
    """Moves `target` to `old` and `new` to `target`; moves `target` back if that fails."""
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
