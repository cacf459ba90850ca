"""A file that names others is replaced together with them: a head and its parts.

    parent/model.weights.json              the head; replacing it is the save
    parent/model_00000.weights.h5          a part, which the head names

The parts of a save get names that nothing has. Until the head is replaced, readers see the old head and its parts, and
from then on the new ones. Old parts are removed last. A save that is killed leaves parts that no head names, and their
names in its staging directory, from which the next save takes them.

A link at the head is replaced, not followed: readers look for the parts beside the link.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kerasfmt.files.commit import explained, flush_names
from kerasfmt.files.flush import flush_directory, flush_file
from kerasfmt.files.staging import PAYLOAD, Staging, staged, staging_directories
from kerasfmt.files.targets import require_regular, resolve

_NAMES: Final = "names"
"""The file in `directory` with a name in each line, as JSON."""


@contextlib.contextmanager
def replace_parts(head: str | os.PathLike[str], *, flush: bool = True) -> Iterator[NewParts]:
    """A context in which a head and its parts are written and put into place.

    If the body fails before it has replaced the head, everything is as it was.

    Args:
      head: the file to create or to replace.
      flush: whether all bytes are on the disk before the old head goes, so that a loss of power leaves the one or the
        other.

    Raises:
      SaveError: `head` is a directory, or something cannot be written. What was there before is untouched.
    """
    resolve(head)  # refuses what no save may replace
    path = Path(os.path.realpath(Path(head).parent), Path(head).name)
    noted = _noted(path)
    with explained(path), staged(path) as staging:
        if not path.is_symlink():
            require_regular(path)
        # A staging directory that is gone by now was that of a killed save: nobody else can have made or removed it.
        killed = [names for directory, names in noted.items() if not os.path.lexists(directory)]
        parts = NewParts(staging, path, flush, frozenset().union(*killed))
        parts.directory.mkdir()
        try:
            yield parts
        except BaseException:
            parts.withdraw()
            raise
        parts.end()
        if flush:
            flush_names(path, [path.parent])


class NewParts:
    """A head and its parts while they are saved.

    Attributes:
      head: the path of the head.
      directory: where the files are written, under any names but `names`.
      left: names that killed saves gave to parts, or that they were about to free.
    """

    def __init__(self, staging: Staging, head: Path, flush: bool, left: frozenset[str]) -> None:
        self.head = head
        self.left = left
        self.directory = staging.path / PAYLOAD
        self._staging = staging
        self._flush = flush
        self._placed: list[tuple[Path, Path]] = []
        self._claimed: list[str] = []
        self._new_head: os.stat_result | None = None

    def note(self, names: Iterable[str]) -> None:
        """Tells the next save, should this one be killed, which files beside the head it may find without a use."""
        with (self.directory / _NAMES).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(name) + "\n" for name in names)

    def place(self, names: Mapping[str, str]) -> bool:
        """Gives files their names beside the head; False, and nothing is changed, if one of the names is taken.

        Args:
          names: from the names in `directory` to those beside the head.

        Raises:
          OSError: they cannot be placed.
        """
        self.note(names.values())
        before = len(self._placed)
        for member, name in names.items():
            written, path = self.directory / member, self.head.with_name(name)
            if self._flush:
                flush_file(written)
            self._placed.append((written, path))
            if not _move_to_nothing(written, path):
                self._placed.pop()
                self.withdraw(before)
                return False
        self._claimed += names.values()
        return True

    def withdraw(self, keep: int = 0) -> None:
        """Takes the names of placed files away again, unless the head is replaced by now.

        Args:
          keep: the number of files that stay, the first ones.
        """
        if self._is_head():
            return
        for written, path in reversed(self._placed[keep:]):
            with contextlib.suppress(OSError):
                if not written.exists():
                    path.rename(written)
                elif path.samefile(written):
                    path.unlink()
        del self._placed[keep:]

    def replace_head(self, member: str) -> None:
        """Makes a file the head; the placed files belong to it.

        Raises:
          OSError: it cannot be written.
        """
        written = self.directory / member
        if self._flush:
            flush_file(written)
            flush_directory(self.head.parent)
        if self.head.is_file():
            written.chmod(stat.S_IMODE(self.head.stat().st_mode))
        self._new_head = written.stat()
        os.replace(written, self.head)
        self._placed.clear()

    def replace_part(self, member: str, name: str) -> None:
        """Puts a file in the place of a part that no head names.

        Raises:
          OSError: it cannot be written, or is no longer in `directory`.
        """
        if self._flush:
            flush_file(self.directory / member)
        os.replace(self.directory / member, self.head.with_name(name))

    def is_last(self) -> bool:
        """Whether the head is this save's, and no other save of it is under way."""
        return staging_directories(self.head) == [self._staging.path] and self._is_head()

    def _is_head(self) -> bool:
        if self._new_head is None:
            return False
        try:
            return os.path.samestat(self.head.lstat(), self._new_head)
        except FileNotFoundError:
            return False

    def end(self) -> None:
        """Removes the placed files again if another save has replaced the head meanwhile: no head will name them."""
        if self._new_head is not None and not self._is_head():
            self.remove(self._claimed)

    def remove(self, names: Iterable[str]) -> None:
        """Removes files beside the head. What is not a file of this user, or cannot be removed, stays."""
        for name in names:
            path = self.head.with_name(name)
            with contextlib.suppress(OSError):
                if _is_own_file(path):
                    path.unlink()


def _noted(head: Path) -> dict[Path, set[str]]:
    """What saves of a head that have not ended have noted, by their staging directories."""
    found: dict[Path, set[str]] = {}
    with contextlib.suppress(OSError):
        for directory in staging_directories(head):
            names = found[directory] = set[str]()
            with contextlib.suppress(OSError, ValueError):
                for line in (directory / PAYLOAD / _NAMES).read_text(encoding="utf-8").splitlines():
                    names.add(str(json.loads(line)))
    return found


def _is_own_file(path: Path) -> bool:
    """Whether there is a file, not a link to one, that belongs to this user."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and (not hasattr(os, "geteuid") or status.st_uid == os.geteuid())


def _move_to_nothing(source: Path, target: Path) -> bool:
    """Gives a file a name that nothing has; False if it is taken. Where it can, the file keeps its old name too."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            return False
        source.rename(target)
    return True
