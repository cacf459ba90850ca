from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import ops
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

case("Shape", floats(2, 3))
case("Shape", floats(2, 3), out_type=dtypes.int64)
case("ShapeN", (floats(2, 3), floats(4)))
case("Rank", floats(2, 3))
case("Size", floats(2, 3))
case("EnsureShape", floats(2, 3), shape=(None, 3))
case("ConcatOffset", i32(1), (i32([2, 3]), i32([2, 1])))
case("Fill", i32([2, 3]), np.float32(7))
case("BroadcastTo", floats(3, 1), i32([2, 3, 4]))
case("BroadcastArgs", i32([3, 1]), i32([2, 1, 4]))


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "shape": (lambda: ops.shape(value(None, 3)), (2,), ["Shape"]),
        "rank": (lambda: ops.rank(value(None, 3)), (), ["Rank"]),
        "size": (lambda: ops.size(value(None, 3)), (), ["Size"]),
        "fill": (lambda: ops.fill(ops.shape(value(None, 3)), 1.0), (None, 3), ["Shape", "Const", "Fill"]),
        "broadcast": (lambda: ops.broadcast_to(value(1, 3), [4, 3]), (4, 3), ["Const", "BroadcastTo"]),
    }
    refused = {
        "broadcast": (lambda: ops.broadcast_to(value(2, 3), [4, 3]), "do not broadcast"),
        "smaller": (lambda: ops.broadcast_to(value(2, 3), [1, 3]), "dimensions 2 and 1"),
    }
