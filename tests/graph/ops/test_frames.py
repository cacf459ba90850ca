"""The ops of branches and loops of TensorFlow 1. `tests/graph/test_frames.py` runs functions that hold them."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, emit
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops.frames import FrameOp

OPS = ("Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond")


@pytest.mark.parametrize("op", [*OPS, *(f"Ref{op}" for op in OPS if op != "LoopCond")])
def test_they_are_parts_of_frames(op: str) -> None:
    found = find_op(op)
    assert issubclass(found, FrameOp)
    assert found.is_frame
    assert found.has_kernel()


def test_shapes_go_through() -> None:
    graph = Builder("f")
    x = graph.input(Spec((2, None), dtypes.float32))
    y = graph.input(Spec((None, 3), dtypes.float32))
    condition = graph.input(Spec((), dtypes.bool_))
    assert [v.shape for v in emit("Switch", x, condition)] == [(2, None), (2, None)]
    assert [v.shape for v in emit("Merge", [x, y])] == [(None, None), ()]
    assert emit("Enter", x, frame_name="f")[0].shape == (2, None)
    (out,) = FrameOp.execute(None, x.node, np.float32(1))  # type: ignore[arg-type]
    assert out == 1
