from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value
from kerasfmt.nn.tf import table


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype))


def test_the_table_holds_what_is_common() -> None:
    assert len(table.known_functions()) >= 160


def test_a_function_is_called_by_its_first_name() -> None:
    function = table.find_function("compat.v1.argmax")
    assert function is table.find_function("math.argmax")
    assert function is not None
    assert function.__qualname__ == "tf.math.argmax"
    assert table.find_function("nn.no_such") is None


def test_the_first_value_in_nested_lists() -> None:
    x = value(2)
    assert table.first_value(1, [2.0, [x, value(3)]]) is x
    with pytest.raises(ValueError, match="no argument is a tensor"):
        table.first_value(1, [2.0])


def test_lists_become_arrays_of_the_dtype_of_the_first_value() -> None:
    x = value(2, dtype=dtypes.float16)
    first, second, third = table.operands([1, 2], x, 3)
    assert (first.dtype, second, third) == (np.float16, x, 3)
    assert table.integers([[1, 0], [0, 2]]).dtype == np.int32


def test_lists_that_hold_values_are_packed() -> None:
    x = value(None, 4)
    row = table.dims_of(x)
    packed = table.integers([row[0], 2])
    assert (packed.shape, packed.dtype, packed.node.op) == ((2,), dtypes.int32, "Pack")
    nested = table.operand([[row[0], 2], [3, row[0]]], dtypes.int32)
    assert nested.shape == (2, 2)


def test_a_constant_takes_the_dtype_of_what_it_stands_beside() -> None:
    x = value(2, dtype=dtypes.float16)
    assert table.tensor([1, 2], x).dtype is dtypes.float16
    assert table.tensor([1, 2], x, dtypes.int64).dtype is dtypes.int64
    assert table.tensor(x, value(3)) is x


@pytest.mark.parametrize(("axis", "found"), [(None, [0, 1, 2]), (-1, [2]), ([0, -2], [0, 1]), ((), [])])
def test_axes_count_from_the_front(axis: object, found: list[int]) -> None:
    assert table.axes_of(axis, 3) == found


@pytest.mark.parametrize("axis", [3, -4, [0, 5], 1.0, "last"])
def test_an_axis_that_is_not_there(axis: object) -> None:
    with pytest.raises(ValueError, match="is out of range for 3 dimensions"):
        table.axes_of(axis, 3)


def test_the_dtype_of_a_name() -> None:
    assert table.dtype_of(None, dtypes.int64) is dtypes.int64
    assert table.dtype_of("float16", dtypes.int64) is dtypes.float16


@pytest.mark.parametrize("shape", [(2, 3), (None, None, 3)])
def test_a_constant_is_multiplied_to_the_last_axis(shape: tuple[int | None, ...]) -> None:
    assert table.dot_constant(value(*shape), np.ones((3, 4), np.float32)).shape == (*shape[:-1], 4)
