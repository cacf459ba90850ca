"""The ops that do more than compute are ops of TensorFlow, and each has one rule."""

from __future__ import annotations

from kerasfmt.graph.line_op_defs import newest, ops_of
from kerasfmt.graph.op import known_op
from kerasfmt.verification.unsafe_ops import CHECKPOINT_OPS, UNSAFE_OPS

NOT_TENSORFLOWS = {
    "PyCall",
    "TRTEngineOp",
    "CreateTRTResourceHandle",
    "InitializeTRTResource",
    "DumpTensor",
    "RemoteFusedGraphExecute",
}
"""Of modelaudit's list, of TensorRT's library, of older lines, and of builds with other options."""


def test_they_are_ops_of_tensorflow() -> None:
    known = {*ops_of("2.15"), *ops_of("2.21")}
    assert sorted({*UNSAFE_OPS, *CHECKPOINT_OPS} - known - NOT_TENSORFLOWS) == []


def test_kerasfmt_runs_none_of_them() -> None:
    runs = [op for op in UNSAFE_OPS if (found := known_op(op)) is not None and found.has_kernel()]
    assert runs == []


def test_the_path_of_a_checkpoint_is_the_first_input() -> None:
    for op, name in CHECKPOINT_OPS.items():
        definition = newest(op)
        assert definition is not None
        assert definition.input_arg[0].name == name
