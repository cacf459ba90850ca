from __future__ import annotations

import numpy as np

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _align, _half in ((False, False), (True, False), (False, True)):
    for _op in ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"):
        for _size in ([7, 3], [3, 11]):
            # The cubic weights are sums of float32 products, which cancel.
            bound = 64 if _op == "ResizeBicubic" else 8
            modes = {"align_corners": _align, "half_pixel_centers": _half}
            case(_op, floats(2, 5, 6, 3), i32(_size), ulps=bound, accumulates=True, **modes)
case("ResizeNearestNeighbor", ints(1, 5, 6, 3, low=0, dtype=np.uint8), i32([9, 9]), half_pixel_centers=True)
_TRANSFORMS = np.array(
    [[0.9, 0.2, 1.3, -0.15, 1.1, -2.2, 0, 0], [1.5, 0.1, -9, 0.3, 0.8, 7, 0.01, 0.02]], np.float32
)
for _mode in ("CONSTANT", "REFLECT", "WRAP", "NEAREST"):
    for _interpolation in ("NEAREST", "BILINEAR"):
        modes = {"fill_mode": _mode, "interpolation": _interpolation}
        given = (floats(2, 5, 6, 3), _TRANSFORMS, i32([7, 8]), np.float32(0.5))
        # A coordinate is a sum of float32 products, and one ulp of it times the contrast of the image shows.
        case("ImageProjectiveTransformV3", *given, ulps=64, accumulates=True, **modes)
case("AdjustContrastv2", floats(2, 5, 6, 3), np.float32(1.7), ulps=16, accumulates=True)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "bilinear": (
            lambda: ops.resize_bilinear(value(None, 5, 6, 3), [7, 8]),
            (None, 7, 8, 3),
            ["Const", "ResizeBilinear"],
        ),
        "bicubic": (
            lambda: ops.resize_bicubic(value(None, None, 6, 3), [7, 8]),
            (None, 7, 8, 3),
            ["Const", "ResizeBicubic"],
        ),
        "nearest": (
            lambda: ops.resize_nearest(value(None, 5, 6, 3), [7, 8]),
            (None, 7, 8, 3),
            ["Const", "ResizeNearestNeighbor"],
        ),
        "transform": (
            lambda: ops.image_projective_transform(value(None, 5, 6, 3), _TRANSFORMS, i32([7, 8])),
            (None, 7, 8, 3),
            ["Const", "Const", "Const", "ImageProjectiveTransformV3"],
        ),
        "contrast": (
            lambda: ops.adjust_contrast(value(None, 5, 6, 3), 1.7),
            (None, 5, 6, 3),
            ["Const", "AdjustContrastv2"],
        ),
    }
    refused = {
        "size": (lambda: ops.resize_nearest(value(1, 5, 6, 3), [7, 8, 9]), "expected height and width"),
        "rank": (lambda: ops.resize_bilinear(value(5, 6, 3), [7, 8]), "expected 4 dimensions"),
        "contrast": (lambda: ops.adjust_contrast(value(5, 6), 1.7), "expected at least 3 dimensions"),
    }


def test_a_transform_moves_and_mirrors() -> None:
    run, size = find_op("ImageProjectiveTransformV3").run, i32([1, 4])
    x = np.array([1, 2, 3, 4], np.float32).reshape(1, 1, 4, 1)
    right = np.array([[1, 0, -1, 0, 1, 0, 0, 0]], np.float32)
    for mode, expected in (("CONSTANT", 9), ("REFLECT", 1), ("WRAP", 4), ("NEAREST", 1)):
        attrs = {"fill_mode": mode, "interpolation": "NEAREST"}
        (moved,) = run(attrs, x, right, size, np.float32(9))
        assert moved.ravel().tolist() == [expected, 1, 2, 3]


def test_contrast_grows_around_the_mean_of_each_channel() -> None:
    x = np.array([[[1, 10], [3, 30]]], np.float32)
    (out,) = find_op("AdjustContrastv2").run({}, x, np.float32(2))
    assert out.tolist() == [[[0, 0], [4, 40]]]
