from __future__ import annotations

from collections.abc import Sequence

from kerasfmt.graph import Value, emit, ops
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
function, floats = CASES.function, CASES.floats


def rows_turned_into_a_list_and_back(x: Value) -> Sequence[Value]:
    rows = ops.tensor_list_from_tensor(x)
    return [ops.tensor_list_stack(rows, x.shape and x.shape[1:], x.dtype)]


def one_row_twice(x: Value) -> Sequence[Value]:
    rows = ops.tensor_list_from_tensor(x)
    items = [ops.tensor_list_get_item(rows, i, None, x.dtype) for i in (1, 0, 1)]
    return [items[0] * items[1], items[2]]


def a_row_replaced(x: Value, item: Value) -> Sequence[Value]:
    rows = ops.tensor_list_set_item(ops.tensor_list_from_tensor(x), 1, item * item)
    return [ops.tensor_list_stack(rows, None, x.dtype)]


def rows_pushed_and_popped(x: Value, item: Value) -> Sequence[Value]:
    rows = ops.tensor_list_push_back(ops.tensor_list_from_tensor(x), item)
    rows, last = emit("TensorListPopBack", rows, -1, element_dtype=x.dtype)
    return [ops.tensor_list_stack(rows, None, x.dtype), last * last]


def only_the_popped_row(x: Value) -> Sequence[Value]:
    _, last = emit("TensorListPopBack", ops.tensor_list_from_tensor(x), -1, element_dtype=x.dtype)
    return [last * last]


def a_shorter_list(x: Value) -> Sequence[Value]:
    (rows,) = emit("TensorListResize", ops.tensor_list_from_tensor(x), 2)
    return [ops.tensor_list_stack(rows, None, x.dtype)]


for _build in (rows_turned_into_a_list_and_back, one_row_twice, only_the_popped_row):
    function(_build, floats(3, 2), known=("all", "some", "rank"))
for _build in (a_row_replaced, rows_pushed_and_popped):
    function(_build, floats(3, 2), floats(2), known=("all", "some"))
function(a_shorter_list, floats(3, 2), known=("all", "some"))


class TestTensorList(RuleTests):
    cases = CASES
