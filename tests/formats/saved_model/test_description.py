"""What is told of a SavedModel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.description import describe
from tests.formats.saved_model.saved import compiled, save
from tests.formats.saved_model.stored_edits import edit_saved_model


def test_a_model(tmp_path: Path) -> None:
    path = save(compiled(), tmp_path / "m").directory
    found = describe(path)
    assert (found.title, found.kind, found.name) == ("SavedModel", "Functional", "small")
    assert found.writers == {"keras": "2.15.0", "tensorflow": "2.15.1"}
    assert found.signatures is not None
    assert list(map(str, found.signatures)) == ["serving_default(x float32[None, 3]) -> out float32[None, 2]"]
    assert (found.size, found.nbytes) == (32, 128)
    assert found.compiled is not None
    assert found.compiled["loss"] == "mse"
    assert found.optimizer is not None
    assert (found.optimizer.kind, found.optimizer.slots) == ("Custom>Adam", ("m", "v"))
    assert len(found.optimizer.weights) == 13
    assert found.bytes_on_disk == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
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
    assert found.facts == ("no Keras model: its signatures and variables alone",)
    assert found.signatures is not None
    assert [each.name for each in found.signatures] == [*"abcdefghij", "serving_default"]
    assert (found.kind, found.owners) == ("", "variable")
    rows = {row.owner: [weight.name for weight in row.weights] for row in found.rows}
    assert rows["dense/kernel"] == ["layer_with_weights-0/kernel"]


def test_a_legacy_optimizer(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
    entry = {"class_name": "Adam", "config": {"is_legacy_optimizer": True, "learning_rate": 0.5}}
    model.compile(entry, loss="mse")
    model.optimizer.iterations = 3
    for weight in model.trainable_weights:
        for slot in ("m", "v"):
            model.optimizer.set_slot(weight, slot, np.ones(weight.shape, np.float32))
    found = describe(save(model, tmp_path / "m").directory)
    assert found.optimizer is not None
    assert found.optimizer.kind == "Adam"
    assert len(found.optimizer.weights) == 9
    assert {"Adam/iter", "Adam/beta_1"} < {weight.name for weight in found.optimizer.weights}


def test_several_graphs(tmp_path: Path) -> None:
    path = save(compiled(), tmp_path / "m").directory
    proto = protos.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    proto.meta_graphs.add().meta_info_def.tags.append("train")
    (path / "saved_model.pb").write_bytes(proto.SerializeToString())
    assert describe(path).facts == ("2 graphs with the tags [['serve'], ['train']]",)


@pytest.mark.parametrize("value", [3, 2.5, True, "x", [], None, {}])
@pytest.mark.parametrize("key", ["config", "class_name", "name", "training_config"])
def test_what_keras_says_may_be_of_any_type(key: str, value: Any, tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="d")])
    kerasfmt.save_model(model, tmp_path / "m")
    path = tmp_path / "m" / layout.KERAS_METADATA
    metadata = protos.KerasSavedMetadata.FromString(path.read_bytes())
    for node in metadata.nodes:
        node.metadata = json.dumps({**json.loads(node.metadata), key: value})
    path.write_bytes(metadata.SerializeToString())
    found = describe(tmp_path / "m")
    assert {str(weight) for row in found.rows for weight in row.weights} == {
        "d/kernel float32[3, 2]",
        "d/bias float32[2]",
    }
