"""The functions by which TensorFlow makes, fills and drops tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.tables import plan_tables
from kerasfmt.graph import EagerConstant, Function, Table
from kerasfmt.graph.run import run
from kerasfmt.ir.asset import TextFile
from kerasfmt.layers import StringLookup


def body(function: PolymorphicFunction) -> Function:
    (trace,) = function.traces
    assert function.input_signature == trace.input_signature == ()
    return trace.function


def test_each_table_has_its_functions_and_a_name_of_its_own() -> None:
    layers = [StringLookup(vocabulary=["a"]), StringLookup(vocabulary=["b"])]
    planned = plan_tables([*layers, layers[0]])
    assert list(planned) == [layer.lookup_table for layer in layers]
    assert [functions.shared_name for functions in planned.values()] == ["0", "1"]
    functions = planned[layers[0].lookup_table]
    create, initialize, destroy = (
        body(f) for f in (functions.create, functions.initialize, functions.destroy)
    )
    assert [node.op for node in create.nodes] == ["HashTableV2"]
    assert create.outputs[0].dtype is dtypes.resource
    assert [node.op for node in initialize.nodes] == ["LookupTableImportV2", "Const"]
    assert initialize.captured[0] is layers[0].lookup_table
    assert [node.op for node in destroy.nodes] == ["Const"]
    assert not destroy.captured


@pytest.mark.parametrize(("mutable", "op"), [(False, "HashTableV2"), (True, "MutableHashTableV2")])
def test_an_empty_table_is_made_and_not_filled(mutable: bool, op: str) -> None:
    layer = StringLookup(vocabulary=["a"])
    zero = EagerConstant("zero", np.zeros((), np.int64))
    table = layer.add_table("counts", Table("counts", dtypes.string, dtypes.int64, zero, mutable=mutable))
    functions = plan_tables([layer])[table]
    assert functions.shared_name == ("table_1" if mutable else "1")
    assert (functions.save is not None, functions.restore is not None) == (mutable, mutable)
    assert [node.op for node in body(functions.create).nodes] == [op]
    assert not body(functions.initialize).captured


def test_a_table_is_filled_from_a_file_whose_path_is_an_argument(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\n")
    layer = StringLookup(vocabulary=str(path))
    function = body(plan_tables([layer])[layer.lookup_table].initialize)
    assert isinstance(layer.lookup_table.initializer, TextFile)
    assert function.captured == (layer.lookup_table.initializer.file, layer.lookup_table)
    assert next(argument.node.name for _, argument in function.captures) == "text_file_init_asset_filepath"
    node = function.nodes[0]
    assert (node.op, node.attrs["key_index"], node.attrs["value_index"], node.attrs["offset"]) == (
        "InitializeTableFromTextFileV2", -2, -1, 1,
    )  # fmt: skip


def test_an_adapted_lookup_counts_in_tables_that_are_saved() -> None:
    layer = StringLookup(output_mode="tf_idf")
    layer.adapt(np.array([["a", "b"]]))
    planned = plan_tables([layer])
    assert list(layer.tables) == ["lookup_table", "token_counts", "token_document_counts"]
    functions = planned[layer.tables["token_counts"]]
    assert functions.save is not None
    assert functions.restore is not None
    key = np.array(b"path", object)
    content = layer.tables["token_counts"].first_content()
    content.insert(np.array([b"x"], object), np.array([3]))
    state = {layer.tables["token_counts"]: content}
    found = run(functions.save.function, [key], state)
    assert [a.tolist() for a in found] == [b"path-keys", b"", [b"x"], b"path-values", b"", [3]]
    run(functions.restore.function, [np.array([b"y"], object), np.array([5])], state)
    assert [a.tolist() for a in content.export()] == [[b"y"], [5]]
