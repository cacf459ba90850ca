from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import EDGES, ROOTS, FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

# op: (low, high, ulps). The bounds on elementary functions: NumPy's are within 4 ulps (its SIMD loops state
# that), Eigen's vectorised ones within 2 to 4.
UNARY = {
    "Abs": (-4, 4, 0),
    "Acos": (-1, 1, 4),
    "Acosh": (1, 9, 4),
    "Asin": (-1, 1, 4),
    "Asinh": (-9, 9, 4),
    "Atan": (-9, 9, 4),
    "Atanh": (-0.9, 0.9, 6),
    "Ceil": (-4, 4, 0),
    "Cos": (-9, 9, 4),
    "Cosh": (-9, 9, 4),
    "Erf": (-4, 4, 4),
    "Erfc": (-4, 4, 8),
    "Exp": (-9, 9, 4),
    "Expm1": (-4, 4, 4),
    "Floor": (-4, 4, 0),
    "Inv": (0.1, 4, 2),
    "Log": (0.01, 9, 4),
    "Log1p": (-0.9, 9, 4),
    "Neg": (-4, 4, 0),
    "Reciprocal": (0.1, 4, 2),
    "Rint": (-4, 4, 0),
    "Round": (-4, 4, 0),
    "Rsqrt": (0.01, 9, 2),
    "Sigmoid": (-9, 9, 8),
    "Sign": (-4, 4, 0),
    "Sin": (-9, 9, 8),
    "Sinh": (-4, 4, 4),
    "Sqrt": (0, 9, 1),
    "Square": (-4, 4, 0),
    "Tan": (-1.5, 1.5, 8),
    "Tanh": (-9, 9, 6),
}
for _op, (_low, _high, _ulps) in UNARY.items():
    case(_op, floats(2, 33, low=_low, high=_high), ulps=_ulps)
    case(_op, floats(3, 5, low=_low, high=_high, dtype=np.float64), ulps=4 * _ulps)
    if _op != "Rint":  # TensorFlow has no such kernel
        case(_op, floats(17, low=_low, high=_high, dtype=np.float16), ulps=2)
for _op in ("Exp", "Sigmoid", "Erf", "Abs", "Floor", "Sign", "IsFinite", "IsInf", "IsNan", "Neg", "Square"):
    case(_op, EDGES, ulps=8)
for _op in ("Log", "Sqrt", "Rsqrt", "Reciprocal"):
    case(_op, ROOTS, ulps=8)
for _op in ("Abs", "Neg", "Sign", "Square", "Invert", "Conj"):
    case(_op, floats(3, dtype=np.complex64) if _op == "Conj" else ints(2, 7))
for _op in ("Tanh", "Sigmoid", "Exp"):
    # TensorFlow rounds intermediate results to bfloat16 on some paths; kerasfmt rounds once.
    case(_op, floats(19, dtype=ml_dtypes.bfloat16), ulps=4)
case("Round", np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32))
case("LogicalNot", np.array([True, False]))
case("Sqrt", np.float32(2.0))

for _op in (
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "RealDiv",
    "Div",
    "DivNoNan",
):
    case(_op, floats(2, 3, 4), floats(3, 1), ulps=1)
    case(_op, floats(5, dtype=np.float16), floats(5, dtype=np.float16), ulps=1)
for _op in (
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "BitwiseAnd",
    "BitwiseOr",
):
    case(_op, ints(2, 5), ints(5))
for _op in ("Div", "FloorDiv", "FloorMod", "Mod", "TruncateDiv", "TruncateMod"):
    case(_op, ints(40), np.where(ints(40) < 0, -3, 4).astype(np.int32))
for _op in ("FloorDiv", "FloorMod", "Atan2", "MulNoNan", "Mod", "TruncateMod"):
    case(_op, floats(9), floats(9), ulps=4)
