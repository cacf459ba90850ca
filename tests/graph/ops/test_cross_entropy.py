"""Losses of classes, and responses divided by those of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
logits = SAMPLES.floats(3, 4)
case("SparseSoftmaxCrossEntropyWithLogits", logits, np.int32([1, 3, 0]), ulps=16, accumulates=True)
labels = np.float32([[0.2, 0.3, 0.5, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
case("SoftmaxCrossEntropyWithLogits", logits, labels, ulps=16, accumulates=True)
case("SoftmaxCrossEntropyWithLogits", logits, labels[:1], ulps=16, accumulates=True)
case("LRN", SAMPLES.floats(2, 3, 2, 7), ulps=16)
case("LRN", SAMPLES.floats(1, 2, 2, 4), depth_radius=1, bias=2.0, alpha=0.5, beta=0.75, ulps=16)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("SparseSoftmaxCrossEntropyWithLogits", [[[1.0, 2.0]], [2]], {}, "expected labels below 2"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
