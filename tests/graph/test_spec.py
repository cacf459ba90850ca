"""Shapes: what two of them say together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasfmt import dtypes
from kerasfmt.graph import Shape, Spec, broadcast_shapes, known_size, merge_shapes
from kerasfmt.graph.spec import merge_dims

DIMS = st.one_of(st.none(), st.integers(0, 4))
SHAPES = st.one_of(st.none(), st.lists(DIMS, max_size=4).map(tuple))
KNOWN = st.lists(st.sampled_from([0, 1, 1, 2, 3]), max_size=4).map(tuple)


def test_a_spec_is_its_fields() -> None:
    spec = Spec((None, 3), dtypes.float32)
    assert spec == Spec((None, 3), dtypes.float32)
    assert spec.with_name("x") == Spec((None, 3), dtypes.float32, "x") != spec
    assert spec.with_name("x").with_name(None) == spec
    assert len({spec, Spec((None, 3), dtypes.float32), Spec((3,), dtypes.float32)}) == 2


@pytest.mark.parametrize(
    ("a", "b", "merged"),
    [
        (None, (2, None), (2, None)),
        ((2, None), None, (2, None)),
        (None, None, None),
        ((None, 3), (2, None), (2, 3)),
        ((), (), ()),
    ],
)
def test_merge(a: Shape, b: Shape, merged: Shape) -> None:
    assert merge_shapes(a, b) == merged


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((2,), (3,), "dimensions 2 and 3 do not agree"),
        ((2,), (2, 2), r"shapes \(2,\) and \(2, 2\) have different ranks"),
        ((0,), (1,), "dimensions 0 and 1"),
    ],
)
def test_shapes_that_do_not_merge(a: Shape, b: Shape, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        merge_shapes(a, b)


@given(SHAPES, SHAPES)
def test_merging_is_symmetric_and_loses_nothing(a: Shape, b: Shape) -> None:
    try:
        merged = merge_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match=r"do not agree|different ranks"):
            merge_shapes(b, a)
        return
    assert merged == merge_shapes(b, a) == merge_shapes(merged, a) == merge_shapes(merged, b)


def test_merge_dims() -> None:
    assert merge_dims(None, 2) == merge_dims(2, None) == merge_dims(2, 2) == 2
    assert merge_dims(None, None) is None


@given(KNOWN, KNOWN)
def test_known_shapes_broadcast_as_in_numpy(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="do not broadcast"):
            broadcast_shapes(a, b)
        return
    assert broadcast_shapes(a, b) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (None, (2,), None),
        ((None,), (1,), (None,)),
        ((None,), (3,), (3,)),
        ((None, 1), (2,), (None, 2)),
        ((None,), (None,), (None,)),
        ((), (None, 2), (None, 2)),
    ],
)
def test_unknown_shapes_broadcast(a: Shape, b: Shape, expected: Shape) -> None:
    assert broadcast_shapes(a, b) == broadcast_shapes(b, a) == expected


@pytest.mark.parametrize(
    ("dims", "size"), [((), 1), ((2, 3), 6), ((2, None), None), ((0, None), None), ((0, 3), 0)]
)
def test_known_size(dims: tuple[int | None, ...], size: int | None) -> None:
    assert known_size(dims) == size
