from __future__ import annotations

import numpy as np

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

for _padding in ("SAME", "VALID"):
    for _op in ("MaxPool", "AvgPool"):
        case(_op, floats(2, 7, 8, 3), ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding=_padding, ulps=4)
    for _op in ("MaxPool3D", "AvgPool3D"):
        case(
            _op,
            floats(1, 5, 6, 7, 2),
            ksize=[1, 2, 3, 2, 1],
            strides=[1, 2, 2, 1, 1],
            padding=_padding,
            ulps=4,
        )


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "max": (
            lambda: ops.max_pool(value(None, 7, None, 3), (3, 2), (2, 2)),
            (None, 3, None, 3),
            ["MaxPool"],
        ),
        "same": (
            lambda: ops.avg_pool(value(None, 7, 8, 3), (3, 2), (2, 2), "SAME"),
            (None, 4, 4, 3),
            ["AvgPool"],
        ),
        "channels first": (
            lambda: ops.max_pool(value(None, 3, 7, 8), (3, 2), (2, 2), data_format="NCHW"),
            (None, 3, 3, 4),
            ["MaxPool"],
        ),
        "volumes": (
            lambda: ops.avg_pool3d(value(None, 5, 6, 7, 2), (2, 3, 2), (2, 2, 1)),
            (None, 2, 2, 6, 2),
            ["AvgPool3D"],
        ),
    }
    refused = {
        "window": (lambda: ops.max_pool(value(1, 2, 2, 3), (3, 3), (1, 1)), "does not fit"),
        "rank": (lambda: ops.avg_pool(value(1, 2, 3), (1, 1), (1, 1)), "expected 4 dimensions"),
    }


def test_a_mean_leaves_the_padding_out() -> None:
    attrs = {"ksize": [1, 2, 2, 1], "strides": [1, 1, 1, 1], "padding": "SAME", "data_format": "NHWC"}
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32).reshape(1, 2, 2, 1)
    (means,) = find_op("AvgPool").run(attrs, x)
    assert means.ravel().tolist() == [2.5, 3.0, 3.5, 4.0]
    (greatest,) = find_op("MaxPool").run(attrs, -x)
    assert greatest.ravel().tolist() == [-1.0, -2.0, -3.0, -4.0]
