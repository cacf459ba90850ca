"""The differences of two values: plain ones, dicts, messages and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.structure.rules import MISSING, Difference


def equal(path: str, what: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if ours != theirs:
        yield Difference(path, what, ours, theirs)


def dicts(path: str, what: str, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[Difference]:
    """The differences of two dicts, key by key."""
    for key in sorted({*ours, *theirs}, key=str):
        if ours.get(key, MISSING) != theirs.get(key, MISSING):
            yield Difference(path, f"{what} {key}", ours.get(key, MISSING), theirs.get(key, MISSING))


def text(message: Any) -> Any:
    """A message as nested dicts, lists and scalars, fields that are not set left out."""
    if not hasattr(message, "ListFields"):
        return message
    made: dict[str, Any] = {}
    for field, value in message.ListFields():
        if hasattr(value, "items"):
            made[field.name] = {key: text(value[key]) for key in sorted(value)}
        elif hasattr(value, "ListFields"):
            made[field.name] = text(value)
        elif hasattr(value, "append"):
            made[field.name] = [text(item) for item in value]
        else:
            made[field.name] = value
    return made


def json_values(path: str, what: str, ours: Any, theirs: Any, ids: SharedIds) -> Iterator[Difference]:
    """The differences of two JSON values, as deep as they have the same shape."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from json_values(
                path, f"{what}.{key}", ours.get(key, MISSING), theirs.get(key, MISSING), ids
            )
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from json_values(path, f"{what}[{i}]", mine, other, ids)
    elif what.endswith(".shared_object_id"):
        if not ids.same(ours, theirs):
            yield Difference(path, what, ours, theirs)
    elif (ours, type(ours)) != (theirs, type(theirs)):
        yield Difference(path, what, ours, theirs)


class SharedIds:
    """Which `shared_object_id` of ours stands for which of theirs; the numbers themselves mean nothing."""

    def __init__(self) -> None:
        self.forward: dict[int, int] = {}
        self.backward: dict[int, int] = {}

    def same(self, ours: Any, theirs: Any) -> bool:
        """Whether two ids can mean the same object, given all that was compared so far."""
        if not isinstance(ours, int) or not isinstance(theirs, int):
            return bool(ours == theirs)
        return (
            self.forward.setdefault(ours, theirs) == theirs and self.backward.setdefault(theirs, ours) == ours
        )
