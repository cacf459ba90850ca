"""Sizes in Python's integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph.sizes import MAX_ELEMENTS, checked_shape, fitting, int32, integer_range


@pytest.mark.parametrize(
    "shape", [None, (), (None, 3), (0, 2**62), (2**62, None), (MAX_ELEMENTS,), (3, None, 4)]
)
def test_shapes_of_tensors(shape: Any) -> None:
    assert checked_shape(shape) == shape


def test_numbers_of_numpy_become_those_of_python() -> None:
    found = checked_shape((None, np.int32(3), np.int64(2)))  # type: ignore[arg-type]
    assert found == (None, 3, 2)
    assert [type(size) for size in found or ()] == [type(None), int, int]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((-1,), r"expected sizes of at least 0, got shape \(-1,\)"),
        ((None, np.int32(-3)), "expected sizes of at least 0"),
        ((2**63,), r"expected at most 9,223,372,036,854,775,807 elements"),
        ((2**32, 2**31), "elements, the most that a tensor can have"),
        ((2**32, 2**32), "elements, the most that a tensor can have"),
        ((None, 2**62, None, 2), "elements, the most that a tensor can have"),
    ],
)
def test_shapes_of_no_tensor(shape: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_shape(shape)


def test_int32() -> None:
    array = int32([[1, np.int64(-(2**31))], [2**31 - 1, 0]])
    assert (array.dtype, array.tolist()) == (np.int32, [[1, -(2**31)], [2**31 - 1, 0]])
    assert (int32([]).dtype, int32([]).shape) == (np.int32, (0,))
    for value in (2**31, -(2**31) - 1, 2**63, 10**40):
        with pytest.raises(
            ValueError, match=f"option size: expected a size that int32 holds, .* got {value}"
        ):
            int32([1, value], "option size")
    with pytest.raises(TypeError):
        int32([1.5])


WHOLE = [dtypes.of(f"{kind}{bits}") for kind in ("int", "uint") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize("dtype", WHOLE, ids=str)
def test_ranges_are_those_of_numpy(dtype: dtypes.DType) -> None:
    limits = np.iinfo(dtype.numpy)
    assert integer_range(dtype) == range(limits.min, limits.max + 1)
    assert fitting(np.array([limits.min, limits.max], object), dtype).tolist() == [limits.min, limits.max]
    assert fitting(np.array([], np.int64), dtype).dtype == dtype.numpy
    for value in (limits.min - 1, limits.max + 1):
        with pytest.raises(ValueError, match=f"expected whole numbers that {dtype.name} holds, got {value}"):
            fitting(np.array([0, value], object), dtype)
