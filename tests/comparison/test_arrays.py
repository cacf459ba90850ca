"""Arrays, compared."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasfmt.comparison import arrays as module
from kerasfmt.comparison.arrays import NotPairedError, compare_arrays, difference
from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, ArrayChange

ONE = np.array([1, 2, 4], np.float32)


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "expected"),
    [
        (ONE, ONE.copy(), 0, (0, 0, 0)),
        (ONE, ONE + np.float32([0, 0, 1]), 0, (1, 1, 0.2)),
        (ONE, ONE + np.float32([0, 0, 1]), 0.2, (0, 1, 0.2)),
        (ONE, ONE + np.float32([0, 0, 1]), 0.19, (1, 1, 0.2)),
        (np.array([0.0]), np.array([-0.5]), 0.4, (1, 0.5, 1)),
        (np.array([np.nan, 1]), np.array([np.nan, 1]), 0, (0, 0, 0)),
        (np.array([np.nan, 1]), np.array([2.0, 1]), 9, (1, None, None)),
        (np.array([np.inf, -np.inf]), np.array([np.inf, np.inf]), 9, (1, None, None)),
        (np.array([True, False]), np.array([True, True]), 0, (1, 1, 1)),
        (np.array([1j]), np.array([1 + 1j]), 0, (1, 1, 1 / 2**0.5)),
        (np.array(5), np.array(7), 0, (1, 2, 2 / 7)),
        (np.zeros((0, 2)), np.zeros((0, 2)), 0, (0, 0, 0)),
        (np.array([b"a", b"b"], object), np.array([b"a", b"c"], object), 9, (1, 0, 0)),
        (np.array([1, 2], ml_dtypes.bfloat16), np.array([1, 2.5], np.float32), 0, (1, 0.5, 0.2)),
        (np.array([-0.0]), np.array([0.0]), 0, (0, 0, 0)),
    ],
)
def test_difference(
    a: Any, b: Any, tolerance: float, expected: tuple[int, float | None, float | None]
) -> None:
    assert difference(a, b, tolerance) == pytest.approx(expected)
    assert difference(b, a, tolerance) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=40), st.floats(0, 2))
def test_blocks_change_nothing(pairs: list[tuple[float, float]], tolerance: float) -> None:
    a, b = (np.array([pair[side] for pair in pairs], np.float32) for side in (0, 1))
    whole = difference(a, b, tolerance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 3)
        assert difference(a, b, tolerance) == whole


def test_pairs() -> None:
    found = compare_arrays(
        {"same": ONE, "values": ONE, "shape": ONE, "dtype": ONE, "a": ONE},
        {
            "same": ONE,
            "values": ONE * 2,
            "shape": ONE[:2],
            "dtype": ONE.astype(np.float64),
            "b": ONE,
            "c": ONE,
        },
        0.0,
    )
    assert found.count == 7
    assert found.changes == (
        ArrayChange("values", CHANGED, "float32[3]", "float32[3]", 3, 4, 0.5),
        ArrayChange("shape", CHANGED, "float32[3]", "float32[2]"),
        ArrayChange("dtype", CHANGED, "float32[3]", "float64[3]", 0, 0, 0),
        ArrayChange("a", ONLY_A, "float32[3]", ""),
        ArrayChange("b", ONLY_B, "", "float32[3]"),
        ArrayChange("c", ONLY_B, "", "float32[3]"),
    )


def test_what_is_left_is_paired_in_order_if_the_shapes_agree() -> None:
    a = {"x": ONE, "dense/kernel": ONE, "dense/bias": ONE[:1]}
    found = compare_arrays(a, {"0": ONE, "x": ONE, "1": ONE[:1] + 1}, 0.0)
    (change,) = found.changes
    assert (found.count, change.name, change.largest_absolute) == (3, "dense/bias -> 1", 1)


def test_shapes_tell_arrays_apart_where_no_two_are_alike() -> None:
    a, b = {"k": np.zeros((2, 3)), "b": np.zeros(3)}, {"1": np.ones(3), "0": np.zeros((2, 3))}
    for by in ("shape", "shape or error"):
        (change,) = compare_arrays(a, b, 0.0, by=by).changes  # type: ignore[arg-type]
        assert change.name == "b -> 1"
    assert len(compare_arrays(a, b, 0.0).changes) == 4
    twice = {"0": np.zeros(3), "1": np.zeros(3)}
    assert len(compare_arrays({"x": np.zeros(3), "y": np.zeros(3)}, twice, 0.0, by="shape").changes) == 4
    with pytest.raises(NotPairedError, match="expected arrays of the same names, got 'x' and '0'"):
        compare_arrays({"x": np.zeros(3), "y": np.zeros(3)}, twice, 0.0, by="shape or error")
    assert len(compare_arrays({}, twice, 0.0, by="shape or error").changes) == 2


def test_no_more_than_a_pair_is_in_memory() -> None:
    live: set[int] = set()
    most = 0

    class Lazy:
        shape = (3,)
        dtype = np.dtype(np.float32)

        def __init__(self, number: int) -> None:
            self.number = number

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            nonlocal most
            live.add(self.number)
            most = max(most, len(live))
            return ONE

    def progress(count: int) -> None:
        assert count == 24
        live.clear()

    found = compare_arrays(
        {str(n): Lazy(n) for n in range(5)}, {str(n): Lazy(9 + n) for n in range(5)}, 0.0, progress
    )
    assert (found.count, found.changes, most) == (5, (), 2)
