"""keras_metadata.pb: what is said of each layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.formats.saved_model.metadata import _lacks_config
from kerasfmt.ir import Sequential
from kerasfmt.ir.revived import NO_CONFIG
from kerasfmt.layers import Dense, Embedding
from tests.formats.saved_model.saved import Saved, save, small


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return save(small(), tmp_path / "model")


def test_every_layer_is_there_once(saved: Saved) -> None:
    found = saved.metadata
    assert next(iter(found)) == "root"
    assert [m["name"] for m in found.values()].count("shared") == 1
    assert {m["name"] for m in found.values()} == {
        "small",
        "x",
        "inner",
        "shared",
        "drop",
        "out",
        "y",
        "norm",
    }
    assert {m["class_name"] for m in found.values()} == {
        "Functional",
        "InputLayer",
        "Dense",
        "Dropout",
        "BatchNormalization",
    }


def test_entries_point_at_their_nodes(saved: Saved) -> None:
    data = (saved.directory / "keras_metadata.pb").read_bytes()
    for entry in protos.KerasSavedMetadata.FromString(data).nodes:
        path = entry.node_path.split(".")[1:]
        assert saved.at(*path) == entry.node_id
        assert saved.nodes[entry.node_id].user_object.identifier == entry.identifier


def test_a_layer(saved: Saved) -> None:
    found = {m["name"]: m for m in saved.metadata.values()}
    dense = found["out"]
    assert (dense["trainable"], dense["expects_training_arg"], dense["dtype"]) == (True, False, "float32")
    assert dense["config"]["units"] == 2
    assert dense["input_spec"]["config"]["axes"] == {"-1": 3}
    assert dense["build_input_shape"] == {"class_name": "TensorShape", "items": [None, 3]}
    assert dense["inbound_nodes"] == [[["shared", 1, 0, {}]]]
    assert found["drop"]["expects_training_arg"]
    assert found["shared"]["activity_regularizer"]["class_name"] == "L1"
    assert "activity_regularizer" not in dense


def test_an_input_layer(saved: Saved) -> None:
    (entry,) = [m for m in saved.metadata.values() if m["name"] == "x"]
    assert entry["batch_input_shape"] == {"class_name": "__tuple__", "items": [None, 3]}
    assert (entry["dtype"], entry["sparse"], entry["ragged"]) == ("float32", False, False)


def test_the_model(saved: Saved) -> None:
    root = saved.metadata["root"]
    assert root["is_graph_network"]
    assert root["save_spec"]["serialized"] == [
        {"class_name": "TensorShape", "items": [None, 3]},
        "float32",
        "x",
    ]
    assert "training_config" not in root


def test_the_config_makes_the_model(saved: Saved) -> None:
    stored = saved.metadata["root"]["model_config"]

    def plain(value: Any) -> Any:
        """The config without Keras's bookkeeping."""
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k != "shared_object_id"}
        return [plain(v) for v in value] if isinstance(value, list) else value

    model = model_from_config(plain(stored))
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(model.predict(x), small().predict(x))


def test_shared_ids_are_per_object(saved: Saved) -> None:
    ids: dict[int, str] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            number = value.get("shared_object_id")
            if number is not None:
                kind = str(value.get("class_name"))
                assert ids.setdefault(number, kind) == kind
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for entry in saved.metadata.values():
        walk(entry)
    assert min(ids) == 0
    assert set(ids) == set(range(max(ids) + 1))


def test_mixed_precision(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    model = Sequential([Dense(2, input_shape=(3,), dtype="mixed_float16", name="d")])
    (entry,) = [m for m in save(model, tmp_path / "m").metadata.values() if m["name"] == "d"]
    assert entry["dtype"]["config"] == {"name": "mixed_float16"}
    assert entry["config"]["dtype"]["class_name"] == "Policy"


def test_a_frozen_layer(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    model = Sequential([Embedding(4, 2, trainable=False, name="e")])
    saved = save(model, tmp_path / "m")
    (entry,) = [m for m in saved.metadata.values() if m["name"] == "e"]
    assert not entry["trainable"]
    assert saved.children(saved.at("trainable_variables")) == {}


@pytest.mark.parametrize("lacks", [True, False])
def test_a_layer_without_a_config_leaves_its_model_without_one(lacks: bool) -> None:
    config = {NO_CONFIG: True} if lacks else {"name": "own"}
    inner = {"class_name": "Functional", "config": {"layers": [{"class_name": "Own", "config": config}]}}
    assert _lacks_config({"layers": [{"class_name": "Dense", "config": {}}, inner]}) is lacks
