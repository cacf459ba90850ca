"""SavedModels whose classes nobody has: files of models of kerasfmt, in which classes have other names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from kerasfmt import protos
from kerasfmt.formats.saved_model.bindings import Bindings
from kerasfmt.formats.saved_model.stored import Place, open_saved_model
from kerasfmt.ir import Model
from tests.formats.saved_model.saved import compiled, save, small
from tests.formats.saved_model.stored_edits import edit_metadata

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


def without_classes(directory: Path, names: Collection[str]) -> Path:
    """The directory, in which layers of these names have a class that is not known."""

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        if content.get("name", content.get("config", {}).get("name")) in names:
            content["class_name"] = "Own>Thing"
            if "layers" in content["config"]:  # a subclass of Model has no config
                content |= {"config": {}, "is_graph_network": False}
        for entry in content.get("config", {}).get("layers", []):
            change(node, entry)
        return content

    edit_metadata(directory, change)
    return directory


def as_subclass(directory: Path, name: str | None = None) -> Path:
    """The directory, in which the model, or the layer of a name, is a subclass of Model without a config."""

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        if content.get("name") == name or (name is None and node == 0):
            return {**content, "class_name": "Net", "is_graph_network": False, "config": {}}
        return content

    edit_metadata(directory, change)
    return directory


def layered(directory: Path, *names: str) -> tuple[Model, Path]:
    """A model, and its file without the classes of layers of these names."""
    model = small()
    return model, without_classes(save(model, directory).directory, names)


def subclass(directory: Path) -> tuple[Model, Path]:
    """A compiled model, and its file as that of a subclass."""
    model = compiled()
    return model, as_subclass(save(model, directory).directory)


def place_of(directory: Path, name: str) -> Place:
    """The object of the layer of a name."""
    stored = open_saved_model(directory)
    (number,) = (n for n, said in stored.described.items() if said.content.get("name") == name)
    return stored.at(number)


def bindings_of(directory: Path) -> tuple[Bindings, Place]:
    """The functions of a file, and its root."""
    stored = open_saved_model(directory)
    return Bindings(stored), stored.root


def edit_objects(directory: Path, change: Any) -> None:
    """Changes the object graph of a SavedModel."""
    path = directory / "saved_model.pb"
    saved = protos.SavedModel.FromString(path.read_bytes())
    change(saved.meta_graphs[0].object_graph_def)
    path.write_bytes(saved.SerializeToString())


def loaded(directory: Path, **options: Any) -> Model:
    """The model in a directory."""
    return kerasfmt.load_model(directory, **options)
