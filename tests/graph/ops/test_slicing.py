from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

case("StridedSlice", floats(5, 6, 7), i32([1, 0]), i32([4, 5]), i32([2, 1]))
case("StridedSlice", floats(5, 6), i32([3, 0]), i32([0, 0]), i32([-1, 1]), begin_mask=1, end_mask=3)
case(
    "StridedSlice",
    floats(5, 6, 7),
    i32([0, 0, 2]),
    i32([0, 0, 3]),
    i32([1, 1, 1]),
    ellipsis_mask=1,
    new_axis_mask=2,
    shrink_axis_mask=4,
)
case("StridedSlice", floats(5, 6), i32([-1]), i32([0]), i32([1]), shrink_axis_mask=1)
case("StridedSlice", floats(5), i32([-9]), i32([99]), i32([2]))
case("Slice", floats(5, 6), i32([1, 2]), i32([2, -1]))
case("GatherV2", floats(5, 6), ints(2, 3, low=0, high=5), i32(0))
case("GatherV2", floats(5, 6), ints(4, low=0, high=6), i32(-1))
case("GatherV2", floats(2, 5, 6), ints(2, 3, low=0, high=5), i32(1), batch_dims=1)
case("GatherV2", floats(2, 2, 5, 3), ints(2, 2, 4, low=0, high=5), i32(2), batch_dims=-1)
case("GatherNd", floats(3, 4, 5), ints(2, 2, low=0, high=3))
case("Where", ints(3, 4, low=0, high=2), shape_is_open=True)
case("Where", np.array([[True, False], [False, True]]), shape_is_open=True)
case("Split", i32(1), floats(3, 6), num_split=3)
case("SplitV", floats(3, 6), i32([1, -1, 2]), i32(1), num_split=3)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "split": (
            lambda: ops.split(value(None, 6), [1, 2, 3], 1)[2],
            (None, 3),
            ["Const", "Const", "SplitV"],
        ),
        "equal parts": (lambda: ops.split(value(None, 6), 3, 1)[2], (None, 2), ["Const", "Split"]),
        "slice_axis": (
            lambda: ops.slice_axis(value(None, 6, 5), 1, 1, -1),
            (None, 4, 5),
            ["Const", "Const", "Const", "StridedSlice"],
        ),
        "slice": (
            lambda: ops.slice_(value(None, 6), [0, 2], [-1, 3]),
            (None, 3),
            ["Const", "Const", "Slice"],
        ),
        "gather": (
            lambda: ops.gather(value(None, 6), [[0, 5]], 1),
            (None, 1, 2),
            ["Const", "Const", "GatherV2"],
        ),
        "gather_nd": (lambda: ops.gather_nd(value(2, 6, 3), [[0, 5]]), (1, 3), ["Const", "GatherNd"]),
        "nonzero": (lambda: ops.nonzero(value(None, 6)), (None, 2), ["Where"]),
    }
    refused = {
        "indices": (lambda: ops.getitem(value(2), (0, 0)), "2 indices for shape"),
        "stride": (lambda: ops.getitem(value(2), slice(None, None, 0)), "a stride is zero"),
        "element": (lambda: ops.getitem(value(2), 2), "axis 2 is out of range"),
        "slice": (lambda: ops.slice_(value(2, 6), [0, 4], [-1, 3]), "3 elements from 4 of an axis of 6"),
        "starts": (lambda: ops.slice_(value(2, 6), [0], [1]), "1 starts and 1 sizes"),
        "vectors": (lambda: ops.gather_nd(value(2), [[0, 5]]), "index vectors of 2"),
        "batch": (lambda: ops.gather(value(2, 3), [[0], [1]], 0, 1), "batch_dims 1 is beyond axis 0"),
        "parts": (lambda: ops.split(value(2, 5), 2, 1), "does not divide into 2 parts"),
        "sizes": (lambda: ops.split(value(2, 5), [2, 2], 1), r"parts of \[2, 2\] of an axis of 5"),
    }


def test_an_index_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="an index of float is not supported"):
        ops.getitem(value(2), 0.5)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=4),
    st.lists(st.one_of(st.integers(-8, 8), st.slices(7), st.just(None), st.just(Ellipsis)), max_size=5),
)
def test_getitem_is_numpys(shape: list[int], index: list[object]) -> None:
    """What NumPy takes out of an array is what the graph takes, in shape and content."""
    array = np.arange(np.prod(shape)).reshape(shape)
    try:
        expected = array[tuple(index)]
    except IndexError:
        return
    if not index:
        return
    graph = Builder()
    out = ops.getitem(graph.input(Spec(tuple(shape), dtypes.int64)), tuple(index))
    assert out.shape == expected.shape
    operands = [v.node.attrs["value"] for v in out.node.inputs[1:]]
    np.testing.assert_array_equal(find_op("StridedSlice").run(out.node.attrs, array, *operands)[0], expected)


@pytest.mark.parametrize("indices", [[-1], [3]])
def test_an_index_beyond_the_axis_is_refused(indices: list[int]) -> None:
    attrs = {"batch_dims": 0}
    with pytest.raises(ValueError, match=r"are not all in \[0, 3\)"):
        find_op("GatherV2").run(attrs, np.zeros(3), np.array(indices), i32(0))
