"""What a directory of a format may hold, what a save takes over from the old one, and what it refuses to replace."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from kerasfmt.errors import SaveError
from kerasfmt.typing import record

_ATTEMPTS: Final = 100
_MAX_NAMED_FILES: Final = 5

Kept: TypeAlias = dict[str, object]
"""Paths of what is taken over -> what changes when it does: where a link points, size and time of a file."""


@record(frozen=True, eq=False)
class DirectoryContents:
    """The permitted contents of a directory of one format.

    Attributes:
      format: the name of the format in errors.
      marker: the file that a directory of the format always has.
      patterns: regular expressions of the paths of all its files, relative, with "/".
      kept: the name of a folder in it that belongs to the user; a save takes it over as it is.
      named: the paths of files that the model in a directory names as its own, beside `patterns`.
    """

    format: str
    marker: str
    patterns: tuple[str, ...]
    kept: str | None = None
    named: Callable[[Path], Collection[str]] | None = None

    def foreign_in(self, directory: Path) -> list[str]:
        """The relative paths of everything that is not part of the format, with empty directories and links.

        Without the marker, the directory is not of the format, and everything in it is foreign.
        """
        found = sorted(_entries(directory))
        if self.marker not in found:
            return found
        member = re.compile("|".join(f"(?:{pattern})" for pattern in self.patterns))
        others = [entry for entry in found if not member.fullmatch(entry) and not self._keeps(entry)]
        if not others or self.named is None:
            return others
        named = self.named(directory)
        return [entry for entry in others if entry not in named]

    def require_replaceable(self, path: Path) -> None:
        """Refuses to replace what is not of the format.

        Raises:
          SaveError: there is a file at `path`, or a directory with files that are not part of the format.
        """
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(FileNotFoundError):  # another save has moved it away meanwhile
                self._require_replaceable(path)
                return
        raise SaveError(f"{path}: other saves of it are under way; wait for them to end")

    def _require_replaceable(self, path: Path) -> None:
        if not os.path.lexists(path):
            return
        if not stat.S_ISDIR(path.stat().st_mode):
            raise SaveError(
                f"{path}: expected a directory to hold the {self.format}, got a file; "
                "remove it or choose another path"
            )
        foreign = self.foreign_in(path)
        if not foreign:
            return
        named = ", ".join(foreign[:_MAX_NAMED_FILES])
        more = f" and {len(foreign) - _MAX_NAMED_FILES} more" if len(foreign) > _MAX_NAMED_FILES else ""
        raise SaveError(
            f"{path}: holds files that are not part of a {self.format}: {named}{more}; "
            "it is not replaced: choose another directory, or move these files away"
        )

    def kept_in(self, directory: Path) -> Kept:
        """What a save takes over from a directory; empty if there is nothing."""
        if self.kept is None or not os.path.lexists(directory / self.kept):
            return {}
        found: Kept = {}
        for entry in filter(self._keeps, _entries(directory)):
            path = directory / entry
            status = path.lstat()
            found[entry] = os.readlink(path) if path.is_symlink() else (status.st_size, status.st_mtime_ns)
        return found

    def take_over(self, old: Path, new: Path) -> Kept:
        """Puts what a save keeps of an old directory into a new one too: files are linked, or copied.

        Args:
          old: the directory that is going to be replaced; it stays as it is.
          new: the directory that takes its place, without such a folder.

        Returns:
          What was taken over.
        """
        found = self.kept_in(old)
        if not found or self.kept is None:
            return {}
        source, target = old / self.kept, new / self.kept
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        else:
            shutil.copytree(source, target, symlinks=True, copy_function=_link)
        return found

    def _keeps(self, entry: str) -> bool:
        return self.kept is not None and (entry == self.kept or entry.startswith(self.kept + "/"))


def _link(source: str, target: str) -> None:
    """A second name for a file, or a copy where the file system has one name for each."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


def _entries(directory: Path) -> Iterator[str]:
    """The relative paths of the files, links and empty directories below `directory`.

    Raises:
      SaveError: another file system is mounted there.
    """
    device = directory.stat().st_dev
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(directory / prefix) as entries:
            children = list(entries)
        if prefix and not children:
            yield prefix
        for child in children:
            if not child.is_dir(follow_symlinks=False):
                yield prefix + child.name
            elif child.stat(follow_symlinks=False).st_dev != device and os.name != "nt":
                raise SaveError(
                    f"{child.path}: is a mount point inside of the target; unmount it, or choose another path"
                )
            else:
                pending.append(prefix + child.name + "/")
