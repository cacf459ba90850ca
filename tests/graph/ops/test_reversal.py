from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints
case("ReverseSequence", floats(3, 4, 2), i32(2, 4, 0), seq_dim=1, batch_dim=0)
case("ReverseSequence", floats(4, 3), np.array([1, 3, 4], np.int64), seq_dim=0, batch_dim=1)
case("ReverseSequence", ints(2, 3, 5), i32(5, 0, 3), seq_dim=2, batch_dim=1)


class TestKernels(KernelTests):
    samples = SAMPLES


def reversed_rows(sequence_axis: int) -> Value:
    graph = Builder()
    x, lengths = graph.input(Spec((None, 4), dtypes.float32)), graph.input(Spec((3,), dtypes.int32))
    return ops.reverse_sequence(x, lengths, sequence_axis)


class TestFrontends(FrontendTests):
    uses = {"as many rows as lengths": (lambda: reversed_rows(1), (3, 4), ["ReverseSequence"])}
    refused = {
        "rows along the sequence": (lambda: reversed_rows(0), "rows and sequences have the same axis 0"),
        "no such axis": (lambda: reversed_rows(2), "axis 2 is out of range for 2 dimensions"),
    }


@pytest.mark.parametrize("length", [-1, 5])
def test_a_length_beyond_the_row(length: int) -> None:
    graph = Builder()
    x = graph.constant(np.zeros((1, 4), np.float32))
    out = ops.reverse_sequence(x, graph.constant(i32([length])), 1)
    with pytest.raises(InvalidModelError, match="expected lengths from 0 to 4"):
        run(graph.finish([out]), [], {})
