"""Tables that modules fill when they are imported, and that import these modules when they need them.

A package of families lists its public names once, in `__init__.pyi`. Its `__init__.py` tells the table how to import
all of them. A name is found even when its family is not imported yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class FamilyTable(Generic[_T]):
    """Entries by name, made by families that are imported on demand."""

    def __init__(self) -> None:
        self._entries: dict[str, _T] = {}
        self._imports: list[Callable[[str | None], None]] = []

    def enter(self, name: str, entry: _T) -> None:
        """Adds an entry, or replaces it."""
        self._entries[name] = entry

    def when_missing(self, import_families: Callable[[str | None], None]) -> None:
        """Registers a function that imports the families that may hold a name, or all families for None."""
        self._imports.append(import_families)

    def find(self, name: str) -> _T | None:
        """The entry of a name; None if no family has it."""
        entry = self._entries.get(name)
        for wanted in (name, None):
            if entry is None:
                self._import(wanted)
                entry = self._entries.get(name)
        return entry

    def known(self, name: str) -> bool:
        """Whether a family that has been imported has the name."""
        return name in self._entries

    def names(self) -> list[str]:
        """Every name, sorted; imports all families."""
        self._import(None)
        return sorted(self._entries)

    def _import(self, name: str | None) -> None:
        for import_families in self._imports:
            import_families(name)
        if name is None:
            self._imports.clear()
