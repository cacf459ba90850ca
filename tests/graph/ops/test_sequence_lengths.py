from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

case("ReverseSequence", floats(3, 4, 2), i32(0, 4, 2), seq_dim=1, batch_dim=0)
case("ReverseSequence", floats(4, 3, 2), i32(1, 4, 3), seq_dim=0, batch_dim=1)
case("ReverseSequence", ints(2, 3, 5), np.array([5, 2, 0], np.int64), seq_dim=2, batch_dim=1)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "padded sequences backwards": (
            lambda: ops.reverse_sequence(
                (x := value(None, 4, 2)), x.graph.input(Spec((None,), dtypes.int32)), 1, 0
            ),
            (None, 4, 2),
            ["ReverseSequence"],
        ),
        "which steps there are": (
            lambda: ops.sequence_mask(value(None, dtype=dtypes.int32), 4),
            (None, 4),
            ["Const"] * 3 + ["Range", "Const", "ExpandDims", "Less"],
        ),
    }
    refused = {
        "an axis that is not there": (
            lambda: ops.reverse_sequence(
                (x := value(None, 4)), x.graph.input(Spec((None,), dtypes.int32)), 2, 0
            ),
            "axis 2 is out of range for 2 dimensions",
        ),
        "one axis for both": (
            lambda: ops.reverse_sequence(
                (x := value(None, 4)), x.graph.input(Spec((None,), dtypes.int32)), 1, 1
            ),
            "seq_dim and batch_dim are both 1",
        ),
    }


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        ([1], r"expected a length for each of 2 sequences, got \(1,\)"),
        ([1, 4], r"expected lengths from 0 to 3, got \[1, 4\]"),
        ([-1, 2], r"expected lengths from 0 to 3"),
    ],
)
def test_lengths_that_do_not_fit(lengths: list[int], said: str) -> None:
    graph = Builder("reverse")
    x = graph.input(Spec((None, 3), dtypes.float32))
    sizes = graph.input(Spec((None,), dtypes.int32))
    function = graph.finish([ops.reverse_sequence(x, sizes, 1, 0)])
    with pytest.raises(InvalidModelError, match=said):
        run(function, [np.zeros((2, 3), np.float32), np.array(lengths, np.int32)], {})


def test_the_mask_of_lengths() -> None:
    graph = Builder("mask")
    lengths = graph.input(Spec((None,), dtypes.int32))
    function = graph.finish([ops.sequence_mask(lengths, 3)])
    (mask,) = run(function, [np.array([2, 0, 3], np.int32)], {})
    assert mask.tolist() == [[True, True, False], [False] * 3, [True] * 3]
