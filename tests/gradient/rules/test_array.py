from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, ops
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
op, function, floats = CASES.op, CASES.function, CASES.floats


def i32(*values: object) -> object:
    return np.array(values, np.int32)


op("Identity", floats(2, 3))
op("EnsureShape", floats(2, 3), shape=(None, 3))
op("IdentityN", (floats(2, 3), floats(2)))
op("Reshape", floats(2, 6), np.array([3, -1], np.int32))
op("ExpandDims", floats(2, 3), np.array(1, np.int32))
op("Squeeze", floats(2, 1, 3), squeeze_dims=[1])
op("Transpose", floats(2, 3, 4), np.array([2, 0, 1], np.int32))
op("Pack", (floats(2, 3), floats(2, 3)), axis=1)
op("Unpack", floats(2, 3), num=3, axis=1)
op(
    "ConcatV2",
    (floats(2, 3), floats(2, 1), floats(2, 4)),
    np.array(-1, np.int32),
    known=("all", "some", "rank"),
)
op(
    "ConcatV2",
    tuple(floats(n % 3, 2) for n in range(17)),
    np.array(0, np.int32),
    known=("all", "some", "rank"),
)
op("Split", np.array(1, np.int32), floats(2, 6), num_split=3)
op("SplitV", floats(2, 6), np.array([1, 3, 2], np.int32), np.array(1, np.int32), num_split=3)
op("ReverseV2", floats(2, 3), np.array([1], np.int32))
op("ReverseSequence", floats(3, 4, 2), np.array([2, 4, 0], np.int32), seq_dim=1, batch_dim=0)
op("Cast", floats(2, 3), DstT=dtypes.float64)
op("Tile", floats(2, 3), np.array([3, 2], np.int32))
op("Fill", np.array([2, 3], np.int32), floats())


op("SpaceToBatchND", floats(1, 4, 3, 2), i32(2, 3), i32([0, 0], [1, 2]))
op("BatchToSpaceND", floats(4, 2, 1, 3), i32(2, 2), i32([1, 0], [0, 1]))
op("SpaceToDepth", floats(1, 4, 2, 3), block_size=2)
op("DepthToSpace", floats(1, 2, 1, 8), block_size=2)
op("MatrixBandPart", floats(2, 3, 4), np.array(1, np.int32), np.array(-1, np.int32))
op("Roll", floats(3, 4), i32(1, -2), i32(0, 1))


def cast_to_integers_and_back(x: Value) -> Sequence[Value]:
    whole = ops.cast(x, "int32")
    return [ops.cast(whole, "float64"), x]


def half_of_the_slices(x: Value) -> Sequence[Value]:
    first, _ = emit("Unpack", x, num=2, axis=0)
    return [first]


function(cast_to_integers_and_back, floats(2, 3))
function(half_of_the_slices, floats(2, 3))


class TestArray(RuleTests):
    cases = CASES
