"""Boxes that overlap, and what images show in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
rng = np.random.default_rng(5)
BOXES = np.sort(rng.uniform(0, 1, (12, 2, 2)).astype(np.float32), axis=1).reshape(12, 4)
BOXES[3] = BOXES[3][[2, 3, 0, 1]]
SCORES = rng.uniform(0, 1, 12).astype(np.float32)
BOUNDS = np.int32(6), np.float32(0.3), np.float32(0.2)
case("NonMaxSuppressionV2", BOXES, SCORES, np.int32(4), np.float32(0.4), shape_is_open=True)
case("NonMaxSuppressionV3", BOXES, SCORES, *BOUNDS, shape_is_open=True)
case("NonMaxSuppressionV4", BOXES, SCORES, *BOUNDS, shape_is_open=True)
case("NonMaxSuppressionV4", BOXES, SCORES, *BOUNDS, pad_to_max_output_size=True, shape_is_open=True)
for sigma in (0.0, 0.5):
    case("NonMaxSuppressionV5", BOXES, SCORES, *BOUNDS, np.float32(sigma), ulps=8, shape_is_open=True)
case(
    "NonMaxSuppressionV5",
    BOXES,
    SCORES,
    *BOUNDS,
    np.float32(0),
    pad_to_max_output_size=True,
    ulps=8,
    shape_is_open=True,
)
many = rng.uniform(0, 1, (2, 6, 3)).astype(np.float32)
shared = np.stack([BOXES[:6], BOXES[6:]])[:, :, None] * np.float32(1.2)
own = np.repeat(shared, 3, 2) * np.float32([1, 0.9, 0.8])[:, None]
for boxes, attrs in ((shared, {}), (own, {"clip_boxes": False}), (shared, {"pad_per_class": True})):
    case(
        "CombinedNonMaxSuppression", boxes, many, np.int32(2), np.int32(5), np.float32(0.4), np.float32(0.3),
        shape_is_open=True, **attrs,
    )  # fmt: skip
IMAGES = rng.uniform(0, 1, (2, 5, 6, 3)).astype(np.float32)
places = np.int32([0, 1, 1])
CROPS = np.float32([[0, 0, 1, 1], [0.2, 0.6, 0.7, 0.1], [-0.5, 0.5, 1.2, 1.5]])
for method in ("bilinear", "nearest"):
    case(
        "CropAndResize",
        IMAGES,
        CROPS,
        places,
        np.int32([4, 3]),
        method=method,
        extrapolation_value=7.0,
        ulps=16,
        accumulates=True,
    )
case(
    "CropAndResize",
    (IMAGES * 255).astype(np.uint8),
    CROPS,
    places,
    np.int32([1, 2]),
    ulps=16,
    accumulates=True,
)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("NonMaxSuppressionV3", [[[1.0]], [1.0], 1, 0.5, 0.0], {}, "expected boxes"),
        (
            "CropAndResize",
            [np.zeros((1, 2, 2, 1)), np.zeros((1, 4)), [1], [2, 2]],
            {},
            "expected images below 1",
        ),
        ("CropAndResize", [np.zeros((1, 2, 2, 1)), np.zeros((1, 4)), [0], [0, 2]], {}, "at least 1, got"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
