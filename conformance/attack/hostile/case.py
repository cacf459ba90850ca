"""What a hostile file is, and where it lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECRET = b"SECRET-" * 64
"""What a file of the victim holds that no model may show."""


@dataclass(frozen=True)
class Place:
    """Where a hostile file lies.

    Attributes:
      folder: the folder to make it in; nothing around it may change.
      canary: a path that exists once code of the file has run.
      secret: a file of the victim, which holds SECRET.
    """

    folder: Path
    canary: Path
    secret: Path


@dataclass(frozen=True)
class Hostile:
    """A hostile file.

    Attributes:
      advisory: the CVE or advisory.
      what: what the file does to a reader that is not careful.
      make: makes it, and gives its path; for a checkpoint, its prefix.
      expected: the class of the error that refuses it, or "loaded" where nothing of the attack is left.
    """

    advisory: str
    what: str
    make: Callable[[Place], Path]
    expected: str

    def __str__(self) -> str:
        return f"{self.advisory}: {self.what}"
