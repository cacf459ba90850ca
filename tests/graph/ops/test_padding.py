from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

case("Pad", floats(2, 3), i32([[1, 0], [0, 2]]))
case("PadV2", floats(2, 3), i32([[1, 0], [0, 2]]), np.float32(5))
case("MirrorPad", floats(3, 4), i32([[1, 2], [0, 3]]), mode="REFLECT")
case("MirrorPad", floats(3, 4), i32([[1, 2], [0, 3]]), mode="SYMMETRIC")
case("SpaceToBatchND", floats(2, 5, 4, 3), i32([2, 3]), i32([[1, 0], [1, 1]]))
case("BatchToSpaceND", floats(12, 3, 2, 3), i32([2, 3]), i32([[1, 0], [1, 1]]))
case("SpaceToDepth", floats(2, 4, 6, 3), block_size=2)
case("DepthToSpace", floats(2, 4, 6, 8), block_size=2)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "zeros": (lambda: ops.pad(value(None, 3), [[0, 0], [1, 2]]), (None, 6), ["Const", "Pad"]),
        "constants": (
            lambda: ops.pad(value(None, 3), [[0, 0], [1, 2]], value=1),
            (None, 6),
            ["Const", "Const", "PadV2"],
        ),
        "mirror": (
            lambda: ops.pad(value(None, 3), [[0, 0], [1, 2]], "REFLECT"),
            (None, 6),
            ["Const", "MirrorPad"],
        ),
        "batch": (
            lambda: ops.space_to_batch(value(None, 4, 6, 3), (2, 3), ((0, 0), (0, 0))),
            (None, 2, 2, 3),
            ["Const", "Const", "SpaceToBatchND"],
        ),
        "space": (
            lambda: ops.batch_to_space(value(None, 2, 2, 3), (2, 3), ((0, 1), (0, 0))),
            (None, 3, 6, 3),
            ["Const", "Const", "BatchToSpaceND"],
        ),
        "depth": (lambda: ops.space_to_depth(value(None, 4, 6, 3), 2), (None, 2, 3, 12), ["SpaceToDepth"]),
        "channels first": (
            lambda: ops.depth_to_space(value(None, 8, 4, 6), 2, "NCHW"),
            (None, 2, 8, 12),
            ["DepthToSpace"],
        ),
    }
    refused = {
        "pairs": (lambda: ops.pad(value(2, 3), [[1, 2]]), r"paddings of shape \(1, 2\)"),
        "negative": (lambda: ops.pad(value(2, 3), [[0, 0], [0, -1]]), "a padding is negative: 0, -1"),
        "blocks": (
            lambda: ops.space_to_batch(value(1, 5, 4, 3), (2, 2), ((0, 0), (0, 0))),
            "do not divide a padded axis of 5",
        ),
        "batch": (
            lambda: ops.batch_to_space(value(6, 5, 4, 3), (2, 2), ((0, 0), (0, 0))),
            "do not divide a batch of 6",
        ),
        "depth": (lambda: ops.space_to_depth(value(1, 5, 4, 3), 2), "blocks of 2 do not divide shape"),
        "channels": (lambda: ops.depth_to_space(value(1, 5, 4, 6), 2), "do not divide the channels"),
        "layout": (
            lambda: ops.depth_to_space(value(1, 5, 4, 6), 2, "NCHW_VECT_C"),
            "NCHW_VECT_C is not supported",
        ),
    }


@pytest.mark.parametrize(("mode", "most"), [("REFLECT", 2), ("SYMMETRIC", 3)])
def test_a_mirror_reaches_as_far_as_the_axis(mode: str, most: int) -> None:
    run, x = find_op("MirrorPad").run, np.arange(3.0)
    assert run({"mode": mode}, x, i32([[most, 0]]))[0].shape == (3 + most,)
    with pytest.raises(ValueError, match="is larger than an axis of 3"):
        run({"mode": mode}, x, i32([[most + 1, 0]]))


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_depth_to_space_undoes_space_to_depth(layout: str) -> None:
    x, attrs = np.arange(2 * 4 * 6 * 8).reshape(2, 4, 6, 8), {"block_size": 2, "data_format": layout}
    (deep,) = find_op("SpaceToDepth").run(attrs, x)
    np.testing.assert_array_equal(find_op("DepthToSpace").run(attrs, deep)[0], x)
