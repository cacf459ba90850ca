"""Colours of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(2, 3, 4, 3, low=0, high=1)
x[0, 0] = np.float32([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.5, 0.25, 0.5]])
LOOSE = {"ulps": 32, "accumulates": True}
case("RGBToHSV", x, **LOOSE)
case("HSVToRGB", x, **LOOSE)
case("AdjustHue", x, np.float32(0.3), **LOOSE)
case("AdjustHue", x, np.float32(-0.4), **LOOSE)
case("AdjustSaturation", x, np.float32(0.5), **LOOSE)
case("AdjustSaturation", x, np.float32(3), **LOOSE)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("RGBToHSV", [np.zeros((2, 4), np.float32)], {}, "expected three channels"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
