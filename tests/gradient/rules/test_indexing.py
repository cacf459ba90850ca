from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph import Value, emit, ops
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, function, floats = CASES.op, CASES.function, CASES.floats


def i32(*values: object) -> object:
    return np.array(values, np.int32)


op("GatherV2", floats(4, 3), i32(0, 2, 2), np.array(0, np.int32))
op("GatherV2", floats(4, 3), np.array([[1, 1], [0, 3]], np.int64), np.array(0, np.int32))
op("GatherV2", floats(4, 3, 2), i32([2, 0], [1, 1]), np.array(1, np.int64))
op("GatherV2", floats(4, 3, 2), np.array(1, np.int32), np.array(-1, np.int32), known=("all", "some", "rank"))
op("GatherV2", floats(2, 3, 4), i32([2, 0], [1, 1]), np.array(1, np.int32), batch_dims=1)
op(
    "GatherV2",
    floats(2, 2, 4, 3),
    i32([[2, 0], [1, 1]], [[3, 3], [0, 1]]),
    np.array(2, np.int32),
    batch_dims=-1,
)
op("GatherNd", floats(4, 3), i32([0, 1], [2, 2], [0, 1]))
op("GatherNd", floats(4, 3), i32([1], [3], [1]))
op("ScatterNd", i32([1], [3], [1]), floats(3, 2), i32(5, 2))
op("TensorScatterUpdate", floats(4, 3), i32([1], [3]), floats(2, 3))
for _op in ("TensorScatterAdd", "TensorScatterSub"):
    op(_op, floats(4, 3), i32([1], [3], [1]), floats(3, 3))
op("UnsortedSegmentSum", floats(4, 3), i32(0, 2, 0, -1), np.array(3, np.int32))
op("UnsortedSegmentSum", floats(2, 2, 3), i32([0, 1], [1, 1]), np.array(2, np.int32))


def the_greatest(x: Value) -> Sequence[Value]:
    values, _ = ops.top_k(x, 2)
    return [values * values]


function(the_greatest, floats(2, 3, 4))
function(the_greatest, floats(5), known=("all", "rank"))


def lookups_in_one_table(table: Value) -> Sequence[Value]:
    (same,) = emit("Identity", table)
    return [ops.gather(same, i32(0, 2)), ops.gather(table, i32(2, 2, 1))]


def a_table_that_is_used_in_another_way(table: Value) -> Sequence[Value]:
    return [ops.gather(table, i32(0, 2)), ops.tanh(table)]


def a_table_that_is_computed(x: Value) -> Sequence[Value]:
    return [ops.gather(ops.tanh(x), i32(0, 2))]


def tables_added(x: Value, y: Value) -> Sequence[Value]:
    (added,) = emit("AddN", [x, y])
    return [ops.gather(added, i32(1, 1))]


def indices_of_two_dtypes(table: Value) -> Sequence[Value]:
    return [ops.gather(table, i32(0, 2)), ops.gather(table, np.array([1], np.int64))]


for _build in (
    lookups_in_one_table,
    a_table_that_is_used_in_another_way,
    a_table_that_is_computed,
    indices_of_two_dtypes,
):
    function(_build, floats(4, 3))
function(tables_added, floats(4, 3), floats(4, 3))


class TestIndexing(RuleTests):
    cases = CASES
