from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

for _op, _ulps in {
    "EluGrad": 1, "InvGrad": 2, "ReciprocalGrad": 2, "Relu6Grad": 0, "ReluGrad": 0, "RsqrtGrad": 4, "SeluGrad": 1,
    "SigmoidGrad": 2, "SoftplusGrad": 4, "SoftsignGrad": 2, "SqrtGrad": 2, "TanhGrad": 2,
}.items():  # fmt: skip
    case(_op, floats(2, 33, low=0.1, high=0.9), floats(2, 33, low=-2, high=2), ulps=_ulps)
    case(_op, floats(5, low=0.1, high=0.9, dtype=np.float64), floats(5, dtype=np.float64), ulps=4 * _ulps)
case("LeakyReluGrad", floats(2, 9), floats(2, 9), alpha=0.3)
case("BiasAddGrad", floats(2, 3, 4), ulps=4, accumulates=True)
case("BiasAddGrad", floats(2, 3, 4, 2), data_format="NCHW", ulps=4, accumulates=True)
for _pair in (
    ([2, 3], [2, 3]),
    ([2, 3], [3]),
    ([2, 1], [1, 3]),
    ([1, 1], [1, 1]),
    ([], [2]),
    ([1], [4, 1, 1]),
):
    for _dtype in (np.int32, np.int64):
        _s0, _s1 = (np.array(s, _dtype) for s in _pair)
        case("BroadcastGradientArgs", _s0, _s1, shape_is_open=True)
case("StridedSliceGrad", i32(4, 3), i32([-1]), i32([0]), i32([1]), floats(3), shrink_axis_mask=1)
case("StridedSliceGrad", i32(4, 5), i32(0, 4), i32(4, 0), i32(1, -2), floats(4, 2))
case(
    "StridedSliceGrad",
    i32(4, 5),
    i32(0, 0, 1),
    i32(0, 0, 3),
    i32(1, 1, 1),
    floats(1, 4, 2),
    new_axis_mask=1,
    ellipsis_mask=2,
)
case("DynamicStitch", (i32(0, 1, 2), i32([1])), (i32(4, 5, 6), i32([1])))
case("DynamicStitch", (i32(2, 0), np.array([[1]], np.int32)), (floats(2, 3), floats(1, 1, 3)))
case("ListDiff", i32(0, 1, 2, 3), i32(2, 0), shape_is_open=True)
case("ListDiff", i32(0, 1, 1), i32([5]), out_idx=dtypes.int64, shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


def axes(first: Any, second: Any) -> Value:
    graph = Builder()
    return ops.broadcast_gradient_args(graph.constant(i32(first)), graph.constant(i32(second)))[0]


class TestFrontends(FrontendTests):
    uses = {"axes": (lambda: axes([2, 3], [3]), (None,), ["Const", "Const", "BroadcastGradientArgs"])}
    refused = {
        "a shape of floats": (
            lambda: Builder().emit("BroadcastGradientArgs", np.ones(1), np.ones(1))[0],
            "op BroadcastGradientArgs: attribute T: expected one of",
        ),
        "no channels": (lambda: _bias_gradient(3), "at least 2 dimensions, got 1"),
    }


def _bias_gradient(*shape: int) -> Value:
    graph = Builder()
    return graph.emit("BiasAddGrad", graph.input(Spec(shape, dtypes.float32)))[0]


def test_shapes_that_do_not_broadcast() -> None:
    out = axes([2], [3])
    with pytest.raises(InvalidModelError, match=r"shapes \[2\] and \[3\] do not broadcast"):
        run(out.graph.finish([out]), [], {})


def test_a_gradient_that_is_no_slice() -> None:
    graph = Builder()
    bounds = [graph.constant(i32([n])) for n in (4, 0, 2, 1)]
    (out,) = graph.emit("StridedSliceGrad", *bounds, np.zeros(3, np.float32))
    with pytest.raises(InvalidModelError, match=r"expected a gradient of shape \(2,\), got \(3,\)"):
        run(graph.finish([out]), [], {})
