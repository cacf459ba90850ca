from __future__ import annotations

import numpy as np

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

# The gaussian kernel has a step at its edge; in these sizes no pixel lies on it.
for _size in ([7, 3], [3, 10]):
    case("ResizeArea", floats(2, 5, 6, 3), i32(_size), ulps=16, accumulates=True)
    for _kernel in ("lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        modes = {"kernel_type": _kernel, "antialias": True}
        given = (
            floats(2, 5, 6, 3),
            i32(_size),
            np.array(_size, np.float32) / np.float32([5, 6]),
            np.zeros(2, np.float32),
        )
        case("ScaleAndTranslate", *given, ulps=64, accumulates=True, **modes)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "area": (
            lambda: ops.resize_area(value(None, 5, 6, 3), i32([7, 8])),
            (None, 7, 8, 3),
            ["Const", "ResizeArea"],
        ),
        "scale": (
            lambda: ops.scale_and_translate(
                value(None, 5, 6, 3), i32([7, 8]), np.float32([2, 2]), np.float32([0, 0]), "lanczos3"
            ),
            (None, 7, 8, 3),
            ["Const", "Const", "Const", "ScaleAndTranslate"],
        ),
    }
    refused = {
        "size": (lambda: ops.resize_area(value(1, 5, 6, 3), i32([7])), "size has 1 elements, expected 2"),
        "rank": (lambda: ops.resize_area(value(5, 6, 3), i32([7, 8])), "expected 4 dimensions"),
    }


def test_half_the_size_is_the_mean_of_each_four() -> None:
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    (out,) = find_op("ResizeArea").run({"align_corners": False}, x, i32([2, 2]))
    np.testing.assert_allclose(out, x.reshape(1, 2, 2, 2, 2, 1).mean((2, 4)))


def test_the_triangle_is_linear_interpolation() -> None:
    x = np.array([0, 2], np.float32).reshape(1, 1, 2, 1)
    attrs = {"kernel_type": "triangle", "antialias": True}
    (out,) = find_op("ScaleAndTranslate").run(
        attrs, x, i32([1, 4]), np.float32([1, 2]), np.zeros(2, np.float32)
    )
    np.testing.assert_allclose(out.ravel(), [0, 0.5, 1.5, 2])
