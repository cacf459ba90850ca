from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _op in ("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"):
    case(_op, floats(3, 4, 5), i32(1), ulps=8, accumulates=True)
    case(_op, floats(3, 4, 5), i32([0, -1]), keep_dims=True, ulps=8, accumulates=True)
    case(_op, floats(3, 4, dtype=np.float16), i32([0, 1]), ulps=2, accumulates=True)
    case(_op, floats(2, 3), np.zeros(0, np.int32))
for _op in ("Sum", "Prod", "Max", "Min", "Mean"):
    case(_op, ints(3, 4), i32([1]))
for _op in ("All", "Any"):
    case(_op, floats(3, 4) > 2, i32(1))
for _op in ("ArgMax", "ArgMin"):
    case(_op, floats(3, 4), i32(1))
    case(_op, ints(3, 4, low=0, high=2), i32(-2), output_type=dtypes.int32)
case("L2Loss", floats(3, 4), ulps=4)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "mean of all": (lambda: ops.reduce_mean(value(2, None)), (), ["Const", "Mean"]),
        "sum of one axis": (lambda: ops.reduce_sum(value(None, 3, 4), -1), (None, 3), ["Const", "Sum"]),
        "greatest, kept": (
            lambda: ops.reduce_max(value(None, 3, 4), [1, 2], True),
            (None, 1, 1),
            ["Const", "Max"],
        ),
        "argmax": (lambda: ops.argmax(value(None, 3), -1), (None,), ["Const", "ArgMax"]),
        "loss": (lambda: ops.l2_loss(value(None, 3)), (), ["L2Loss"]),
    }
    refused = {
        "axis": (lambda: ops.reduce_sum(value(2, 3), 2), "axis 2 is out of range"),
        "axis of argmin": (lambda: ops.argmin(value(2, 3), -3), "axis -3 is out of range"),
    }


@pytest.mark.parametrize(("op", "neutral"), [("Sum", 0), ("Prod", 1), ("Max", -np.inf), ("Min", np.inf)])
def test_nothing_reduces_to_the_neutral_element(op: str, neutral: float) -> None:
    empty = np.zeros((2, 0), np.float32)
    np.testing.assert_array_equal(find_op(op).run({"keep_dims": False}, empty, i32(1))[0], [neutral] * 2)
