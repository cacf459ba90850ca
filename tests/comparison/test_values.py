"""Values of JSON, compared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, Change
from kerasfmt.comparison.values import changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, JSON)
def test_equal_values_have_no_changes_and_others_have(a: Any, b: Any) -> None:
    assert list(changes(a, a)) == []
    found, back = list(changes(a, b)), list(changes(b, a))
    assert bool(found) == bool(back)
    if type(a) is type(b) and a == b and "True" not in f"{a}{b}" and "False" not in f"{a}{b}":
        assert not found
    if a != b:
        assert found


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"x": 1}, {"x": 2}, [Change("x", CHANGED, 1, 2)]),
        ({"x": {"y": 1}}, {"x": {}}, [Change("x.y", ONLY_A, 1, None)]),
        ({}, {"x": [1]}, [Change("x", ONLY_B, None, [1])]),
        ([1, 2], [1, 3, 4], [Change("2", ONLY_B, None, 4), Change("1", CHANGED, 2, 3)]),
        (1, True, [Change("", CHANGED, 1, True)]),
        (1, 1.0, []),
        ((1, 2), [1, 2], []),
        ({"x": None}, {"x": {"y": 1}}, [Change("x", CHANGED, None, {"y": 1})]),
    ],
)
def test_changes(a: Any, b: Any, expected: list[Change]) -> None:
    assert list(changes(a, b)) == expected


def test_named_items_are_paired_by_their_names() -> None:
    def layer(name: str, units: int) -> dict[str, Any]:
        return {"class_name": "Dense", "config": {"name": name, "units": units}}

    a = {"layers": [layer("a", 1), layer("b", 2)]}
    b = {"layers": [layer("new", 9), layer("a", 1), layer("b", 3)]}
    assert list(changes(a, b)) == [
        Change("layers.new", ONLY_B, None, layer("new", 9)),
        Change("layers.b.config.units", CHANGED, 2, 3),
    ]
    twice = {"layers": [layer("a", 1), layer("a", 2)]}
    assert list(changes(twice, {"layers": [layer("a", 1), layer("a", 3)]})) == [
        Change("layers.1.config.units", CHANGED, 2, 3)
    ]


def test_deep_values_need_no_stack() -> None:
    a: Any = 1
    b: Any = 2
    for _ in range(5000):
        a, b = [a], [b]
    (found,) = changes(a, b)
    assert (found.a, found.b) == (1, 2)
