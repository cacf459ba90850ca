"""Variables against the checkpoint, of both versions of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.verification.rules import consistency
from kerasfmt.verification.verify import verify
from tests.verification.making import rules_of, saved


def test_another_dtype(tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        for node in meta.object_graph_def.nodes:
            if node.WhichOneof("kind") == "variable":
                node.variable.dtype = protos.DataType.Value("DT_DOUBLE")

    assert consistency.VALUE_DISAGREES in rules_of(verify(saved(tmp_path, change)))


def test_a_shape_that_cannot_be(tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        for node in meta.object_graph_def.nodes:
            if node.WhichOneof("kind") == "variable":
                node.variable.shape.dim[0].size = -5

    assert consistency.OBJECTS in rules_of(verify(saved(tmp_path, change)))


def test_without_a_checkpoint(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    for path in (directory / "variables").iterdir():
        path.unlink()
    assert consistency.VALUE_MISSING in rules_of(verify(directory))


def version1(folder: Path, arrays: dict[str, Any]) -> Path:
    """A SavedModel of TensorFlow 1 with a whole variable, and one in two parts."""
    held = protos.SavedModel(saved_model_schema_version=1)
    graph = held.meta_graphs.add().graph_def
    for name, size in (("w", 3), ("p/part_0", 1), ("p/part_1", 1)):
        node = graph.node.add(name=name, op="VariableV2")
        node.attr["dtype"].type = 1
        node.attr["shape"].shape.dim.add(size=size)
    (folder / "variables").mkdir()
    (folder / "saved_model.pb").write_bytes(held.SerializeToString())
    tensorbundle.write(folder / "variables" / "variables", arrays.items())
    return folder


def test_a_graph_of_tensorflow_1(tmp_path: Path) -> None:
    whole = {"w": np.zeros(3, np.float32), "p": np.zeros(2, np.float32)}
    report = verify(version1(tmp_path, whole))
    assert report.findings == ()
    assert report.checked["variables"] == 3


def test_a_graph_of_tensorflow_1_with_other_values(tmp_path: Path) -> None:
    others = {"w": np.zeros(4, np.float32), "hidden": np.zeros(2, np.float32)}
    assert rules_of(verify(version1(tmp_path, others))) == {
        consistency.VALUE_DISAGREES,
        consistency.VALUE_MISSING,
        consistency.VALUE_LEFT_OVER,
    }
