from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers import slabs as source
from kerasfmt.errors import SaveError


class Lazy:
    """An array that counts the bytes that are read at once."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.largest = 0

    def __getitem__(self, index: Any) -> Any:
        slab = self.array[index]
        self.largest = max(self.largest, slab.nbytes)
        return slab.copy()


class LoadOnly:
    """An array that can be loaded, but not sliced."""

    shape, dtype = (2,), np.dtype("f4")

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.array([1, 2], dtype or self.dtype)


def load(value: object) -> tuple[dtypes.DType, tuple[int, ...], list[Any]]:
    opened = source.open_source(value)
    flat = [element for slab in opened.slabs() for element in slab.reshape(-1).tolist()]
    return opened.dtype, opened.shape, flat


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, (dtypes.float64, (), [1.5])),
        (True, (dtypes.bool_, (), [True])),
        ([[1, 2]], (dtypes.int64, (1, 2), [1, 2])),
        (np.float32(2), (dtypes.float32, (), [2])),
        (b"a\0", (dtypes.string, (), [b"a\0"])),
        ("ä", (dtypes.string, (), ["ä"])),
        ([b"a\0", b""], (dtypes.string, (2,), [b"a\0", b""])),
        (np.array([b"ab", b"c"]), (dtypes.string, (2,), [b"ab", b"c"])),
        (np.array([1, 2], ">i4"), (dtypes.int32, (2,), [1, 2])),
        (np.arange(6).reshape(2, 3).T, (dtypes.int64, (3, 2), [0, 3, 1, 4, 2, 5])),
        (np.zeros((0, 3)), (dtypes.float64, (0, 3), [])),
        (lambda: np.ones(2, np.int8), (dtypes.int8, (2,), [1, 1])),
        (LoadOnly(), (dtypes.float32, (2,), [1, 2])),
        (np.array([1, 2], ml_dtypes.bfloat16)[::-1], (dtypes.bfloat16, (2,), [2, 1])),
        (Lazy(np.array(3)), (dtypes.int64, (), [3])),
    ],
)
def test_open_source(value: object, expected: tuple[Any, ...]) -> None:
    assert load(value) == expected


def test_contiguous_array_is_not_copied() -> None:
    array = np.arange(6.0).reshape(2, 3)
    (slab,) = source.open_source(array).slabs()
    assert np.shares_memory(slab, array)


@pytest.mark.parametrize("shape", [(7, 5), (2, 100), (3, 2, 60), (1, 1, 1, 300), (300,)])
def test_large_lazies_are_read_in_slabs(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SLAB_SIZE", 64)
    lazy = Lazy(np.arange(np.prod(shape), dtype=np.int16).reshape(shape))
    assert load(lazy) == (dtypes.int16, shape, list(range(lazy.array.size)))
    assert lazy.largest <= 64


class Liar(Lazy):
    """An array that gives less than it promised."""

    def __getitem__(self, index: Any) -> Any:
        return self.array[:1]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (np.array(["2020"], "M8[D]"), "TensorFlow has no such element type"),
        (np.zeros(1, np.longdouble), "TensorFlow has no such element type"),
    ],
)
def test_no_such_element_type(value: object, problem: str) -> None:
    with pytest.raises(SaveError, match=problem):
        load(value)


def test_lazy_array_that_lies() -> None:
    with pytest.raises(SaveError, match=r"expected a slab of shape \(3,\), got \(1,\)"):
        load(Liar(np.zeros(3)))
