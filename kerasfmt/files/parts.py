"""A file that names others is replaced together with them: a head and its parts.

    parent/model.weights.json              the head; replacing it is the save
    parent/model_00000.weights.h5          a part, which the head names

The parts of a save get names that nothing has. Until the head is replaced, readers see the old head and its parts, and
from then on the new ones. Old parts are removed last. A save that is killed leaves parts that no head names, and their
names in its staging directory, from which the next save takes them. What is removed is identified before: meanwhile
another save may have removed it, and a third one may have made a file of that name.

Saves of one head write their files side by side, and change names one after the other: they lock the directory of the
head, which none of them removes. Where that cannot be locked, as on Windows, a save that is not alone leaves the names
of its parts as they are.

A link at the head is replaced, not followed: readers look for the parts beside the link.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from kerasfmt.errors import KerasfmtError
from kerasfmt.files import lock
from kerasfmt.files.commit import explained, flush_names
from kerasfmt.files.flush import flush_directory, flush_file
from kerasfmt.files.staging import PAYLOAD, Staging, staged, staging_directories
from kerasfmt.files.targets import require_regular, resolve

Files: TypeAlias = dict[str, tuple[int, int, int]]
"""Files by their names: device, inode and time of the last change of the bytes."""
_PATIENCE: Final = 60.0
"""Seconds after which a save goes on although another one has locked the directory."""
_PAUSE: Final = 0.002
_NAMES: Final = "names"
"""The file in `directory` with a name in each line, as JSON."""


@contextlib.contextmanager
def replace_parts(
    head: str | os.PathLike[str], named_by: Callable[[Path], set[str]], *, flush: bool = True
) -> Iterator[NewParts]:
    """A context in which a head and its parts are written and put into place.

    If the body fails before it has replaced the head, everything is as it was.

    Args:
      head: the file to create or to replace.
      named_by: gives the names of the parts of the head that stands at a path, or raises what its reader raises.
      flush: whether all bytes are on the disk before the old head goes, so that a loss of power leaves the one or the
        other.

    Raises:
      SaveError: `head` is a directory or a link to one, or something cannot be written. What was there before is
        untouched.
    """
    resolve(head)  # refuses what no save may replace
    path = Path(os.path.realpath(Path(head).parent), Path(head).name)
    left: Files = {}

    def take_over(debris: Path) -> None:
        with _alone(path.parent):
            left.update(_noted(path, debris))
            named = _named(path, named_by)
            if named is not None:
                _remove(path, {name: file for name, file in left.items() if name not in named})

    with explained(path), staged(path, take_over) as staging:
        require_regular(Path(os.path.realpath(path)))  # a link to a file is replaced itself
        parts = NewParts(staging, path, named_by, flush, left)
        with contextlib.closing(parts):
            try:
                yield parts
            except BaseException:
                parts.withdraw()
                raise
            parts.remove_old()
            if flush:
                flush_names(path, [path.parent])


class NewParts:
    """A head and its parts while they are saved.

    Attributes:
      head: the path of the head.
      directory: where the files are written, under any names but `names`.
      left: the files that killed saves have placed or were about to remove, by their names.
    """

    def __init__(
        self, staging: Staging, head: Path, named_by: Callable[[Path], set[str]], flush: bool, left: Files
    ) -> None:
        self.head = head
        self.directory = staging.path / PAYLOAD
        self.left = left
        self._staging = staging
        self._named_by = named_by
        self._flush = flush
        self._placed: list[tuple[Path, Path]] = []
        self._stale: Files = {}
        self._claimed: Files = {}
        self._belonging: Files = {}
        self._new_head: os.stat_result | None = None
        self._lock = contextlib.ExitStack()
        self._is_alone = False
        self.directory.mkdir()
        self.note(_named(head, named_by) or ())

    def wait(self) -> None:
        """Waits until no other save changes names of parts in this directory; none does until this one has ended."""
        self._is_alone = self._lock.enter_context(_alone(self.head.parent))

    def close(self) -> None:
        """Lets other saves go on."""
        self._lock.close()

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
        self._claimed |= _identified(self.head, names.values())
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
        self._stale |= _identified(self.head, _named(self.head, self._named_by) or ()) | self._belonging
        self.note(self._stale)
        if self.head.is_file():
            written.chmod(stat.S_IMODE(self.head.stat().st_mode))
        self._new_head = written.stat()
        os.replace(written, self.head)
        self._placed.clear()
        self._belonging, self._claimed = self._claimed, {}

    def replace_part(self, member: str, name: str) -> None:
        """Puts a file in the place of a part that no head names.

        Raises:
          OSError: it cannot be written, or is no longer in `directory`.
        """
        if self._flush:
            flush_file(self.directory / member)
        os.replace(self.directory / member, self.head.with_name(name))

    def is_last(self) -> bool:
        """Whether the head is this save's, and no other save of it changes names meanwhile."""
        alone = self._is_alone or staging_directories(self.head) == [self._staging.path]
        return alone and self._is_head()

    def _is_head(self) -> bool:
        if self._new_head is None:
            return False
        try:
            return os.path.samestat(self.head.lstat(), self._new_head)
        except FileNotFoundError:
            return False

    def remove_old(self) -> None:
        """Removes the parts of the old head, and the new ones if another save has replaced the new head meanwhile."""
        stale = self._stale if self._is_head() else self._stale | self._belonging
        named = _named(self.head, self._named_by)
        if named is not None:
            _remove(self.head, {name: file for name, file in stale.items() if name not in named})


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[bool]:
    """Locks a directory, and waits for those who have it; says whether that was possible."""
    descriptor = None
    taken = False
    with contextlib.suppress(OSError, AttributeError):  # without locks, or on Windows
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        deadline = time.monotonic() + _PATIENCE
        while not (taken := lock.take(descriptor)) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
    try:
        yield taken
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _named(head: Path, named_by: Callable[[Path], set[str]]) -> set[str] | None:
    """The names of the parts of what stands at a head; None if that cannot be told."""
    try:
        return named_by(head) if os.path.lexists(head) else set()
    except (OSError, KerasfmtError):
        return None


def _remove(head: Path, files: Files) -> None:
    """Removes files beside a head. What is another file by now, or cannot be removed, stays."""
    for name, identity in files.items():
        if _identified(head, [name]).get(name) == identity:
            with contextlib.suppress(OSError):
                head.with_name(name).unlink()


def _identified(head: Path, names: Iterable[str]) -> Files:
    """The files of these names beside a head; without what is not a file, or belongs to another user."""
    found: Files = {}
    for name in names:
        path = head.with_name(name)
        with contextlib.suppress(OSError, ValueError):
            status = path.lstat()
            if is_own_file(path):
                found[name] = (status.st_dev, status.st_ino, status.st_mtime_ns)
    return found


def is_own_file(path: Path) -> bool:
    """Whether there is a file, not a link to one, that belongs to this user."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and (not hasattr(os, "geteuid") or status.st_uid == os.geteuid())


def _noted(head: Path, directory: Path) -> Files:
    """The files that a save has noted in its staging directory."""
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError):
        for line in (directory / PAYLOAD / _NAMES).read_text(encoding="utf-8").splitlines():
            names.append(str(json.loads(line)))
    return _identified(head, names)


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
