"""Arrays of tensors. What TensorFlow makes of them is compared in `conformance/test_graph_v1.py`."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops.declare import Computed
from kerasfmt.graph.ops.tensor_array import TensorArray

FLOW = np.float32(0)


def rows(*values: float) -> TensorArray:
    made = TensorArray(dtypes.float32, None, len(values), False)
    for index, value in enumerate(values):
        made.write(index, np.float32([value, value]))
    return made


def test_what_is_written_is_read() -> None:
    array = rows(1, 2, 3)
    assert array.read(1).tolist() == [2, 2]
    assert array.stacked([2, 0]).tolist() == [[3, 3], [1, 1]]


def test_what_is_not_written_is_zero_if_its_shape_is_known() -> None:
    array = TensorArray(dtypes.string, (2,), 2, False)
    assert array.read(0).tolist() == [b"", b""]
    array = TensorArray(dtypes.float32, (None,), 2, False)
    with pytest.raises(ValueError, match="index 0: nothing has been written there"):
        array.read(0)
    array.write(1, np.float32([1]))
    assert array.read(0).tolist() == [0]


def test_writes_beyond_the_end() -> None:
    with pytest.raises(ValueError, match="index 3: expected one of 3 tensors"):
        rows(1, 2, 3).write(3, np.float32([1, 1]))
    array = TensorArray(dtypes.float32, None, 0, True)
    array.write(2, np.float32(5))
    assert array.stacked([0, 2]).tolist() == [0, 5]
    with pytest.raises(ValueError, match="expected a size of at most"):
        array.write(10**9, np.float32(5))
    with pytest.raises(ValueError, match="expected a tensor of float32, got int32"):
        array.write(0, np.int32(5))


def test_ops() -> None:
    def op(name: str, *inputs: object, **attrs: object) -> list[object]:
        found = find_op(name)
        assert issubclass(found, Computed)
        return list(found.compute(attrs, *inputs))

    made, flow = op("TensorArrayV3", np.int32(2), dtype=dtypes.float32, element_shape=None, dynamic_size=True)
    assert op("TensorArrayWriteV3", made, np.int32(0), np.float32([1, 2]), flow) == [flow]
    op("TensorArrayScatterV3", made, np.int32([1, 2]), np.float32([[3, 4], [5, 6]]), flow)
    assert op("TensorArraySizeV3", made, flow) == [3]
    values, lengths = op("TensorArrayConcatV3", made, flow)
    assert np.asarray(values).tolist() == [1, 2, 3, 4, 5, 6]
    assert np.asarray(lengths).tolist() == [2, 2, 2]
    op("TensorArraySplitV3", made, np.float32([7, 8, 9]), np.array([1, 0, 2]), flow)
    (read,) = op("TensorArrayReadV3", made, np.int32(2), flow)
    (gathered,) = op("TensorArrayGatherV3", made, np.int32([0]), flow)
    assert (np.asarray(read).tolist(), np.asarray(gathered).tolist()) == ([8, 9], [[7]])
    with pytest.raises(ValueError, match="expected lengths whose sum is 3"):
        op("TensorArraySplitV3", made, np.float32([7, 8, 9]), np.array([1, 1]), flow)
    with pytest.raises(ValueError, match="expected 2 tensors, got 1"):
        op("TensorArrayScatterV3", made, np.int32([0, 1]), np.float32([[3, 4]]), flow)
    assert op("TensorArrayCloseV3", made) == []
