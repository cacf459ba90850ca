"""Earlier versions of ops, and ops that hand on what they get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
x = SAMPLES.floats(2, 3)
case("GuaranteeConst", x)
case("PlaceholderWithDefault", x, shape=(2, 3))
case("CheckNumerics", x, message="here")
case("Concat", np.int32(1), (x, SAMPLES.floats(2, 1)), N=2)
case("Gather", x, np.int32([1, 0, 1]))
case("Gather", x, np.int64([[1], [0]]))
case("BatchMatMul", SAMPLES.floats(2, 2, 3), SAMPLES.floats(2, 4, 3), adj_y=True, ulps=8, accumulates=True)


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        ("CheckNumerics", [[1.0, np.inf]], {"message": "here"}, "here: a number is infinite or NaN"),
        ("Gather", [[1.0], [2]], {}, "not all in"),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
