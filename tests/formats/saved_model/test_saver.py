"""The functions that save and restore a checkpoint."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.saver import checkpoint_names, restore_function, save_function
from kerasfmt.graph import EagerConstant, Spec, Table, Variable


def test_saver_functions() -> None:
    weights = [Variable("a", Spec((2,), dtypes.float32)), Variable("b", Spec((), dtypes.int64))]
    stored = dict(zip(["a/key", "b/key"], weights, strict=True))
    saving, restoring = save_function(stored), restore_function(stored)
    assert saving.captured == restoring.captured == tuple(weights)
    assert saving.written == frozenset()
    assert restoring.written == set(weights)
    (node,) = [n for n in saving.nodes if n.op == "SaveV2"]
    assert node.attrs["dtypes"] == [dtypes.float32, dtypes.int64, dtypes.string]
    assert saving.outputs[0].node.controls[0].op == "MergeV2Checkpoints"
    assert [n.op for n in restoring.outputs[0].node.controls] == ["AssignVariableOp"] * 2


def test_tables_are_saved_as_keys_and_values() -> None:
    variable = Variable("a", Spec((2,), dtypes.float32))
    zero = EagerConstant("zero", np.zeros((), np.int64))
    table = Table("counts", dtypes.string, dtypes.int64, zero, mutable=True)
    stored = {"t/table": table, "a/key": variable}
    assert checkpoint_names(stored) == ["t/table-keys", "t/table-values", "a/key"]
    saving, restoring = save_function(stored), restore_function(stored)
    assert [v.dtype.name for v in saving.inputs] == ["string", "string", "string", "int64"]
    assert saving.captured == (variable,)
    (node,) = [n for n in saving.nodes if n.op == "SaveV2"]
    assert node.attrs["dtypes"] == [dtypes.string, dtypes.int64, dtypes.float32, dtypes.string]
    assert node.inputs[3:5] == saving.inputs[2:]
    assert restoring.captured == (table, variable)
    assert [n.op for n in restoring.outputs[0].node.controls] == ["LookupTableImportV2", "AssignVariableOp"]
