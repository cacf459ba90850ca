"""Layers by the entries of a config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasfmt.formats.saved_model.revived import Revival
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.ir import InputLayer
from kerasfmt.layers import Dense
from tests.formats.saved_model.revivable import layered, place_of

PATH = ("small",)


def entry(name: str) -> dict[str, Any]:
    return {"class_name": "Own", "config": {}, "name": name}


def test_entries_lead_to_objects(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared", "norm")
    root = open_saved_model(directory).root
    revival = Revival(root, {})
    members = revival.members(root)
    found = members.revived(entry("shared"), PATH)
    assert found is not None
    assert found.name == "shared"
    assert members.made(entry("shared"), PATH) is None
    again = members.revived(entry("shared"), PATH)
    assert again is not found
    assert again is not None
    assert again.record is found.record  # type: ignore[attr-defined]
    assert members.made(entry("shared"), PATH) is None
    inner = members.revived(entry("norm"), (*PATH, "inner"))
    assert inner is not None
    assert inner.class_label == "Own>Thing"
    for name, path in (("norm", PATH), ("nothing", PATH), ("norm", (*PATH, "nothing")), ("shared", ())):
        assert members.revived(entry(name), path) is None
    assert members.made(entry("out"), PATH) is None
    assert members.revived(entry("y"), (*PATH, "inner")) is None  # an input has no functions


def test_layers_of_configs_are_noted(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m")
    root = open_saved_model(directory).root
    revival = Revival(root, {})
    members = revival.members(root)
    dense, other = Dense(2, name="out"), Dense(3, name="out")
    members.enter(entry("out"), PATH, dense)
    members.enter(entry("out"), PATH, other)
    assert members.made(entry("out"), PATH) is None
    held = revival.layer(place_of(directory, "shared"))
    assert members.made(entry("shared"), PATH) is held
    assert members.made(entry("shared"), PATH) is None
    members.enter(entry("nothing"), PATH, other)
    assert members.made(entry("nothing"), PATH) is None
    members.enter(entry("x"), PATH, InputLayer(batch_input_shape=(None, 3), name="x"))
    assert members.made(entry("x"), PATH) is None
