"""Sparse tensors to sparse tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples, texts

SAMPLES = Samples()
case = SAMPLES.case


PLACES = np.int64([[0, 1], [0, 3], [2, 0]])
VALUES, SHAPE = np.float32([1, 2, 3]), np.int64([4, 5])
OPEN = {"shape_is_open": True}
case("SparseReorder", PLACES[[2, 0, 1]], VALUES, SHAPE)
case("SparseReshape", PLACES, SHAPE, np.int64([2, -1]), **OPEN)
case("SparseReshape", PLACES, SHAPE, np.int64([20]))
case("SparseFillEmptyRows", PLACES, VALUES, SHAPE, np.float32(-1), **OPEN)
NOTHING = np.zeros((0, 2), np.int64)
case("SparseFillEmptyRows", NOTHING, texts(), np.int64([2, 3]), np.array(b"x", object), **OPEN)
case("SparseSlice", PLACES, VALUES, SHAPE, np.int64([0, 1]), np.int64([3, 9]), **OPEN)
for axis in (1, -2):
    case("SparseConcat", (PLACES, PLACES), (VALUES, VALUES * 2), (SHAPE, SHAPE), concat_dim=axis, N=2, **OPEN)
MOVED = np.add(PLACES[:2], [0, 1])
case("SparseAdd", PLACES, VALUES, SHAPE, MOVED, np.float32([5, 6]), SHAPE, np.float32(0), **OPEN)
OPPOSITE = np.float32([-1, -2, -2])
case("SparseAdd", PLACES, VALUES, SHAPE, PLACES, OPPOSITE, SHAPE, np.float32(0.5), **OPEN)
case("SparseReduceSum", PLACES, VALUES, SHAPE, np.int32([1]), **OPEN)
case("SparseReduceSum", PLACES, VALUES, SHAPE, np.int32([0]), keep_dims=True, **OPEN)
case("SparseReduceSum", PLACES, VALUES, SHAPE, np.int32([0, 1]), **OPEN)
SETS = np.int64([[1, 2, 3], [4, 4, 5]]), np.int64([[2, 3, 9], [5, 6, 6]])
for operation in ("a-b", "b-a", "intersection", "union"):
    case("DenseToDenseSetOperation", *SETS, set_operation=operation, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("SparseReorder", [[[4, 0]], [1.0], [4, 5]], {}, "a place is not within the shape"),
        ("SparseReshape", [[[0, 0]], [4, 5], [3, -1]], {}, "has no shape"),
        ("SparseReshape", [[[0, 0]], [4, 5], [-1, -1]], {}, "at most one size of -1"),
        ("SparseAdd", [[[0]], [1.0], [4], [[0]], [1.0], [5], 0.0], {}, "expected equal shapes"),
        (
            "DenseToDenseSetOperation",
            [[[1]], [[1], [2]]],
            {"set_operation": "union"},
            "expected sets in rows",
        ),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
