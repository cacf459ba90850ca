from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _dtype in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16):
    case("AsString", np.array([[0, 7], [100, 3]], _dtype))
case("AsString", np.array([-(2**63), 2**63 - 1, -5], np.int64), width=6, fill="0")
case("AsString", np.array([True, False]))
_FLOATS = np.array([0.0, -0.0, 1.5, 1e10, 1e-7, np.inf, -np.inf, np.nan])
for _dtype in (np.float32, np.float64):
    case("AsString", _FLOATS.astype(_dtype))
    case("AsString", _FLOATS.astype(_dtype), shortest=True)
    case("AsString", _FLOATS.astype(_dtype), scientific=True, precision=3, width=12, fill=" ")
case("AsString", np.array([1 + 2j, -0.5j], np.complex64), precision=2)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "numbers": (lambda: ops.as_string(value(None, 3, dtype=dtypes.int32)), (None, 3), ["AsString"]),
    }
    refused = {"handle": (lambda: ops.as_string(value(3, dtype=dtypes.resource)), "T: expected one of")}


@pytest.mark.parametrize(
    ("array", "given", "said"),
    [
        (np.zeros(1, np.int32), {"precision": 2}, "integers have no precision"),
        (np.zeros(1), {"fill": "x"}, "fill: expected one of"),
        (np.zeros(1), {"scientific": True, "shortest": True}, "expected one of scientific and shortest"),
    ],
    ids=["precision", "fill", "form"],
)
def test_forms_that_no_number_has(array: np.ndarray, given: dict[str, object], said: str) -> None:
    attrs = {"precision": -1, "scientific": False, "shortest": False, "width": -1, "fill": "", **given}
    with pytest.raises(ValueError, match=said):
        find_op("AsString").run(attrs, array)
