"""SavedModels as a whole: what kerasfmt writes has no findings; several graphs, and none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import kerasfmt
from kerasfmt import protos
from kerasfmt.verification.rules import consistency
from kerasfmt.verification.verify import verify
from tests.formats.saved_model.stored_edits import edit_saved_model
from tests.verification.making import rules_of, saved


def test_a_compiled_model_with_many_layers(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    layers = kerasfmt.layers
    words = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")
    first = kerasfmt.Input((1,), dtype="string", name="words")
    x = layers.Dropout(0.1)(layers.Dense(4, activation="relu")(words(first)))
    x = layers.LSTM(3)(layers.Reshape((2, 2))(layers.BatchNormalization()(x)))
    model = kerasfmt.Model(first, layers.Dense(2, activation="softmax")(x))
    model.compile("adam", "mse", ["mae"])
    kerasfmt.save_model(model, tmp_path / "m")
    report = verify(tmp_path / "m")
    assert report.findings == ()
    assert report.checked["nodes"] > 1000
    assert report.checked["variables"] > 8


def test_without_graphs(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(
        protos.SavedModel(saved_model_schema_version=1).SerializeToString()
    )
    assert consistency.OBJECTS in rules_of(verify(tmp_path))


def test_every_graph_is_checked(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    (directory / "fingerprint.pb").unlink()
    path = directory / "saved_model.pb"
    held = protos.SavedModel.FromString(path.read_bytes())
    other = held.meta_graphs.add()
    other.CopyFrom(held.meta_graphs[0])
    other.graph_def.node.add(name="x", op="NobodysOp")
    path.write_bytes(held.SerializeToString())
    assert consistency.UNKNOWN_OP in rules_of(verify(directory))


def test_a_file_is_not_changed(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    edit_saved_model(directory, lambda meta: meta.graph_def.node.add(name="c", op="Const"))
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    verify(directory, inputs={"dense_input": np.ones((1, 3), np.float32)})
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before
