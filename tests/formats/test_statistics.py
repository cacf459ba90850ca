"""Statistics of stored arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasfmt.formats import statistics as module
from kerasfmt.formats.statistics import Statistics, statistics


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([1, 2, 3, 0], np.float32), Statistics(0, 3, 1.5, 1.25**0.5, 1, 0)),
        (np.array([[True, False]]), Statistics(0, 1, 0.5, 0.5, 1, 0)),
        (np.array(5, np.int64), Statistics(5, 5, 5, 0, 0, 0)),
        (np.array([np.nan, np.inf, -np.inf, 2]), Statistics(2, 2, 2, 0, 0, 3)),
        (np.array([np.nan]), Statistics(None, None, None, None, 0, 1)),
        (np.zeros((0, 3)), Statistics(None, None, None, None, 0, 0)),
        (np.array([1, -1], ml_dtypes.bfloat16), Statistics(-1, 1, 0, 1, 0, 0)),
        (np.array([2, 0], ml_dtypes.int4), Statistics(0, 2, 1, 1, 1, 0)),
        (np.array([b"a", b"b"], object), None),
        (np.array([1j]), None),
    ],
)
def test_statistics(array: np.ndarray[Any, Any], expected: Statistics | None) -> None:
    assert statistics(array) == expected


def test_numbers_that_do_not_fit_are_not_known() -> None:
    found = statistics(np.array([1e308, -1e308, 1e308, 1e308]))
    assert found is not None
    assert (found.largest, found.std) == (1e308, None)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60))
def test_blocks_change_nothing(values: list[float]) -> None:
    array = np.array(values, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 7)
        found = statistics(array)
    exact = array.astype(np.float64)
    assert found is not None
    assert (found.smallest, found.largest, found.zeros) == (exact.min(), exact.max(), (exact == 0).sum())
    np.testing.assert_allclose([found.mean, found.std], [exact.mean(), exact.std()], rtol=1e-9, atol=1e-6)


def test_an_array_in_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(4.0))
    assert statistics(np.load(tmp_path / "a.npy", mmap_mode="r")) == Statistics(0, 3, 1.5, 1.25**0.5, 1, 0)
