from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints


def i64(*values: Any) -> Any:
    return np.array(values, np.int64)


SPLITS, OUTER = i64(0, 2, 2, 5), i64(0, 1, 3)
ROWIDS = i64(0, 0, 2, 2, 2)
TEXTS = np.array([b"a", b"b", b"", "ü".encode(), b"e"], object)
for _shape in (i64(-1, -1), i64(3, -1), i64(-1, 2), i64(2, 7), i64(5, 1)):
    for _values, _default in ((ints(5), np.int32(7)), (TEXTS, np.array(b"", object))):
        case(
            *("RaggedTensorToTensor", _shape, _values, _default, (SPLITS,)),
            row_partition_types=["ROW_SPLITS"],
            shape_is_open=True,
        )
        case(
            *("RaggedTensorToTensor", _shape, _values, _default, (np.int64(3), ROWIDS)),
            row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"],
            shape_is_open=True,
        )
for _shape in (i64(-1, -1, -1), i64(2, 2, 2), i64(3, 1, 4)):
    case(
        *("RaggedTensorToTensor", _shape, ints(5), np.int32(7), (OUTER, SPLITS)),
        row_partition_types=["ROW_SPLITS", "ROW_SPLITS"],
        shape_is_open=True,
    )
    case(
        *("RaggedTensorToTensor", _shape, ints(5), np.int32(7), (np.int64(2), i64(0, 1, 1), ROWIDS)),
        row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS", "VALUE_ROWIDS"],
        shape_is_open=True,
    )
case(
    *("RaggedTensorToTensor", i64(-1, -1, 2), floats(5, 2), np.float32(0), (SPLITS,)),
    row_partition_types=["ROW_SPLITS"],
    shape_is_open=True,
)
case(
    *("RaggedTensorToTensor", i64(-1, -1), ints(0), np.int32(7), (i64(0, 0, 0),)),
    row_partition_types=["ROW_SPLITS"],
    shape_is_open=True,
)
case("RaggedTensorToSparse", (SPLITS,), TEXTS, shape_is_open=True)
case("RaggedTensorToSparse", (OUTER, SPLITS), ints(5), shape_is_open=True)
case("RaggedTensorToSparse", (SPLITS,), floats(5, 2), shape_is_open=True)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "dense": (
            lambda: ops.ragged_to_tensor(
                x := value(None, dtype=dtypes.int64), ops.identity(x), np.int64(0), (-1, 4)
            ),
            (None, 4),
            ["Identity", "Const", "Const", "RaggedTensorToTensor"],
        ),
    }
    refused = {
        "shape": (
            lambda: ops.ragged_to_tensor(
                x := value(None, dtype=dtypes.int64), ops.identity(x), np.int64(0), (-1, 4, 3)
            ),
            "expected a shape of 2 sizes, got 3",
        ),
    }


BROKEN: dict[str, tuple[list[str], tuple[Any, ...], str]] = {
    "order": (["ROW_SPLITS"], (i64(0, 2, 1, 3),), "row splits that ascend from 0 to 3"),
    "start": (["ROW_SPLITS"], (i64(1, 2, 3),), "row splits that ascend"),
    "count": (["ROW_SPLITS"], (i64(0, 2),), "expected 2 values, as the rows have, got 3"),
    "rows": (["FIRST_DIM_SIZE", "VALUE_ROWIDS"], (np.int64(2), i64(0, 1, 2)), "from 0 to 1"),
    "negative": (["FIRST_DIM_SIZE", "VALUE_ROWIDS"], (np.int64(2), i64(-1, 1, 1)), "from 0 to 1"),
    "kind": (["ROW_LIMITS"], (i64(1, 2, 3),), "row partition 'ROW_LIMITS' is not supported"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_rows_that_do_not_fit(name: str) -> None:
    kinds, tensors, said = BROKEN[name]
    with pytest.raises(ValueError, match=said):
        find_op("RaggedTensorToTensor").run(
            {"row_partition_types": kinds}, i64(-1, -1), i64(1, 2, 3), np.int64(0), tensors
        )
