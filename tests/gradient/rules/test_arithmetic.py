from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph import Value
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, function, floats = CASES.op, CASES.function, CASES.floats

SHAPES = (((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 3), (4, 1)), ((), (2, 2)), ((1, 3), (1, 1)))
for _op in ("Add", "AddV2", "Sub", "Mul", "MulNoNan", "Maximum", "Minimum", "SquaredDifference"):
    for _x, _y in SHAPES:
        op(_op, floats(*_x), floats(*_y))
for _op in ("Div", "RealDiv", "DivNoNan", "FloorMod", "Pow", "Atan2", "Xlogy", "Xlog1py", "Xdivy"):
    for _x, _y in SHAPES:
        op(_op, floats(*_x, low=0.5), floats(*_y, low=0.5))
op("AddN", (floats(2, 3), floats(2, 3), floats(2, 3)))
op("Select", np.array([[True, False], [False, True]]), floats(2, 2), floats(2, 2))
op("Select", np.array([True, False]), floats(2, 3), floats(2, 3))
for _shapes in (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2, 3))):
    op("SelectV2", np.array([[True, False, True]]), *[floats(*shape) for shape in _shapes])
op("ClipByValue", floats(3, 4), floats(low=-1, high=-0.5), floats(low=0.5, high=1))
op("Pow", np.array([0.0, -1.0, 2.0]), np.array([2.0, 2.0, 2.0]), smooth=False)


def one_value_many_times(x: Value) -> Sequence[Value]:
    y = x * x + x
    return [y, y - x, y]


def a_part_that_does_not_matter(x: Value, y: Value) -> Sequence[Value]:
    return [x * 2.0, y.graph.emit("StopGradient", y)[0]]


function(one_value_many_times, floats(2, 3))
function(a_part_that_does_not_matter, floats(2, 3), floats(2), smooth=False)


class TestArithmetic(RuleTests):
    cases = CASES
