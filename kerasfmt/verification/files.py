"""The files beside a model: links, devices, programs, pickles, archives, and what is not expected there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kerasfmt.printable import printable
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.magic import HEAD, recognize
from kerasfmt.verification.rules import reading, unsafe

_MAX_ENTRIES: Final = 100_000
_MAX_DEPTH: Final = 64


@dataclass(frozen=True)
class Entry:
    """Something in a directory.

    Attributes:
      path: below the directory, with "/"; a folder ends in "/".
      mode: of the entry itself, not of what a link leads to.
    """

    path: str
    mode: int


def check_directory(
    findings: Findings, directory: Path, expected: Iterable[str], named: Collection[str], free: str = ""
) -> None:
    """Checks everything in a directory.

    Args:
      findings: what was found.
      directory: the directory.
      expected: regular expressions of the paths that the format has; their contents are checked by others.
      named: paths that the model names beside them.
      free: a folder that belongs to the user, where nothing is unexpected.
    """
    pattern = re.compile("|".join(f"(?:{each})" for each in expected))
    for entry in _entries(findings, directory):
        findings.checked["files"] += not stat.S_ISDIR(entry.mode)
        check_name(findings, entry.path, entry.path)
        if stat.S_ISLNK(entry.mode):
            findings.add(unsafe.LINK, f"is a symbolic link{_target(directory / entry.path)}", entry.path)
            continue
        if stat.S_ISDIR(entry.mode):
            known = pattern.fullmatch(entry.path) or entry.path.split("/")[0] in ("assets", free)
            if not known:
                findings.add(unsafe.UNEXPECTED_FILE, "is a folder that no SavedModel has", entry.path)
            continue
        if not stat.S_ISREG(entry.mode):
            findings.add(unsafe.SPECIAL_FILE, "is neither a file nor a folder", entry.path)
            continue
        if pattern.fullmatch(entry.path):
            continue
        if entry.path not in named and not (free and entry.path.startswith(f"{free}/")):
            findings.add(unsafe.UNEXPECTED_FILE, "is not a file of the model", entry.path)
        with findings.attempt(entry.path):
            check_head(findings, head_of(directory / entry.path), entry.path)


def _target(link: Path) -> str:
    try:
        return f" to {os.readlink(link)}"
    except OSError:
        return ""


def _entries(findings: Findings, directory: Path) -> Iterator[Entry]:
    """Everything below a directory; links are not followed."""
    pending, count = [("", 0)], 0
    while pending:
        below, depth = pending.pop()
        with findings.attempt(below):
            for each in sorted(os.scandir(directory / below), key=lambda found: found.name):
                count += 1
                if count > _MAX_ENTRIES or depth > _MAX_DEPTH:
                    findings.add(
                        reading.BEYOND_LIMITS, "the directory holds more than is looked through", below
                    )
                    return
                mode = each.stat(follow_symlinks=False).st_mode
                path = f"{below}{each.name}"
                if stat.S_ISDIR(mode):
                    path = f"{path}/"
                    pending.append((path, depth + 1))
                yield Entry(path, mode)


def head_of(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(HEAD)


def check_head(findings: Findings, head: bytes, file: str, inside: str = "") -> None:
    """Checks what a file is by its first bytes.

    Args:
      findings: what was found.
      head: its first HEAD bytes.
      file: the file, for findings.
      inside: the member of it, for findings.
    """
    found = recognize(head, inside or file)
    if found is not None:
        rule, what = found
        findings.add(rule, f"is {what}", file, inside)


def check_name(findings: Findings, name: str, file: str, inside: str = "") -> None:
    """Checks a name for what a terminal obeys, and for what is no text.

    Args:
      findings: what was found.
      name: the name.
      file: the file, for findings.
      inside: the place in it, for findings.
    """
    if printable(name) != name:
        findings.add(
            unsafe.CONTROL_CHARACTERS,
            "its name holds characters that cannot be seen, or that command",
            file,
            inside,
        )
