from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph import Value, ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

for _padding in ("SAME", "VALID"):
    _images = {"ksize": [1, 3, 2, 1], "strides": [1, 2, 1, 1], "padding": _padding}
    _x = floats(2, 7, 8, 3)
    (_y,) = find_op("MaxPool").run({**_images, "data_format": "NHWC", "explicit_paddings": []}, _x)
    case("MaxPoolGrad", _x, _y, floats(*_y.shape), ulps=4, **_images)
    case("AvgPoolGrad", i32(*_x.shape), floats(*_y.shape), ulps=8, accumulates=True, **_images)
    _volumes = {"ksize": [1, 2, 2, 3, 1], "strides": [1, 2, 1, 1, 1], "padding": _padding}
    _x = floats(1, 4, 5, 6, 2)
    (_y,) = find_op("MaxPool3D").run({**_volumes, "data_format": "NDHWC"}, _x)
    case("MaxPool3DGrad", _x, _y, floats(*_y.shape), ulps=4, **_volumes)
    case("AvgPool3DGrad", i32(*_x.shape), floats(*_y.shape), ulps=8, accumulates=True, **_volumes)


class TestKernels(KernelTests):
    samples = SAMPLES


def of_images(*ys: int) -> Value:
    x = value(2, 4, 4, 3)
    y = x.graph.constant(np.zeros(ys, np.float32))
    return ops.max_pool_gradient(x, y, x.graph.constant(np.zeros((2, 2, 2, 3), np.float32)), (2, 2), (2, 2))


class TestFrontends(FrontendTests):
    uses = {"images": (lambda: of_images(2, 2, 2, 3), (2, 4, 4, 3), ["Const", "MaxPoolGrad"])}
    refused = {"another result": (lambda: of_images(2, 2, 2, 4), "dimensions 4 and 3 do not agree")}


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_one_of_equal_elements_gets_the_gradient(layout: str) -> None:
    attrs = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID", "data_format": layout}
    if layout == "NCHW":
        attrs |= {"ksize": [1, 1, 2, 2], "strides": [1, 1, 2, 2]}
    x, y, grad = (
        np.full(s, v, np.float32) for s, v in (((1, 4, 4, 1), 1), ((1, 2, 2, 1), 1), ((1, 2, 2, 1), 5))
    )
    moved = [np.moveaxis(a, -1, 1) if layout == "NCHW" else a for a in (x, y, grad)]
    (found,) = find_op("MaxPoolGrad").run(attrs, *moved)
    assert found.shape == moved[0].shape
    assert found.reshape(4, 4).tolist() == [[5, 0, 5, 0], [0] * 4, [5, 0, 5, 0], [0] * 4]
