"""Floats rounded to as few values as integers of some bits have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(3, 4)
case("FakeQuantWithMinMaxArgs", x, min=-3.0, max=2.5, ulps=4, accumulates=True)
case("FakeQuantWithMinMaxArgs", x, min=0.5, max=3.0, num_bits=4, narrow_range=True, ulps=4, accumulates=True)
case("FakeQuantWithMinMaxVars", x, np.float32(-1), np.float32(3), ulps=4, accumulates=True)
case("FakeQuantWithMinMaxVars", x, np.float32(-3), np.float32(-1), ulps=4, accumulates=True)
low, high = np.float32([-1, 0, -3, 0]), np.float32([1, 2, 0.5, 0])
case("FakeQuantWithMinMaxVarsPerChannel", x, low, high, ulps=4, accumulates=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        (
            "FakeQuantWithMinMaxVars",
            [[1.0], 2.0, 1.0],
            {"num_bits": 8, "narrow_range": False},
            "a lower bound",
        ),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
