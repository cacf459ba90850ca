"""Reductions of rows by segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(5, 3)
half = SAMPLES.floats(5, 2, dtype=np.float16)
sorted_segments = np.int32([0, 0, 1, 3, 3])
for name in ("Sum", "Prod", "Min", "Max", "Mean"):
    case(f"Segment{name}", x, sorted_segments, ulps=4, accumulates=True, shape_is_open=True)
case("SegmentSum", SAMPLES.ints(5), np.int64([1, 1, 2, 2, 2]), shape_is_open=True)
for name in ("Prod", "Min", "Max"):
    case(f"UnsortedSegment{name}", x, np.int32([2, -1, 0, 2, 2]), np.int32(4), ulps=4)
case("UnsortedSegmentMax", SAMPLES.ints(2, 2, 3), np.int32([[1, 0], [1, 1]]), np.int32(3))
rows, segments = np.int32([4, 0, 0, 2]), np.int32([0, 0, 2, 2])
for name in ("Sum", "Mean", "SqrtN"):
    case(f"SparseSegment{name}", x, rows, segments, ulps=4, accumulates=True, shape_is_open=True)
    case(f"SparseSegment{name}WithNumSegments", x, rows, segments, np.int32(4), ulps=4, accumulates=True)
case("SparseSegmentMean", x, np.int64([1, 2]), np.int32([1, 1]), ulps=4, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("SegmentSum", [[1.0, 2.0], [1, 0]], {}, "expected segments in ascending order"),
        ("UnsortedSegmentMax", [[1.0, 2.0], [1, 5], 2], {}, "expected segments below 2, got 5"),
        ("SparseSegmentSum", [[1.0, 2.0], [2], [0]], {}, "expected rows below 2, got 2 to 2"),
        ("SparseSegmentSumWithNumSegments", [[1.0], [0], [3], 2], {}, "expected segments below 2, got 3"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
