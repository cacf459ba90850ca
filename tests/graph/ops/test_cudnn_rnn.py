"""Shape inference of cuDNN's recurrent layers. They have no kernels."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Shape, Spec, Value, ops
from kerasfmt.graph.run import run
from tests.graph.ops.op_tests import FrontendTests


def operands(*shapes: Shape) -> list[Value]:
    graph = Builder("f")
    return [graph.input(Spec(shape, dtypes.float32), "x") for shape in shapes]


def sequence(*, mode: str = "lstm", lengths: bool = False, x: Shape = (5, None, 3)) -> Value:
    inputs = operands(x, (1, None, 4), (1, None, 4), (None,))
    counts = inputs[0].graph.input(Spec((None,), dtypes.int32)) if lengths else None
    return ops.cudnn_rnn(*inputs, counts, mode=mode)[0]


class TestFrontends(FrontendTests):
    uses = {
        "an LSTM": (lambda: sequence(), (5, None, 4), ["CudnnRNN"]),
        "a GRU": (lambda: sequence(mode="gru"), (5, None, 4), ["CudnnRNN"]),
        "sequences of any length": (lambda: sequence(lengths=True), (5, None, 4), ["CudnnRNNV3"]),
        "a sequence of which nothing is known": (lambda: sequence(x=None), (None, None, 4), ["CudnnRNN"]),
    }
    refused = {
        "no sequence": (lambda: sequence(x=(5, 3)), "expected 3 dimensions"),
        "another layer": (lambda: sequence(mode="elman"), "attribute rnn_mode: expected one of"),
    }


@pytest.mark.parametrize("direction, size", [("unidirectional", 4), ("bidirectional", 8)])
@pytest.mark.parametrize("version", ["", "V2", "V3"])
def test_shapes_forward_and_backward(direction: str, size: int, version: str) -> None:
    x, h, c, params = operands((5, 2, 3), (2, 2, 4), (2, 2, 4), (99,))
    graph = x.graph
    lengths = [graph.constant(np.array([5, 2], np.int32))] if version == "V3" else []
    forward = graph.emit(f"CudnnRNN{version}", x, h, c, params, *lengths, direction=direction)
    assert [v.shape for v in forward[:4]] == [(5, 2, size), (2, 2, 4), (2, 2, 4), None]
    output, out_h, out_c, *reserved = forward
    backward = graph.emit(
        f"CudnnRNNBackprop{version}", x, h, c, params, *lengths, *forward[:3], output, out_h, out_c, *reserved
    )
    assert [v.spec for v in backward] == [v.spec for v in (x, h, c, params)]


def test_a_gru_has_no_second_state() -> None:
    x, h, params = operands((5, 2, 3), (1, 2, 4), (99,))
    assert [v.shape for v in ops.cudnn_rnn(x, h, 0, params, mode="gru")] == [(5, 2, 4), (1, 2, 4), ()]


def test_they_refuse_to_run() -> None:
    inputs = operands((5, 2, 3), (1, 2, 4), (1, 2, 4), (99,))
    function = inputs[0].graph.finish(ops.cudnn_rnn(*inputs))
    with pytest.raises(GraphError, match=r"op CudnnRNN \(CudnnRNN\): kerasfmt has no kernel for it"):
        run(function, [np.zeros(v.shape, np.float32) for v in inputs], {})  # type: ignore[arg-type]
