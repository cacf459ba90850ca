"""Values of JSON, compared: what differs, by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, Change


def changes(a: Any, b: Any, where: str = "") -> Iterator[Change]:
    """What differs between two values of JSON. Objects with names in a list are paired by them, other items in order.

    Args:
      a: the first value.
      b: the second value.
      where: the path of the two.
    """
    pending = [(where, a, b)]
    while pending:
        path, one, two = pending.pop()
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            parts, others = dict(one), dict(two)
        elif _is_list(one) and _is_list(two):
            parts, others = _keyed(one, two)
        else:
            if _plain(one) != _plain(two):
                yield Change(path, CHANGED, one, two)
            continue
        below = []
        for key in dict.fromkeys([*parts, *others]):
            at = f"{path}.{key}" if path else str(key)
            if key not in others:
                yield Change(at, ONLY_A, parts[key], None)
            elif key not in parts:
                yield Change(at, ONLY_B, None, others[key])
            else:
                below.append((at, parts[key], others[key]))
        pending += reversed(below)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _plain(value: Any) -> Any:
    """A value to compare: true is not 1, but 1 is 1.0."""
    return (value,) if isinstance(value, bool) else value


def _keyed(a: Sequence[Any], b: Sequence[Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Two lists as mappings: by the names of their items, where all have one of their own; else by numbers."""
    names = [[_name(item) for item in items] for items in (a, b)]
    if all(None not in each and len(set(each)) == len(each) for each in names):
        return dict(zip(names[0], a, strict=True)), dict(zip(names[1], b, strict=True))
    return dict(enumerate(a)), dict(enumerate(b))


def _name(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    inner = item.get("config")
    name = item.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
    return name if isinstance(name, str) else None
