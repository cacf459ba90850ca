"""Lists that grow and shrink at their end."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, ops
from kerasfmt.graph.ops.list_stack import TensorStack, popped
from kerasfmt.graph.ops.tensor_list import TensorList
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Rows, Samples, i32, value

SAMPLES = Samples()
ROWS = Rows(SAMPLES.floats(3, 2))
SAMPLES.case("EmptyTensorList", i32(2, 3), i32(4), element_dtype=dtypes.float32)
SAMPLES.case("TensorListPushBack", ROWS, SAMPLES.floats(2))
SAMPLES.case("TensorListPopBack", ROWS, i32([2]), element_dtype=dtypes.float32)
SAMPLES.case("TensorListElementShape", ROWS, shape_type=dtypes.int64, shape_is_open=True)
SAMPLES.case("TensorListResize", ROWS, i32(2))


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "a list with one element more": (
            lambda: ops.tensor_list_push_back(
                ops.tensor_list_from_tensor(value(3, 2)), np.ones(2, np.float32)
            ),
            (),
            ["Const", "TensorListFromTensor", "Const", "TensorListPushBack"],
        ),
    }
    refused = {
        "a tensor in place of a list": (
            lambda: ops.tensor_list_push_back(value(dtype=dtypes.float32), np.ones(2)),
            "op TensorListPushBack: argument input_handle: expected variant",
        ),
    }


def test_what_is_pushed_is_popped() -> None:
    first = TensorList([np.array(0)])
    two = TensorStack(TensorStack(first, np.array(1)), np.array(2))
    assert [int(x) for x in two.items()] == [0, 1, 2]
    one, last = popped(two)
    assert (last, [int(x) for x in one.items()]) == (2, [0, 1])
    other = TensorStack(one, np.array(7))
    assert [int(x) for x in other.items()] == [0, 1, 7]
    assert [int(x) for x in two.items()] == [0, 1, 2]
    changed = two.with_item(0, np.array(9))
    assert [int(x) for x in changed.items()] == [9, 1, 2]
    assert [int(x) for x in two.items()] == [0, 1, 2]
    rest, last = popped(changed)
    assert (last, [int(x) for x in rest.items()]) == (2, [9, 1])


def test_a_long_list_is_no_deep_recursion() -> None:
    stack = TensorList([])
    for step in range(100_000):
        stack = TensorStack(stack, np.array(step))
    assert len(stack.items()) == 100_000


def test_an_empty_list_has_no_last_element() -> None:
    graph = Builder()
    (empty,) = graph.emit("EmptyTensorList", i32([2]), -1, element_dtype=dtypes.float32)
    rest, _ = graph.emit("TensorListPopBack", empty, i32([2]), element_dtype=dtypes.float32)
    with pytest.raises(InvalidModelError, match="the list has no element to take"):
        run(graph.finish([rest]), [], {})


def test_a_length_below_zero() -> None:
    graph = Builder()
    made = ops.tensor_list_from_tensor(graph.constant(np.ones((2, 2), np.float32)))
    with pytest.raises(InvalidModelError, match="expected a length of at least 0"):
        run(graph.finish(graph.emit("TensorListResize", made, -1)), [], {})
