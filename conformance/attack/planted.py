"""Links, folders, files and pipes at every path that a save touches: none is followed, written to or removed.

The random part of names is known to the attacker, who has guessed it. A save then takes another name. Whatever is
planted, what it leads to stays as it is, and the save succeeds or raises SaveError.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from conformance.attack.processes import DONE, end, end_within, start
from conformance.attack.result import Result
from conformance.attack.savers import SAVERS, Saver, scratch_directory, warm
from kerasfmt.errors import SaveError

_SECONDS = 60.0
"""A save that takes longer hangs."""
_PATHS = {
    "open": 1,
    "os.mkdir": 1,
    "os.rename": 2,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.chmod": 1,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
}
"""Events of the interpreter's audit -> how many of their first arguments are paths."""
_FEW = 4
"""Paths of a short run."""


def link_to_folder(path: Path, precious: Path) -> None:
    path.symlink_to(precious, target_is_directory=True)


def link_to_file(path: Path, precious: Path) -> None:
    path.symlink_to(precious / "thesis.tex")


def link_to_nothing(path: Path, precious: Path) -> None:
    path.symlink_to(precious / "nothing")


def folder(path: Path, precious: Path) -> None:
    path.mkdir()
    (path / "thesis.tex").write_text("years of work")


def folder_of_links(path: Path, precious: Path) -> None:
    """What a saver may look for in its own directory, each a link."""
    path.mkdir(mode=0o777)
    for name in ("payload", "kerasfmt", "old", "old-0", "saved_model.pb"):
        (path / name).symlink_to(precious / "thesis.tex")
    (path / "variables").symlink_to(precious, target_is_directory=True)


def file(path: Path, precious: Path) -> None:
    path.write_text("years of work")


def second_name(path: Path, precious: Path) -> None:
    os.link(precious / "thesis.tex", path)


def pipe(path: Path, precious: Path) -> None:
    os.mkfifo(path)


_PLANTS: tuple[Callable[[Path, Path], None], ...] = (
    link_to_folder,
    link_to_file,
    link_to_nothing,
    folder,
    folder_of_links,
    file,
    second_name,
    pipe,
)
_REPLACED = (link_to_file, link_to_nothing, file, second_name)
"""What a save replaces, or follows, in the place of a file that it was asked to write."""


def attack(long: bool) -> Iterator[Result]:
    """A result for each saver, with every plant at every path; a short run takes the paths beside the target."""
    for saver in SAVERS:
        with scratch_directory(long) as scratch:
            warm(saver, scratch)
            paths = _touched(saver, scratch)
            trials = [(path, plant) for path in (paths if long else paths[:_FEW]) for plant in _PLANTS]
            findings = [
                f"{plant.__name__} at {path}: {finding}"
                for number, (path, plant) in enumerate(trials)
                for finding in _planted(saver, scratch / str(number), path, plant)
            ]
        yield Result(f"planted: {saver.name}", len(trials), tuple(findings))


def _touched(saver: Saver, scratch: Path) -> list[str]:
    """The paths that a save over an older one touches, relative to where it saves; those beside the target first."""
    directory = scratch / "touched"
    directory.mkdir()
    saver.save(directory / saver.target, 1)
    source, sink = os.pipe()
    child = start(partial(_tell_paths, saver, directory / saver.target, sink))
    os.close(sink)
    with os.fdopen(source) as told:
        touched = {Path(line) for line in told.read().splitlines()}
    assert end(child) == DONE
    beside = {path.relative_to(directory) for path in touched if directory in path.parents}
    names = {Path(saver.target), *beside, *(parent for path in beside for parent in path.parents)} - {Path()}
    return [str(path) for path in sorted(names, key=lambda path: (len(path.parts), path))]


def _tell_paths(saver: Saver, target: Path, sink: int) -> None:
    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        for path in arguments[: _PATHS.get(event, 0)]:
            if isinstance(path, str | os.PathLike):
                os.write(sink, os.fsencode(path) + b"\n")

    sys.addaudithook(hear)
    _save_guessed(saver, target)


def _save_guessed(saver: Saver, target: Path) -> None:
    """Saves. The first random bytes are zeros, and the attacker knows that, and the process's number."""
    drawn = [bytes]
    random = os.urandom
    os.urandom = lambda count: (drawn.pop() if drawn else random)(count)
    os.getpid = lambda: 4242
    saver.save(target, 2)


def _planted(saver: Saver, directory: Path, at: str, plant: Callable[[Path, Path], None]) -> Iterator[str]:
    """What is wrong after a save with something planted."""
    precious = directory / "precious"
    precious.mkdir(parents=True)
    (precious / "thesis.tex").write_text("years of work")
    victim = directory / "victim"
    victim.mkdir()
    path, target = victim / at, victim / saver.target
    old = None if at == saver.target else 1
    if old is not None:
        saver.save(target, old)
    if os.path.lexists(path):  # a part of the older save
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    plant(path, precious)
    follows = at == saver.target and plant in _REPLACED and not saver.is_directory
    before = {} if follows else {**_seen(precious), **_seen(path)}
    child = start(partial(_save_guessed, saver, target), directory / "error")
    status = end_within(child, _SECONDS)
    if status is None:
        yield "the save hangs"
        return
    error = (directory / "error").read_text() if status == 1 else ""
    if status not in (1, DONE) or (error and f"{SaveError.__name__}:" not in error):
        yield f"status {status}: {error}"
    changed = [name for name, what in before.items() if _seen(Path(name)).get(name) != what]
    if changed:
        yield f"changed {', '.join(changed)}"
    try:
        if old is not None and (seen := saver.read(target)) != (old if error else 2):
            yield f"save {seen} stands after {error or 'a save'}"
    except Exception as problem:
        yield f"what stands is not whole: {type(problem).__name__}: {problem}"


def _seen(path: Path) -> dict[str, object]:
    """What can be seen of a path and of everything below it; links are not followed."""
    found: dict[str, object] = {}
    if not os.path.lexists(path):
        return found
    for each in [path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else ())]:
        status = each.lstat()
        content = each.read_bytes() if each.is_file() and not each.is_symlink() else None
        found[str(each)] = (status.st_ino, status.st_mode, status.st_uid, content)
    return found