case("MulNoNan", np.array([np.inf, np.nan, 2], np.float32), np.array([0, 0, 3], np.float32))
case("DivNoNan", np.array([1, 0, 2], np.float32), np.array([0, 0, 3], np.float32))
case("BitwiseXor", ints(5), ints(5))
case("LeftShift", ints(5, low=0), ints(5, low=0, high=5))
case("RightShift", ints(5), ints(5, low=0, high=5))
case("Pow", floats(9, low=0.1), floats(9), ulps=8)
case("Pow", ints(9), ints(9, low=0, high=5))
case("Xdivy", np.array([0, 1, 2], np.float32), np.array([0, 2, 3], np.float32), ulps=1)
case("Xlogy", np.array([0, 1, 2], np.float32), np.array([0, 2, 3], np.float32), ulps=4)
case("Xlog1py", np.array([0, 1, 2], np.float32), np.array([-1, 2, 3], np.float32), ulps=4)
for _op in ("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"):
    case(_op, ints(4, 1, low=0, high=3), ints(5, low=0, high=3))
    case(_op, EDGES, EDGES[::-1])
for _op in ("LogicalAnd", "LogicalOr"):
    case(_op, np.array([True, False]), np.array([[True], [False]]))
case("AddN", (floats(3, 2), floats(3, 2), floats(3, 2)), ulps=1)
case("ClipByValue", floats(3, 4), np.float32(-1), np.float32(1))
case("SelectV2", floats(3, 1) > 0, floats(3, 4), floats(4))
case("Select", floats(3) > 0, floats(3, 4), floats(3, 4))
case("Select", np.array(True), floats(3, 4), floats(3, 4))


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "broadcast": (
            lambda: ops.add(x := value(None, 3), ops.sin(x) * 2.0),
            (None, 3),
            ["Sin", "Const", "Mul", "AddV2"],
        ),
        "clip": (
            lambda: ops.clip_by_value(value(2), 0.0, 1.0),
            (2,),
            ["Const", "Minimum", "Const", "Maximum"],
        ),
        "sum": (lambda: ops.add_n([x := value(None, 3), x, x]), (None, 3), ["AddN"]),
        "where": (
            lambda: ops.where(ops.less(x := value(None, 3), 0.0), x, 1.0),
            (None, 3),
            ["Const", "Less", "Const", "SelectV2"],
        ),
    }
    refused = {
        "broadcast": (
            lambda: value(2, 3) + value(2, 4).graph.constant(np.zeros(4, np.float32)),
            "different functions",
        ),
        "shapes": (
            lambda: value(2, 3) + np.zeros((2, 4), np.float32),
            r"\(2, 3\) and \(2, 4\) do not broadcast",
        ),
        "dtype": (lambda: ops.add(x := value(2), ops.cast(x, "float16")), "cast it first"),
    }


@pytest.mark.parametrize("op", ["FloorDiv", "FloorMod", "Mod", "TruncateDiv", "TruncateMod", "Div"])
def test_integers_are_not_divided_by_zero(op: str) -> None:
    with pytest.raises(ValueError, match="integer division by zero"):
        find_op(op).run({}, np.array([1], np.int32), np.array([0], np.int32))


def test_integers_have_no_negative_powers() -> None:
    with pytest.raises(ValueError, match="an integer to a negative power"):
        find_op("Pow").run({}, np.array([2], np.int32), np.array([-1], np.int32))


def test_divisions_of_negative_numbers() -> None:
    x, y = np.array([-7, 7, -7, 7], np.int32), np.array([2, -2, -2, 2], np.int32)
    results = {
        op: find_op(op).run({"T": dtypes.int32}, x, y)[0].tolist()
        for op in ("FloorDiv", "TruncateDiv", "FloorMod", "TruncateMod")
    }
    assert results == {
        "FloorDiv": [-4, -4, 3, 3],
        "TruncateDiv": [-3, -3, 3, 3],
        "FloorMod": [1, -1, -1, 1],
        "TruncateMod": [-1, 1, -1, 1],
    }
