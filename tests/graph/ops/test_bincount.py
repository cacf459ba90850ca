from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints


def i64(*values: Any) -> Any:
    return np.array(values, np.int64)


NONE = np.zeros(0, np.float32)
SPLITS = i64(0, 2, 2, 5)
PLACES = i64([0, 1], [0, 2], [2, 0], [2, 1], [2, 3])
for _binary in (False, True):
    case("DenseBincount", ints(3, 5, low=0, high=6), i32(4), NONE, binary_output=_binary)
    case("DenseBincount", ints(5, low=0, high=6), i32(4), floats(0), binary_output=_binary)
    case("DenseBincount", ints(0, 3), i32(4), floats(0), binary_output=_binary)
    case("DenseBincount", ints(3, 0), i32(4), floats(0), binary_output=_binary)
    _attrs = {"binary_output": _binary, "shape_is_open": True}
    case("RaggedBincount", SPLITS, i32([1, 1, 0, 3, 7]), i32(4), NONE, **_attrs)
    case("SparseBincount", PLACES, i32([1, 1, 0, 3, 7]), i64(3, 4), i32(4), NONE, **_attrs)
    case("SparseBincount", PLACES[:, 1:], i32([1, 1, 0, 3, 7]), i64(9), i32(4), NONE, binary_output=_binary)
    for _given in ({}, {"minlength": 5, "maxlength": 5}, {"minlength": 9}):
        _attrs = {"binary_output": _binary, **_given}
        case("DenseCountSparseOutput", ints(3, 5, low=0, high=7), NONE[None], shape_is_open=True, **_attrs)
        case("DenseCountSparseOutput", ints(6, low=0, high=7), NONE, shape_is_open=True, **_attrs)
        case("DenseCountSparseOutput", ints(2, 0), NONE[None], shape_is_open=True, **_attrs)
        case("RaggedCountSparseOutput", SPLITS, i32([1, 1, 0, 3, 7]), NONE, shape_is_open=True, **_attrs)
        case(
            *("SparseCountSparseOutput", PLACES, i32([1, 1, 0, 3, 7]), i64(3, 4), NONE),
            shape_is_open=True,
            **_attrs,
        )
case("DenseBincount", ints(3, 5, low=0, high=6), i32(4), floats(3, 5), ulps=4)
case("DenseBincount", i64([3, 1, 1]), np.int64(4), floats(1, 3, dtype=np.float64), ulps=4)
case("Bincount", ints(3, 5, low=0, high=6), i32(4), NONE)
case("Bincount", ints(3, 5, low=0, high=6), i32(4), ints(3, 5))
case("RaggedBincount", SPLITS, i32([1, 1, 0, 3, 7]), i32(4), floats(5), ulps=1, shape_is_open=True)
case("SparseBincount", PLACES, i32([1, 1, 0, 3, 7]), i64(3, 4), i32(4), floats(5), ulps=1)
case(
    "DenseCountSparseOutput", i32([[1, 1, 0]]), floats(1, 3), binary_output=False, ulps=1, shape_is_open=True
)
case(
    *("RaggedCountSparseOutput", SPLITS, i32([1, 1, 0, 3, 7]), floats(5)),
    binary_output=False,
    ulps=1,
    shape_is_open=True,
)
for _dtype in (np.float32, np.float64, np.int32, np.int64):
    _numbers = np.array([[-9, -1, 0, 1], [2, 3, 4, 9]], _dtype)
    case("Bucketize", _numbers, boundaries=[-1.0, 1.0, 2.5, 3.0])
case("Bucketize", np.array([np.nan, -np.inf, np.inf, 0.1], np.float64), boundaries=[-1.0, 0.1, 0.1])
case("Bucketize", np.array([2**24 + 1], np.int32), boundaries=[2.0**24])
case("Bucketize", floats(3), boundaries=[])


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "dense": (
            lambda: ops.dense_bincount(value(None, 7, dtype=dtypes.int32), 4, NONE),
            (None, 4),
            ["Const", "Const", "DenseBincount"],
        ),
        "ragged": (
            lambda: ops.ragged_bincount(
                x := value(None, dtype=dtypes.int64), ops.identity(x), 4, NONE, binary_output=True
            ),
            (None, 4),
            ["Identity", "Const", "Const", "RaggedBincount"],
        ),
        "sparse": (
            lambda: ops.dense_count_sparse_output(value(None, 7, dtype=dtypes.int64), 4, NONE)[0],
            (None, 2),
            ["Const", "DenseCountSparseOutput"],
        ),
        "buckets": (lambda: ops.bucketize(value(None, 3), [0.0, 1.0]), (None, 3), ["Bucketize"]),
    }
    refused = {
        "dimensions": (
            lambda: ops.dense_bincount(value(1, 2, 3, dtype=dtypes.int32), 4, NONE),
            "at most two dimensions",
        ),
    }


def test_what_lies_beyond_the_bins_is_not_counted_and_nothing_negative_is() -> None:
    run = find_op("DenseBincount").run
    assert run({"binary_output": False}, i32([0, 2, 2, 9]), i32(3), NONE)[0].tolist() == [1, 0, 2]
    for op, operands in {
        "DenseBincount": (i32([0, -1]), i32(3), NONE),
        "Bincount": (i32([0, -1]), i32(3), NONE),
        "RaggedBincount": (i64(0, 2), i32([0, -1]), i32(3), NONE),
        "DenseCountSparseOutput": (i32([0, -1]), NONE),
    }.items():
        with pytest.raises(ValueError, match="a value to count is negative"):
            find_op(op).run({"binary_output": False, "minlength": -1, "maxlength": -1}, *operands)


def test_boundaries_ascend_and_weights_fit() -> None:
    with pytest.raises(ValueError, match="boundaries in ascending order"):
        find_op("Bucketize").run({"boundaries": [1.0, 0.0]}, np.zeros(3))
    with pytest.raises(ValueError, match="expected weights for 2 values or none, got 3"):
        find_op("Bincount").run({}, i32([0, 1]), i32(3), np.zeros(3))


def test_rows_that_do_not_fit_the_values() -> None:
    with pytest.raises(ValueError, match="row splits that ascend from 0 to 3"):
        find_op("RaggedBincount").run({"binary_output": False}, i64(0, 2), i32([1, 1, 1]), i32(3), NONE)
