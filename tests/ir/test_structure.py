"""Nested structures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kerasfmt.ir.structure import flatten, map_structure, map_to_lists, pack_as

STRUCTURES = st.recursive(
    st.integers(),
    lambda s: st.one_of(st.lists(s), st.lists(s).map(tuple), st.dictionaries(st.text(max_size=3), s)),
    max_leaves=10,
)


def test_dicts_are_walked_by_key() -> None:
    assert flatten({"b": 1, "a": [2, (3, None)]}) == [2, 3, None, 1]
    met: list[int] = []
    assert list(map_structure(met.append, {"b": 1, "a": 2})) == ["b", "a"]
    assert met == [2, 1]
    assert pack_as({"b": 0, "a": 0}, [2, 1]) == {"b": 1, "a": 2}
    assert flatten(5) == [5]
    assert flatten([]) == []


@given(STRUCTURES)
def test_leaves_come_back_in_place(structure: Any) -> None:
    leaves = flatten(structure)
    assert pack_as(structure, leaves) == structure
    assert flatten(map_structure(lambda x: x + 1, structure)) == [x + 1 for x in leaves]


@given(STRUCTURES)
def test_containers_keep_their_kind(structure: Any) -> None:
    mapped = map_structure(lambda x: x, structure)
    assert mapped == structure
    assert type(mapped) is type(structure)


def test_too_many_leaves() -> None:
    with pytest.raises(AssertionError, match="more leaves than"):
        pack_as([0], [1, 2])


def test_tuples_as_lists() -> None:
    assert map_to_lists(lambda x: [x], {"a": (1, (2,)), "b": 3}) == {"a": [[1], [[2]]], "b": [3]}
