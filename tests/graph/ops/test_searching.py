"""Where values come in tensors, and tensors in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples, texts

SAMPLES = Samples()
case = SAMPLES.case


numbers = np.int64([5, 3, 5, 9, 3, 5])
words = texts(b"b", b"a", b"b", b"")
for op in ("Unique", "UniqueWithCounts"):
    case(op, numbers, shape_is_open=True)
    case(op, words, out_idx=dtypes.int64, shape_is_open=True)
for op in ("UniqueV2", "UniqueWithCountsV2"):
    case(op, numbers, np.int64([0]), shape_is_open=True)
    case(op, np.int32([[3, 1, 3, 2], [0, 1, 0, 2]]), np.int64([1]), shape_is_open=True)
for op in ("LowerBound", "UpperBound"):
    case(op, np.float32([[1, 3, 3, 5], [0, 2, 4, 6]]), np.float32([[3, 0, 9], [2, 5, -1]]))
    case(op, np.int32([[1, 3]]), np.int32([[3, 4]]), out_type=dtypes.int64)
case("DynamicPartition", SAMPLES.floats(4, 2), np.int32([1, 0, 1, 2]), num_partitions=4, shape_is_open=True)
case(
    "DynamicPartition",
    SAMPLES.ints(2, 2, 3),
    np.int32([[1, 0], [1, 1]]),
    num_partitions=2,
    shape_is_open=True,
)
case("HistogramFixedWidth", SAMPLES.floats(20), np.float32([-3, 3]), np.int32(5))
case("HistogramFixedWidth", SAMPLES.ints(2, 9), np.int32([-4, 4]), np.int32(3), dtype=dtypes.int64)
case("UnravelIndex", np.int32([0, 5, 11]), np.int32([3, 4]))
case("UnravelIndex", np.int64(7), np.int64([2, 2, 2]))


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("Unique", [[[1]]], {}, "expected one dimension"),
        ("DynamicPartition", [[1.0], [2]], {"num_partitions": 2}, "expected partitions below 2"),
        ("HistogramFixedWidth", [[1.0], [2.0, 1.0], 3], {}, "expected two bounds in order"),
        ("UnravelIndex", [[12], [3, 4]], {}, "expected indices below 12"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
