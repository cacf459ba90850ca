"""A line of the tables of `bench.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table; `ratio` says by how much kerasfmt is ahead (or its share), in words."""

    what: str
    ours: str
    theirs: str
    ratio: str
    goal: str


def times(what: str, ours: float, theirs: float, goal: str) -> Row:
    """A line for the seconds of two sides."""
    return Row(what, f"{ours:.2f} s", f"{theirs:.2f} s", f"{theirs / ours:.0f} x faster", goal)
