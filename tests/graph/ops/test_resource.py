from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops import resource
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value, weight

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

_TABLE = floats(6, 3)
case("ReadVariableOp", resource=_TABLE, dtype=dtypes.float32)
case("VariableShape", resource=_TABLE)
case("VarIsInitializedOp", resource=_TABLE)
case("DisableCopyOnRead", resource=_TABLE)
case("ResourceGather", ints(2, 4, low=0, high=6), resource=_TABLE, dtype=dtypes.float32)
for _op in ("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"):
    case(_op, floats(6, 3), resource=_TABLE)
for _op in ("Add", "Div", "Max", "Min", "Mul", "Sub", "Update"):
    case(f"ResourceScatter{_op}", i32([1, 4]), floats(2, 3), resource=_TABLE, ulps=1)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "embedding": (
            lambda: ops.embedding_lookup(weight(10, 4), value(None, 5, dtype=dtypes.int32)),
            (None, 5, 4),
            ["ResourceGather", "Identity"],
        ),
    }
    refused = {
        "scalar": (
            lambda: ops.embedding_lookup(weight(), value(5, dtype=dtypes.int32)),
            "a scalar variable has no rows",
        ),
        "assignment": (lambda: ops.assign(weight(2), value(3)), "dimensions 2 and 3"),
    }


@pytest.mark.parametrize("row", [-1, 6])
def test_a_row_that_is_not_there_is_refused(row: int) -> None:
    for op, operands in (
        ("ResourceGather", [i32([row])]),
        ("ResourceScatterAdd", [i32([row]), np.ones((1, 3))]),
    ):
        with pytest.raises(ValueError, match=r"are not all in \[0, 6\)"):
            find_op(op).run({}, _TABLE, *operands)


def test_the_same_row_twice_is_added_twice() -> None:
    (after,) = find_op("ResourceScatterAdd").run({}, np.zeros(3), i32([1, 1]), np.array([2.0, 3.0]))
    assert after.tolist() == [0, 5, 0]


def test_a_variable_that_the_graph_does_not_know_has_no_shape() -> None:
    handle = Builder().input(Spec((), dtypes.resource))
    assert resource.resource_shape(handle) is None
