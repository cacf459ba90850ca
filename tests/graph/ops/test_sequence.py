from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

case("Range", i32(2), i32(11), i32(3))
case("Range", np.float32(0), np.float32(1), np.float32(0.1), ulps=8)
case("LinSpace", np.float32(0), np.float32(1), i32(7), ulps=4)
for _op in ("Cumsum", "Cumprod"):
    for _exclusive, _reverse in ((False, False), (True, False), (False, True), (True, True)):
        case(_op, floats(3, 4), i32(1), exclusive=_exclusive, reverse=_reverse, ulps=8, accumulates=True)
case("ReverseV2", floats(3, 4), i32([1]))
case("Roll", floats(3, 4), i32(1), i32(1))
case("Roll", floats(3, 4), i32([1, -2]), i32([0, 1]))
case("InvertPermutation", i32([2, 0, 1]))
case("OneHot", ints(3, 2, low=-1, high=5), i32(4), np.float32(1), np.float32(0))
case("OneHot", ints(3, 2, low=0, high=5), i32(4), np.float32(2), np.float32(-1), axis=0)
case("TopKV2", floats(3, 7), i32(3))
case("TopKV2", ints(3, 7, low=0, high=3), i32(5))
case("MatrixBandPart", floats(2, 4, 5), np.int64(1), np.int64(-1))
case("MatrixDiagV3", floats(2, 4), np.int32(0), np.int32(-1), np.int32(-1), np.float32(0))
for _op in (
    "TensorScatterAdd",
    "TensorScatterMax",
    "TensorScatterMin",
    "TensorScatterSub",
    "TensorScatterUpdate",
):
    case(_op, floats(5, 3), i32([[1], [4]]), floats(2, 3))
case("ScatterNd", i32([[1], [4]]), floats(2, 3), i32([5, 3]))
case("UnsortedSegmentSum", floats(4, 3), i32([2, 0, -1, 2]), i32(3), ulps=1)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "one hot": (
            lambda: ops.one_hot(value(None, 3, dtype=dtypes.int32), 5),
            (None, 3, 5),
            ["Const"] * 3 + ["OneHot"],
        ),
        "top k": (lambda: ops.top_k(value(None, 7), 3)[1], (None, 3), ["Const", "TopKV2"]),
        "running sum": (lambda: ops.cumsum(value(None, 7), 1), (None, 7), ["Const", "Cumsum"]),
        "range": (
            lambda: ops.range_(0, ops.size(value(None, 7))),
            (None,),
            ["Size", "Const", "Const", "Range"],
        ),
        "sums": (
            lambda: ops.segment_sum(value(7, dtype=dtypes.int64), i32([0] * 7), 2),
            (2,),
            ["Const", "Const", "UnsortedSegmentSum"],
        ),
        "band": (
            lambda: ops.matrix_band_part(value(None, 3, 3), 0, -1),
            (None, 3, 3),
            ["Const", "Const", "MatrixBandPart"],
        ),
        "scatter": (
            lambda: ops.scatter_nd([[1], [4]], value(2, None), [5, 3]),
            (5, 3),
            ["Const", "Const", "ScatterNd"],
        ),
    }
    refused = {
        "k": (lambda: ops.top_k(value(2, 3), 4), "fewer than 4 elements"),
        "axis": (lambda: ops.one_hot(value(2, dtype=dtypes.int32), 5, axis=3), "axis 3 is out of range"),
        "range": (
            lambda: ops.range_(value(2).graph.constant(5), 0),
            "a range from 5.0 to 0.0",
        ),
        "step": (lambda: ops.range_(value(2).graph.constant(5), 9, 0), "a range of step 0"),
    }


def test_of_equal_elements_the_first_is_the_greater() -> None:
    values, places = find_op("TopKV2").run({}, np.array([1, 3, 3, 1]), i32(3))
    assert (values.tolist(), places.tolist()) == ([3, 3, 1], [1, 2, 0])


def test_only_the_main_diagonal_is_filled() -> None:
    with pytest.raises(GraphError, match="only the main diagonal of a square matrix is supported"):
        find_op("MatrixDiagV3").run({}, np.ones(2), i32(1), i32(-1), i32(-1), np.zeros(()))
