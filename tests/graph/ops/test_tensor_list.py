"""Lists of tensors: their ops, and that a list stays as it is when a newer one is made of it."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Value, ops
from kerasfmt.graph.ops.tensor_list import TensorList
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Rows, Samples, i32, value

SAMPLES = Samples()
ROWS = Rows(SAMPLES.floats(3, 2))
HALVES = Rows(SAMPLES.floats(2, 4, 3, dtype=np.float16))
SAMPLES.case("TensorListReserve", i32(2, 3), i32(4), element_dtype=dtypes.float32)
SAMPLES.case("TensorListReserve", i32([2]), i32(1), element_dtype=dtypes.int64)
SAMPLES.case("TensorListFromTensor", SAMPLES.floats(3, 2), i32([2]))
SAMPLES.case("TensorListFromTensor", SAMPLES.floats(3, 2), i32([-1]))
SAMPLES.case("TensorListFromTensor", SAMPLES.ints(3, dtype=np.int64), np.zeros(0, np.int32))
for index in (0, 2):
    SAMPLES.case("TensorListGetItem", ROWS, i32(index), i32([2]), element_dtype=dtypes.float32)
SAMPLES.case("TensorListGetItem", HALVES, i32(1), i32(4, 3), element_dtype=dtypes.float16)
SAMPLES.case("TensorListSetItem", ROWS, i32(1), SAMPLES.floats(2))
SAMPLES.case("TensorListSetItem", HALVES, i32(0), SAMPLES.floats(4, 3, dtype=np.float16))
SAMPLES.case("TensorListStack", ROWS, i32([2]), element_dtype=dtypes.float32, num_elements=3)
SAMPLES.case("TensorListStack", HALVES, i32(4, 3), element_dtype=dtypes.float16, num_elements=2)
SAMPLES.case("TensorListLength", ROWS)


class TestKernels(KernelTests):
    samples = SAMPLES


def rows(*shape: int | None) -> Value:
    return ops.tensor_list_from_tensor(value(*shape))


class TestFrontends(FrontendTests):
    uses = {
        "an element of known shape": (
            lambda: ops.tensor_list_get_item(rows(None, 2), 0, (2,), dtypes.float32),
            (2,),
            ["Const", "TensorListFromTensor", "Const", "TensorListGetItem"],
        ),
        "an element of a shape that is partly known": (
            lambda: ops.tensor_list_get_item(rows(3, None, 2), 0, (None, 2), dtypes.float32),
            (None, 2),
            ["Const", "TensorListFromTensor", "Const", "TensorListGetItem"],
        ),
        "elements of unknown shape": (
            lambda: ops.tensor_list_stack(value(dtype=dtypes.variant), None, dtypes.float32),
            None,
            ["Const", "TensorListStack"],
        ),
        "elements whose shape the list knows": (
            lambda: ops.tensor_list_stack(
                ops.tensor_list_set_item(rows(3, None, 2), 0, np.ones((4, 2), np.float32)),
                None,
                dtypes.float32,
            ),
            (None, None, 2),
            [
                *("Const", "TensorListFromTensor"),
                *("Const", "Const", "TensorListSetItem"),
                *("Const", "TensorListStack"),
            ],
        ),
        "a stack of a known number": (
            lambda: ops.tensor_list_stack(
                ops.tensor_list_set_item(
                    ops.tensor_list_reserve(value(dtype=dtypes.int32), (2,), dtypes.float32), 0, [1.0, 2.0]
                ),
                (2,),
                dtypes.float32,
                count=1,
            ),
            (1, 2),
            ["Const", "TensorListReserve", "Const", "Const", "TensorListSetItem", "TensorListStack"],
        ),
    }
    refused = {
        "an element of another dtype": (
            lambda: ops.tensor_list_get_item(rows(3, 2), value(dtype=dtypes.int64), (2,), dtypes.float32),
            "op TensorListGetItem: ",
        ),
    }


def test_a_list_stays_as_it_is() -> None:
    first = TensorList([None, None, None])
    one = first.with_item(0, np.array(1))
    two = one.with_item(1, np.array(2))
    other = one.with_item(1, np.array(3))
    again = two.with_item(0, np.array(4))
    assert first.items() == [None, None, None]
    assert one.items() == [1, None, None]
    assert two.items() == [1, 2, None]
    assert other.items() == [1, 3, None]
    assert again.items() == [4, 2, None]
    assert first.items() == [None, None, None]


def test_a_list_that_is_written_step_by_step_is_not_copied() -> None:
    held = [None] * 5
    written = TensorList(held)
    for step in range(5):
        written = written.with_item(step, np.array(step))
    assert written.items() is held


@pytest.mark.parametrize("index", [-1, 2])
def test_an_index_beyond_the_list(index: int) -> None:
    with pytest.raises(IndexError, match=f"index {index} is out of range for a list of 2 tensors"):
        TensorList([None, None]).with_item(index, np.zeros(1))
    graph = Builder()
    made = ops.tensor_list_from_tensor(graph.constant(np.zeros((2, 3), np.float32)))
    item = ops.tensor_list_get_item(made, index, (3,), dtypes.float32)
    with pytest.raises(InvalidModelError, match=f"index {index} is out of range for a list of 2 tensors"):
        run(graph.finish([item]), [], {})


def test_what_is_not_set_is_zero_where_its_shape_is_known() -> None:
    graph = Builder()
    made = ops.tensor_list_reserve(graph.constant(3), (None, 2), dtypes.float32)
    part = ops.tensor_list_set_item(made, 1, np.ones((4, 2), np.float32))
    stack = ops.tensor_list_stack(part, (None, 2), dtypes.float32)
    (found,) = run(graph.finish([stack]), [], {})
    assert found.tolist() == [[[n, n]] * 4 for n in (0, 1, 0)]
    item = ops.tensor_list_get_item(made, 1, (None, 2), dtypes.float32)
    with pytest.raises(InvalidModelError, match="an element of the list is not set, and its shape is not"):
        run(graph.finish([item]), [], {})


def test_no_elements_are_stacked() -> None:
    graph = Builder()
    made = ops.tensor_list_reserve(graph.constant(0), (2,), dtypes.float32)
    (found,) = run(graph.finish([ops.tensor_list_stack(made, (2,), dtypes.float32)]), [], {})
    assert found.shape == (0, 2)
