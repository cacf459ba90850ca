from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops import conv
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value, weight

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

_CONV = {"ulps": 16, "accumulates": True}
for _padding in ("SAME", "VALID"):
    for _strides in ([1, 1, 1, 1], [1, 2, 3, 1]):
        case("Conv2D", floats(2, 9, 8, 3), floats(3, 2, 3, 4), strides=_strides, padding=_padding, **_CONV)
    case(
        "Conv2D",
        floats(2, 9, 8, 3),
        floats(3, 2, 3, 4),
        strides=[1] * 4,
        dilations=[1, 2, 3, 1],
        padding=_padding,
        **_CONV,
    )
    case(
        "DepthwiseConv2dNative",
        floats(2, 9, 8, 3),
        floats(3, 2, 3, 2),
        strides=[1, 2, 2, 1],
        padding=_padding,
        **_CONV,
    )
    case(
        "Conv3D",
        floats(1, 5, 6, 7, 2),
        floats(2, 3, 2, 2, 3),
        strides=[1, 1, 2, 1, 1],
        padding=_padding,
        **_CONV,
    )
case(
    "Conv2D",
    floats(2, 9, 8, 3),
    floats(3, 2, 3, 4),
    strides=[1] * 4,
    padding="EXPLICIT",
    explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0],
    **_CONV,
)
case("Conv2D", floats(2, 9, 8, 6), floats(3, 2, 2, 9), strides=[1] * 4, padding="SAME", **_CONV)
case(
    "Conv2D",
    floats(2, 9, 8, 6, dtype=np.float16),
    floats(1, 1, 6, 4, dtype=np.float16),
    strides=[1] * 4,
    padding="SAME",
    ulps=4,
    accumulates=True,
)
case("Conv2D", floats(2, 9, 8, 6), floats(1, 1, 6, 4), strides=[1, 2, 2, 1], padding="SAME", **_CONV)
case(
    "Conv2DBackpropInput",
    i32([2, 9, 8, 3]),
    floats(3, 2, 3, 4),
    floats(2, 5, 3, 4),
    strides=[1, 2, 3, 1],
    padding="SAME",
    **_CONV,
)
case(
    "Conv2DBackpropInput",
    i32([2, 9, 8, 3]),
    floats(3, 2, 3, 4),
    floats(2, 4, 3, 4),
    strides=[1, 2, 3, 1],
    padding="VALID",
    **_CONV,
)
case(
    "Conv3DBackpropInputV2",
    i32([1, 5, 6, 7, 2]),
    floats(2, 3, 2, 2, 3),
    floats(1, 5, 3, 7, 3),
    strides=[1, 1, 2, 1, 1],
    padding="SAME",
    **_CONV,
)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "images": (
            lambda: ops.conv2d(value(None, 9, None, 3), weight(3, 3, 3, 4), (2, 1), "SAME"),
            (None, 5, None, 4),
            ["ReadVariableOp", "Conv2D"],
        ),
        "channels first": (
            lambda: ops.conv2d(value(None, 3, 9, 9), weight(3, 3, 3, 4), data_format="NCHW"),
            (None, 4, 7, 7),
            ["ReadVariableOp", "Conv2D"],
        ),
        "explicit": (
            lambda: ops.conv2d(
                value(None, 9, 9, 3),
                weight(3, 3, 3, 4),
                padding="EXPLICIT",
                explicit_paddings=((2, 0), (1, 3)),
            ),
            (None, 9, 11, 4),
            ["ReadVariableOp", "Conv2D"],
        ),
        "volumes": (
            lambda: ops.conv3d(value(None, 5, 6, 7, 2), weight(2, 3, 2, 2, 3)),
            (None, 4, 4, 6, 3),
            ["ReadVariableOp", "Conv3D"],
        ),
        "depthwise": (
            lambda: ops.depthwise_conv2d(value(None, 9, 8, 3), weight(3, 2, 3, 2)),
            (None, 7, 7, 6),
            ["ReadVariableOp", "DepthwiseConv2dNative"],
        ),
        "transposed": (
            lambda: ops.conv2d_backprop_input(
                [0, 9, 8, 3], weight(3, 2, 3, 4), value(None, 5, 3, 4), (2, 3), "SAME"
            ),
            (None, 9, 8, 3),
            ["Const", "ReadVariableOp", "Conv2DBackpropInput"],
        ),
    }
    refused = {
        "channels": (lambda: ops.conv2d(value(1, 9, 9, 3), weight(3, 3, 2, 4)), "3 input channels"),
        "groups": (lambda: ops.conv2d(value(1, 9, 9, 6), weight(3, 3, 2, 4)), "3 groups do not divide 4"),
        "window": (
            lambda: ops.conv2d(value(1, 2, 9, 3), weight(3, 3, 3, 4)),
            "a window of 3 does not fit into 2",
        ),
        "multiplier": (
            lambda: ops.depthwise_conv2d(value(1, 9, 9, 3), weight(3, 3, 2, 4)),
            "dimensions 3 and 2",
        ),
        "sizes": (
            lambda: ops.conv2d_backprop_input([9, 8, 3], weight(3, 2, 3, 4), value(None, 5, 3, 4)),
            "input_sizes has 3 elements, expected 4",
        ),
    }


def test_large_convolution_in_slabs_is_the_convolution() -> None:
    rng = np.random.default_rng(0)
    x, k = rng.standard_normal((3, 11, 9, 2)), rng.standard_normal((3, 2, 2, 4))
    attrs = {
        "strides": [1, 2, 1, 1],
        "dilations": [1, 1, 2, 1],
        "padding": "SAME",
        "data_format": "NHWC",
        "explicit_paddings": [],
    }
    (whole,) = find_op("Conv2D").run(attrs, x, k)
    for limit in (1, 9 * 6 * 2 * 8, 6 * 9 * 6 * 2 * 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conv, "_SLAB", limit)
            (slabs,) = find_op("Conv2D").run(attrs, x, k)
        np.testing.assert_allclose(slabs, whole, rtol=1e-12)  # only the order of BLAS's sums may differ


def test_a_gradient_of_another_size_is_refused() -> None:
    attrs = {
        "strides": [1, 2, 3, 1],
        "dilations": [1] * 4,
        "padding": "SAME",
        "data_format": "NHWC",
        "explicit_paddings": [],
    }
    with pytest.raises(ValueError, match=r"a gradient of shape \(2, 4, 3, 4\) for an input of sizes"):
        find_op("Conv2DBackpropInput").run(
            attrs, i32([2, 9, 8, 3]), np.ones((3, 2, 3, 4)), np.ones((2, 4, 3, 4))
        )
