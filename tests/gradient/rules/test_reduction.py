from __future__ import annotations

import numpy as np

from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, floats = CASES.op, CASES.floats

AXES = (
    np.array([0, 1, 2], np.int32),
    np.array([1], np.int32),
    np.array(-1, np.int32),
    np.array([-1, 0], np.int32),
)
for _op in ("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm"):
    for _axes in AXES:
        for _keep in (False, True):
            op(_op, floats(2, 3, 2), _axes, keep_dims=_keep)
op("Prod", np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 1.0]]), np.array([1], np.int32))
op("Max", np.array([[1.0, 1.0, 0.0]]), np.array([1], np.int32), smooth=False)
op("Mean", floats(0, 3), np.array([1], np.int32))
for _shape in ((2, 3, 2), (4, 2, 3, 2), (2, 3, 1), (), (3, 1)):
    op("BroadcastTo", floats(*_shape), np.array([4, 2, 3, 2], np.int32))
for _op in ("Cumsum", "Cumprod"):
    for _exclusive in (False, True):
        op(_op, floats(2, 4, low=0.5), np.array(1, np.int32), exclusive=_exclusive, reverse=_exclusive)
        op(_op, floats(2, 4, low=0.5), np.array(-1, np.int32), exclusive=_exclusive, reverse=not _exclusive)
op("Sum", floats(2, 3), np.array([-1], np.int64), known=("all",))
op("L2Loss", floats(2, 3))


class TestReduction(RuleTests):
    cases = CASES
