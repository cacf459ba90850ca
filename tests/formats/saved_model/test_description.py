"""What is told of a SavedModel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kerasfmt
from kerasfmt.formats.saved_model.description import describe
from tests.formats.saved_model.saved import compiled, save
from tests.formats.saved_model.stored_edits import edit_saved_model


def test_lines_and_rows(tmp_path: Path) -> None:
    path = save(compiled(), tmp_path / "m").directory
    found = describe(path)
    first, *others = found.lines
    assert first.startswith(f"{path}: SavedModel, ")
    assert first.endswith("written by TensorFlow 2.15.1")
    assert others == [
        "model: Functional small, written by Keras 2.15.0",
        "signatures: serving_default(x) -> out",
        "total: 6 layers, 32 parameters, 128 B",
        "compiled: yes, 13 optimizer variables",
    ]
    rows = {row.owner: (row.kind, [str(weight) for weight in row.weights]) for row in found.rows}
    assert rows["shared"] == ("Dense", ["shared/kernel float32[3, 3]", "shared/bias float32[3]"])
    assert rows["drop"] == ("Dropout", [])
    assert "small" not in rows


def test_what_keras_did_not_write(tmp_path: Path) -> None:
    path = save(kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))]), tmp_path / "m").directory
    (path / "keras_metadata.pb").unlink()

    def change(meta: Any) -> None:
        for name in "abcdefghij":
            meta.signature_def[name].inputs["x"].name = "x"

    edit_saved_model(path, change)
    found = describe(path)
    assert found.lines[1] == "model: not written by Keras 2"
    assert found.lines[2].endswith("; and 3 more")
    assert "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE" in {row.owner for row in found.rows}
