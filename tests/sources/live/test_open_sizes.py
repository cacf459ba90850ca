"""Numbers and arrays that change with unknown sizes, told from those that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.open_sizes import OpenArray, OpenSize, UnknownForm, merged, samples


def test_the_runs() -> None:
    assert samples(0) == [{}]
    runs = samples(2)
    assert len(runs) == 4
    assert [sum(run[s] != runs[0][s] for s in run) for run in runs] == [0, 1, 1, 2]
    with pytest.raises(UnknownForm, match="unknown sizes"):
        samples(9)


FORMS: list[tuple[Any, Any]] = [
    (lambda b, t: 7, 7),
    (lambda b, t: b, OpenSize(0, ((1, (0,)),))),
    (lambda b, t: 2 * t + 3, OpenSize(3, ((2, (1,)),))),
    (lambda b, t: b - t, OpenSize(0, ((1, (0,)), (-1, (1,))))),
    (lambda b, t: 5 * b * t, OpenSize(0, ((5, (0, 1)),))),
]


@pytest.mark.parametrize(("form", "found"), FORMS)
def test_numbers(form: Any, found: Any) -> None:
    runs = samples(2)
    assert merged([form(run[0], run[1]) for run in runs], runs) == found
    if isinstance(found, OpenSize):
        assert found.of({0: 5, 1: 3}) == form(5, 3)


@pytest.mark.parametrize("form", [lambda b, t: b // 2, lambda b, t: b * b, lambda b, t: max(b, t)])
def test_numbers_of_other_forms(form: Any) -> None:
    runs = samples(2)
    with pytest.raises(UnknownForm, match="no form that is known"):
        merged([form(run[0], run[1]) for run in runs], runs)


def test_structures() -> None:
    runs = samples(1)
    size = OpenSize(0, ((1, (0,)),))
    values = [{"a": [run[0], None, "x"], "b": slice(0, run[0], None), "c": (1.5, True)} for run in runs]
    assert merged(values, runs) == {"a": [size, None, "x"], "b": slice(0, size, None), "c": (1.5, True)}
    for other in ([[1], [1, 2], [1]], [{"a": 1}, {"b": 1}, {"a": 1}], ["x", "y", "x"], [1.0, 2.0, 1.0]):
        with pytest.raises(UnknownForm):
            merged(other, runs)


def test_arrays() -> None:
    runs = samples(1)
    size = OpenSize(0, ((1, (0,)),))
    same = np.eye(2, dtype=np.float32)
    assert merged([same.copy() for _ in runs], runs) is not same
    np.testing.assert_array_equal(merged([same.copy() for _ in runs], runs), same)
    found = merged([np.full((run[0], 2), 3, np.int32) for run in runs], runs)
    assert isinstance(found, OpenArray)
    assert (found.shape, found.first, found.step, found.dtype) == ((size, 2), 3, 0, np.int32)
    found = merged([np.arange(1, 2 * run[0] + 1, 2) for run in runs], runs)
    assert (found.shape, found.first, found.step) == ((size,), 1, 2)
    found = merged([np.array(2 * run[0], np.float32) for run in runs], runs)
    assert (found.shape, found.first, found.dtype) == ((), OpenSize(0, ((2, (0,)),)), np.float32)
    with pytest.raises(UnknownForm, match="neither a fill nor a range"):
        merged([np.array(1 / run[0]) for run in runs], runs)
    with pytest.raises(UnknownForm, match="neither a fill nor a range"):
        merged([np.eye(run[0]) for run in runs], runs)
    with pytest.raises(UnknownForm, match="another rank"):
        merged([np.zeros(2), np.zeros((2, 2)), np.zeros(2)], runs)
