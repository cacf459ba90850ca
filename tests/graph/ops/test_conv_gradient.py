from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Value, ops
from kerasfmt.graph.op import find_op
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

_CONV = {"ulps": 32, "accumulates": True}
for _padding, _out in (("SAME", (5, 3)), ("VALID", (4, 3))):
    _each = {"strides": [1, 2, 3, 1], "padding": _padding, **_CONV}
    case("Conv2DBackpropFilter", floats(2, 9, 8, 3), i32(3, 2, 3, 4), floats(2, *_out, 4), **_each)
    _each["strides"] = [1, 2, 2, 1]
    _size = {"SAME": (5, 4), "VALID": (4, 4)}[_padding]
    _grad, _filters = floats(2, *_size, 6), floats(3, 2, 3, 2)
    case("DepthwiseConv2dNativeBackpropFilter", floats(2, 9, 8, 3), i32(3, 2, 3, 2), _grad, **_each)
    case("DepthwiseConv2dNativeBackpropInput", i32(2, 9, 8, 3), _filters, _grad, **_each)
case(
    "Conv3DBackpropFilterV2", floats(1, 3, 4, 5, 2), i32(2, 2, 2, 2, 3), floats(1, 2, 3, 4, 3),
    strides=[1] * 5, padding="VALID", **_CONV,
)  # fmt: skip


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {"filters": (lambda: _in_one_graph(3, 3, 3, 4), (3, 3, 3, 4), ["Const", "Conv2DBackpropFilter"])}
    refused = {"too few sizes": (lambda: _in_one_graph(3, 3, 4), "expected 4 sizes, got 3")}


def _in_one_graph(*sizes: int) -> Value:
    x = value(2, 5, 5, 4)
    return ops.conv2d_backprop_filter(x, i32(*sizes), x, (1, 1), "SAME")


def test_groups_and_channels_first() -> None:
    """TensorFlow computes neither without a GPU: the gradient of a sum is compared with differences."""
    rng = np.random.default_rng(2)
    x, filters = rng.normal(size=(2, 4, 5, 4)), rng.normal(size=(2, 2, 2, 6))
    for layout in ("NHWC", "NCHW"):
        given = np.moveaxis(x, -1, 1) if layout == "NCHW" else x
        attrs = {"strides": [1] * 4, "dilations": [1] * 4, "padding": "SAME", "data_format": layout}
        (result,) = find_op("Conv2D").run(attrs, given, filters)
        grad = rng.normal(size=result.shape)
        (found,) = find_op("Conv2DBackpropFilter").run(attrs, given, i32(*filters.shape), grad)
        for index in ((0, 0, 0, 0), (1, 0, 1, 3), (1, 1, 1, 5)):
            moved = filters.copy()
            moved[index] += 1
            (after,) = find_op("Conv2D").run(attrs, given, moved)
            assert found[index] == pytest.approx(((after - result) * grad).sum())


def test_a_gradient_of_another_size() -> None:
    graph = Builder()
    x, grad = (graph.constant(np.zeros(s, np.float32)) for s in ((1, 5, 5, 2), (1, 4, 5, 3)))
    out = ops.conv2d_backprop_filter(x, i32(2, 2, 2, 3), grad, (1, 1), "SAME")
    with pytest.raises(InvalidModelError, match=r"a gradient of shape \(1, 4, 5, 3\) for \[5, 5\] windows"):
        run(graph.finish([out]), [], {})
