from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _op in ("Identity", "StopGradient", "PreventGradient", "Snapshot", "ZerosLike", "OnesLike"):
    case(_op, floats(3, 4))
case("IdentityN", (floats(2), ints(3)))
case("Const", value=floats(2, 3), dtype=dtypes.float32)
for _target in (dtypes.int32, dtypes.float16, dtypes.float64, dtypes.bool_, dtypes.bfloat16, dtypes.uint8):
    case("Cast", floats(9, low=0, high=99), DstT=_target)
case("Cast", np.array([True, False]), DstT=dtypes.float32)
case("Cast", floats(9), DstT=dtypes.bfloat16, Truncate=True)
case("Cast", floats(3, dtype=np.complex64), DstT=dtypes.float32)
case("Reshape", floats(2, 6), i32([3, -1]))
case("Reshape", floats(2, 0), i32([0, 5]))
case("Reshape", floats(1), np.zeros(0, np.int32))
case("ExpandDims", floats(2, 3), i32(-1))
case("Squeeze", floats(1, 2, 1))
case("Squeeze", floats(1, 2, 1), squeeze_dims=[-1])
case("Pack", (floats(2, 3), floats(2, 3)), axis=1)
case("Unpack", floats(2, 3), num=3, axis=-1)
case("ConcatV2", (floats(2, 3), floats(2, 1)), i32(-1))
case("Transpose", floats(2, 3, 4), i32([2, 0, 1]))
case("Tile", floats(2, 3), i32([2, 3]))


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "cast to the same": (lambda: ops.relu(ops.cast(value(2), "float32")), (2,), ["Relu"]),
        "cast": (lambda: ops.cast(value(2), "float16"), (2,), ["Cast"]),
        "unpack": (lambda: ops.unpack(value(None, 3), 1)[2], (None,), ["Unpack"]),
        "reshape": (lambda: ops.reshape(value(None, 6), [-1, 2, 3]), (None, 2, 3), ["Const", "Reshape"]),
        "concat": (lambda: ops.concat([x := value(None, 3), x], -1), (None, 6), ["Const", "ConcatV2"]),
        "pack": (lambda: ops.pack([x := value(None, 3), x], 1), (None, 2, 3), ["Pack"]),
        "transpose": (
            lambda: ops.transpose(value(None, 3, 4), [0, 2, 1]),
            (None, 4, 3),
            ["Const", "Transpose"],
        ),
        "tile": (lambda: ops.tile(value(None, 3), [1, 2]), (None, 6), ["Const", "Tile"]),
        "squeeze": (
            lambda: ops.squeeze(ops.expand_dims(value(None, 3), 1), 1),
            (None, 3),
            ["Const", "ExpandDims", "Squeeze"],
        ),
    }
    refused = {
        "concat": (lambda: ops.concat([x := value(2, 3), ops.transpose(x, [1, 0])], 1), "dimensions 2 and 3"),
        "ranks": (lambda: ops.concat([x := value(2, 3), ops.expand_dims(x, 0)], 1), "different ranks"),
        "squeeze": (lambda: ops.squeeze(value(2, 3), 0), "cannot be squeezed"),
        "transpose": (lambda: ops.transpose(value(2, 3), [0, 0]), "not an order of the axes"),
        "two unknowns": (lambda: ops.reshape(value(2, 3), [-1, -1]), "more than one dimension of -1"),
        "elements": (lambda: ops.reshape(value(2, 3), [4, 2]), "6 elements do not fit"),
        "tile": (lambda: ops.tile(value(2, 3), [2]), "1 multiples for shape"),
    }


def test_an_axis_of_unknown_length_is_not_unpacked() -> None:
    with pytest.raises(ValueError, match="is not known and cannot be unpacked"):
        ops.unpack(value(None, 3), 0)
