"""The functions that save and restore a checkpoint."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.saver import restore_function, save_function
from kerasfmt.graph import Spec, Variable


def test_saver_functions() -> None:
    weights = [Variable("a", Spec((2,), dtypes.float32)), Variable("b", Spec((), dtypes.int64))]
    keys = ["a/key", "b/key"]
    saving, restoring = save_function(keys, weights), restore_function(keys, weights)
    assert saving.captured == restoring.captured == tuple(weights)
    assert saving.written == frozenset()
    assert restoring.written == set(weights)
    (node,) = [n for n in saving.nodes if n.op == "SaveV2"]
    assert node.attrs["dtypes"] == [dtypes.float32, dtypes.int64, dtypes.string]
    assert saving.outputs[0].node.controls[0].op == "MergeV2Checkpoints"
    assert [n.op for n in restoring.outputs[0].node.controls] == ["AssignVariableOp"] * 2
