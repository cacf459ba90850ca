"""What revived layers track."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import UnsafeFileError
from kerasfmt.ir import Weight
from kerasfmt.ir.tracked import TrackedObject, UnreadObject, walk
from kerasfmt.limits import limited


def weight(name: str) -> Weight:
    return Weight(name, (2,), dtypes.float32)


def test_each_item_once_by_its_first_path() -> None:
    a, b = weight("a"), weight("b")
    listed = TrackedObject("trackable_list_wrapper", 1, {"0": a, "1": b})
    listed.children["self"] = listed
    unread = UnreadObject("m: root.table", "resource")
    found = dict(walk({"list": listed, "a": a, "table": unread, "other": listed}))
    assert found == {"list": listed, "list/0": a, "list/1": b, "table": unread}


def test_long_chains_are_walked() -> None:
    outer = TrackedObject("o", 1)
    at = outer
    for _ in range(5000):
        inner = TrackedObject("o", 1)
        at.children["next"] = inner
        at = inner
    assert sum(1 for _ in walk({"first": outer})) == 5001


def test_walking_is_counted() -> None:
    shared = TrackedObject("list", 1, {str(n): weight(str(n)) for n in range(2000)})
    with limited(0), pytest.raises(UnsafeFileError):
        for _ in range(2000):
            list(walk({"shared": shared}))
