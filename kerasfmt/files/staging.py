"""The directory in which a save is written, beside its target, under a name that nobody can foresee.

    parent/.target.kerasfmt-0123456789abcdef/            mode 0700; the digits are random
    parent/.target.kerasfmt-0123456789abcdef/kerasfmt    the mark, locked as long as the save is alive
    parent/.target.kerasfmt-0123456789abcdef/payload     what is being saved
    parent/.target.kerasfmt-0123456789abcdef/old-0       what stood at the target before

The next save of the same target removes what killed saves left. Such a directory has a name of this form, belongs to
this user, is closed to others, holds a mark that nobody has locked, and nothing that a save did not put there. Any
other directory stays. A directory is opened once; it is looked at and emptied through its descriptor, so that nobody
can put another one in its place meanwhile. Windows has no such descriptors; there its path is used.

Some file systems give every directory the same owner and mode. There debris has those that a new directory gets.

A lock is taken on a file that its owner may remove. It counts only if the file still stands at its path afterwards.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from kerasfmt.errors import SaveError
from kerasfmt.files import lock

MARK: Final = "kerasfmt"
PAYLOAD: Final = "payload"
_OLD: Final = re.compile(r"old-(\d+)")
_TEXT: Final = (
    b"A save of kerasfmt is written here. The next save of the same target removes what a killed one left.\n"
)
_RANDOM: Final = 8
"""Bytes of a name that are random."""
_MAX_STEM_BYTES: Final = 200
_ATTEMPTS: Final = 100
_HAS_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "fwalk")
Owner: TypeAlias = tuple[int, int]
"""The number of a user, and the bits of a mode."""
_OPEN: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Staging:
    """A staging directory whose lock this process holds.

    Attributes:
      path: where it is.
      descriptor: of the directory; None on systems where directories have none.
    """

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self.descriptor = descriptor
        self._mark: int | None = None

    @property
    def owner(self) -> Owner:
        """Whose directory it is, and what others may do."""
        if self.descriptor is None:  # Windows has neither
            return _this_user()
        status = os.fstat(self.descriptor)
        return status.st_uid, status.st_mode & 0o777

    def name(self, member: str) -> str:
        """What the system calls a member, relative to `descriptor`."""
        return str(self.path / member) if self.descriptor is None else member

    def members(self) -> list[str]:
        """The names in the directory."""
        return os.listdir(self.path if self.descriptor is None else self.descriptor)

    def old(self) -> list[str]:
        """The names of what stood at the target before, the latest last."""
        found = [match for match in map(_OLD.fullmatch, self.members()) if match]
        return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]

    def move_in(self, path: Path) -> str:
        """Moves a directory in; returns its name here.

        Raises:
          OSError: it cannot be moved.
        """
        name = f"old-{len(self.old())}"
        os.rename(path, self.name(name), dst_dir_fd=self.descriptor)
        return name

    def move_out(self, member: str, path: Path) -> None:
        """Moves a member to a path, in the place of a file or of nothing.

        Raises:
          OSError: it cannot be moved.
        """
        os.replace(self.name(member), path, src_dir_fd=self.descriptor)

    def discard(self, member: str) -> None:
        """Removes a member, or a path below one, with everything in it, if it is there.

        Raises:
          OSError: it cannot be removed.
        """
        with contextlib.suppress(FileNotFoundError):
            _remove(self.name(member), self.descriptor)

    def restrict(self, member: str, mode: int) -> None:
        """Gives a member the mode of a file or directory that it replaces."""
        os.chmod(self.name(member), mode, dir_fd=self.descriptor)

    def take_lock(self, *, create: bool) -> bool:
        """Takes the lock of the mark; False if somebody else has it, or removes the directory.

        Args:
          create: whether the mark is made. A save goes on without a lock in a file system that has none.

        Raises:
          OSError: there is no mark, or there are no locks.
        """
        flags = os.O_RDWR | _OPEN | (os.O_CREAT | os.O_EXCL if create else getattr(os, "O_NONBLOCK", 0))
        name = self.name(MARK)
        self._mark = os.open(name, flags, 0o600, dir_fd=self.descriptor)
        if create:
            os.write(self._mark, _TEXT)
        try:
            held = lock.take(self._mark)
        except OSError:
            if not create:
                raise
            held = True
        try:
            here = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        of_one_owner = self.descriptor is None or here.st_uid == os.fstat(self.descriptor).st_uid
        stands = stat.S_ISREG(here.st_mode) and os.path.samestat(here, os.fstat(self._mark))
        return held and of_one_owner and stands and (create or self._is_marked())

    def _is_marked(self) -> bool:
        """Whether the mark is ours; the save may have been killed while it wrote that."""
        return self._mark is not None and _TEXT.startswith(os.read(self._mark, len(_TEXT) + 1))

    def remove(self) -> None:
        """Removes the directory with everything in it; what cannot be removed is left to the next save.

        The mark goes last: whatever stops the removal, what is left can be recognized.
        """
        with contextlib.suppress(OSError):
            for member in self.members():
                if member != MARK:
                    self.discard(member)
            if self.descriptor is None:
                self._free()  # Windows removes no open file
            os.unlink(self.name(MARK), dir_fd=self.descriptor)
            self.path.rmdir()

    def close(self) -> None:
        """Frees the lock and the descriptors."""
        self._free()
        if self.descriptor is not None:
            os.close(self.descriptor)

    def _free(self) -> None:
        if self._mark is not None:
            os.close(self._mark)
            self._mark = None


@contextlib.contextmanager
def staged(target: Path, about_to_clean: Callable[[Path], object] = lambda debris: None) -> Iterator[Staging]:
    """A new staging directory for a save of `target`; removed at the end with everything left in it.

    What killed saves of the target left is removed first. If one of them was killed after it had moved the old
    directory away, that is put back.

    Args:
      target: the absolute path of what is saved. Directories above it are made; if the save puts nothing there, they
        are removed again.
      about_to_clean: is called with the staging directory of each killed save before that is removed.

    Raises:
      OSError: it cannot be made.
    """
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clean(target, _this_user(), about_to_clean)  # first, as debris may have filled the disk
        staging = _make(target)
        try:
            if staging.owner != _this_user():
                _clean(target, staging.owner, about_to_clean)
            yield staging
        finally:
            staging.remove()
            staging.close()
    finally:
        for parent in missing:
            with contextlib.suppress(OSError):
                parent.rmdir()  # fails, as it should, if the save has put something into it


def _prefix(target: Path) -> str:
    stem = target.name
    if len(os.fsencode(stem)) > _MAX_STEM_BYTES:
        import hashlib  # loads OpenSSL

        stem = hashlib.sha256(os.fsencode(stem)).hexdigest()
    return f".{stem}.kerasfmt-"


def _make(target: Path) -> Staging:
    for _ in range(_ATTEMPTS):
        path = target.parent / (_prefix(target) + os.urandom(_RANDOM).hex())
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except FileNotFoundError:  # another save, which failed, has removed a parent that it had made
            target.parent.mkdir(parents=True, exist_ok=True)
            continue
        with contextlib.suppress(FileNotFoundError):  # a save that cleans up has taken it for debris
            staging = _open(path)
            try:
                if staging.take_lock(create=True):
                    return staging
            except OSError:
                staging.remove()
                staging.close()
                raise
            staging.close()
    raise SaveError(f"{target}: other saves and removals of it are under way; wait for them to end")


def _this_user() -> Owner:
    """What most file systems say of a new directory that is closed to others."""
    return (os.geteuid() if hasattr(os, "geteuid") else 0), 0o700


def _open(path: Path) -> Staging:
    return Staging(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | _OPEN) if _HAS_DESCRIPTORS else None)


def staging_directories(target: Path) -> list[Path]:
    """The staging directories of all saves of a target: of those under way, and of killed ones."""
    form = re.compile(re.escape(_prefix(target)) + f"[0-9a-f]{{{2 * _RANDOM}}}")
    with contextlib.suppress(PermissionError):  # who may write into a directory need not see what is there
        return [target.parent / name for name in os.listdir(target.parent) if form.fullmatch(name)]
    return []


def _clean(target: Path, owner: Owner, about_to_clean: Callable[[Path], object]) -> None:
    """Removes what killed saves of a target left, as far as it is of this owner."""
    for path in staging_directories(target):
        with contextlib.suppress(OSError):
            _clean_one(path, target, owner, about_to_clean)


def _clean_one(path: Path, target: Path, owner: Owner, about_to_clean: Callable[[Path], object]) -> None:
    if os.path.realpath(path) != str(path):  # a link, or a junction of Windows
        return
    debris = _open(path)
    try:
        members = set(debris.members())
        if debris.owner != owner:
            return
        if not members:
            path.rmdir()  # killed before it made its mark
        elif members <= {MARK, PAYLOAD, *debris.old()} and debris.take_lock(create=False):
            if (old := debris.old()) and not os.path.lexists(target):
                debris.move_out(old[-1], target)
            about_to_clean(path)
            debris.remove()
    finally:
        debris.close()


def _remove(name: str, at: int | None) -> None:
    """Removes a file, a link, or a directory with everything in it; no link is followed."""
    if at is None:
        path = Path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        return
    if not stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=at)
        return
    for _, directories, files, here in os.fwalk(name, topdown=False, dir_fd=at):
        with contextlib.suppress(OSError):
            os.fchmod(here, 0o700)  # directories that were taken over may be closed to writing
        for file in files:
            os.unlink(file, dir_fd=here)
        for directory in directories:
            if stat.S_ISLNK(os.stat(directory, dir_fd=here, follow_symlinks=False).st_mode):
                os.unlink(directory, dir_fd=here)  # a link to a directory
            else:
                os.rmdir(directory, dir_fd=here)
    os.rmdir(name, dir_fd=at)
