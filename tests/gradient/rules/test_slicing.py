from __future__ import annotations

import numpy as np

from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, floats = CASES.op, CASES.floats


def i32(*values: int) -> object:
    return np.array(values, np.int32)


op("StridedSlice", floats(4, 3), i32(-1), i32(0), i32(1), shrink_axis_mask=1)
op("StridedSlice", floats(4, 5), i32(0, 4), i32(0, 0), i32(1, -2), begin_mask=1, end_mask=1)
op("StridedSlice", floats(4, 5), i32(0, 0, 1), i32(0, 0, 3), i32(1, 1, 1), ellipsis_mask=1, new_axis_mask=2)
op("StridedSliceGrad", i32(4, 3), i32(1), i32(3), i32(1), floats(2, 3))
op("Slice", floats(4, 5), i32(1, 2), i32(2, -1))
op("Pad", floats(2, 3), np.array([[1, 0], [0, 2]], np.int32))
op("PadV2", floats(2, 3), np.array([[1, 0], [0, 2]], np.int32), np.array(1.5), smooth=False)


class TestSlicing(RuleTests):
    cases = CASES
