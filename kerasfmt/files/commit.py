"""A save is a commit: everything is written beside the target, flushed, and moved into place.

Readers see the old model or the new one. A file replaces another in one step. A directory is exchanged with the old
one in one step on Linux and macOS. Elsewhere two renames are needed, with nothing at the target for a moment; if the
process is killed then, the next save of the same target puts the old directory back first.

Several processes may save to one target: each has a staging directory of its own, and the last one to end wins.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kerasfmt.errors import KerasfmtError, SaveError
from kerasfmt.files.contents import DirectoryContents, Kept
from kerasfmt.files.exchange import exchange
from kerasfmt.files.flush import flush_directory, flush_file, flush_tree
from kerasfmt.files.staging import PAYLOAD, Staging, staged
from kerasfmt.files.targets import require_regular, resolve

_ATTEMPTS: Final = 1000


@contextlib.contextmanager
def replace_directory(
    target: str | os.PathLike[str], contents: DirectoryContents, *, flush: bool = True
) -> Iterator[Path]:
    """A fresh directory that becomes `target` if the body succeeds, and vanishes if it fails.

    Args:
      target: the directory to create or to replace; a symbolic link is followed.
      contents: the permitted contents of a directory at `target`; a directory with other files is never replaced.
      flush: whether everything is on the disk before the old directory goes, so that a loss of power leaves the one
        or the other.

    Yields:
      The empty directory to write into, on the file system of `target`.

    Raises:
      SaveError: `target` is a file, holds foreign files, must stay where it is, or cannot be written. The target is
        as it was.
    """
    path = resolve(target)
    parents = _changed_parents(path)
    with explained(path), staged(path) as staging:
        contents.require_replaceable(path)
        payload = staging.path / PAYLOAD
        payload.mkdir()
        yield payload
        if flush:
            flush_tree(payload)
        kept = _put(staging, path, contents, flush)
        _save_late_changes(staging, path, contents, kept)
        if flush:
            flush_names(path, parents)


@contextlib.contextmanager
def replace_file(target: str | os.PathLike[str], *, flush: bool = True) -> Iterator[Path]:
    """The path of a file to write, which becomes `target` if the body succeeds, and vanishes if it fails.

    Args:
      target: the file to create or to replace; a symbolic link is followed.
      flush: whether the bytes are on the disk before the old file goes, so that a loss of power leaves the one or the
        other.

    Yields:
      A path at which there is no file yet, on the file system of `target`.

    Raises:
      SaveError: `target` is not a file, must stay where it is, or cannot be written. The target is as it was.
    """
    path = resolve(target)
    parents = _changed_parents(path)
    with explained(path), staged(path) as staging:
        require_regular(path)
        payload = staging.path / PAYLOAD
        yield payload
        require_regular(path)
        if path.exists():
            staging.restrict(PAYLOAD, path.stat().st_mode & 0o777)
        if flush:
            flush_file(payload)
        staging.move_out(PAYLOAD, path)
        if flush:
            flush_names(path, parents)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns an error of the operating system into a SaveError that says what happened to the target."""
    try:
        yield
    except OSError as error:
        if isinstance(error, KerasfmtError):
            raise
        # The path in the error is in the staging directory, which means nothing to the user.
        raise SaveError(
            f"{path}: could not be saved: {_reason(error)}; what was there before is untouched"
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _put(staging: Staging, path: Path, contents: DirectoryContents, flush: bool) -> Kept:
    """Moves the payload to `path`; returns what it took over from the directory there.

    It begins anew if another save changes what stands at `path` meanwhile.
    """
    kept: Kept = {}
    try:
        for _ in range(_ATTEMPTS):
            contents.require_replaceable(path)
            try:
                if os.path.lexists(path):
                    kept = _take_over(staging, path, contents, flush)
                    staging.restrict(PAYLOAD, stat.S_IMODE(path.stat().st_mode))
                    if exchange(staging.name(PAYLOAD), path, staging.descriptor):
                        return kept
                    staging.move_in(path)
            except FileNotFoundError:  # another save has moved it away, and may have put its own there since
                if not os.path.lexists(staging.path / PAYLOAD):
                    raise
                continue
            if _move_to_nothing(staging, path):
                return kept
        raise SaveError(f"{path}: other saves of it are under way; wait for them to end")
    except BaseException:
        _give_back(staging, path)
        raise


def _take_over(staging: Staging, path: Path, contents: DirectoryContents, flush: bool) -> Kept:
    if contents.kept is None:
        return {}
    payload = staging.path / PAYLOAD
    staging.discard(f"{PAYLOAD}/{contents.kept}")
    kept = contents.take_over(path, payload)
    if kept and flush:
        flush_tree(payload / contents.kept)
        flush_directory(payload)
    return kept


def _move_to_nothing(staging: Staging, path: Path) -> bool:
    """Moves the payload to a path at which there is nothing; False if another save was faster."""
    try:
        staging.move_out(PAYLOAD, path)
    except OSError:
        if os.path.lexists(path):
            return False
        raise
    return True


def _give_back(staging: Staging, path: Path) -> None:
    """Puts the directory back that a failing save has moved away, beside `path` if something else stands there."""
    if old := staging.old():
        staging.move_out(old[-1], _beside(path) if os.path.lexists(path) else path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-{os.urandom(4).hex()}")


def _save_late_changes(staging: Staging, path: Path, contents: DirectoryContents, kept: Kept) -> None:
    """Removes nothing that somebody put into the old directory after it was looked at for the last time.

    Raises:
      SaveError: there is such a thing; the old directory stands beside the new one.
    """
    for name in staging.old() or [PAYLOAD]:
        old = staging.path / name
        if not old.exists():
            continue
        try:
            if not contents.foreign_in(old) and contents.kept_in(old) == kept:
                continue
        except (OSError, SaveError):
            pass  # what cannot be looked at is not removed
        aside = _beside(path)
        staging.move_out(name, aside)
        raise SaveError(
            f"{path}: is saved, but files were added to the old directory during the save; it is kept at {aside}"
        )


def _changed_parents(path: Path) -> list[Path]:
    """The directories in which a save of `path` makes a name: its parent, and those above if that is made too."""
    return [path.parent, *(parent.parent for parent in path.parents if not parent.exists())]


def flush_names(path: Path, parents: list[Path]) -> None:
    """Flushes the names that a save of `path` has made in directories.

    Raises:
      SaveError: they cannot be written.
    """
    try:
        for parent in parents:
            flush_directory(parent)
    except OSError as error:
        raise SaveError(
            f"{path}: is saved, but would not survive a loss of power: {_reason(error)}; save it again"
        ) from error
