"""SavedModels whose files are changed after they were written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY


def edit_saved_model(directory: Path, change: Callable[[Any], None]) -> None:
    """Changes the only graph in saved_model.pb."""
    path = directory / "saved_model.pb"
    saved = protos.SavedModel.FromString(path.read_bytes())
    change(saved.meta_graphs[0])
    path.write_bytes(saved.SerializeToString())


def edit_metadata(directory: Path, change: Callable[[int, dict[str, Any]], dict[str, Any] | None]) -> None:
    """Changes each entry of keras_metadata.pb: its node and content; None takes it out."""
    path = directory / "keras_metadata.pb"
    held = protos.KerasSavedMetadata.FromString(path.read_bytes())
    found = protos.KerasSavedMetadata()
    for entry in held.nodes:
        content = change(entry.node_id, json.loads(entry.metadata))
        if content is not None:
            entry.metadata = json.dumps(content)
            found.nodes.add().CopyFrom(entry)
    path.write_bytes(found.SerializeToString())


def edit_variables(directory: Path, change: Callable[[dict[str, Any]], Iterable[tuple[str, Any]]]) -> None:
    """Changes the tensors of the checkpoint."""
    prefix = directory / "variables" / "variables"
    held = {name: np.array(tensor) for name, tensor in tensorbundle.read(prefix).items()}
    tensorbundle.write(prefix, change(held))


def edit_checkpoint_objects(directory: Path, change: Callable[[Any], None]) -> None:
    """Changes the object graph in the checkpoint."""

    def changed(held: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        graph = protos.TrackableObjectGraph.FromString(held[OBJECT_GRAPH_KEY][()])
        change(graph)
        return {**held, OBJECT_GRAPH_KEY: np.array(graph.SerializeToString(), object)}.items()

    edit_variables(directory, changed)


def with_metadata_inside(directory: Path) -> None:
    """Moves Keras's texts into the objects, where Keras 2.2 to 2.4 has them."""
    path = directory / "keras_metadata.pb"
    entries = protos.KerasSavedMetadata.FromString(path.read_bytes()).nodes

    def change(meta: Any) -> None:
        for entry in entries:
            meta.object_graph_def.nodes[entry.node_id].user_object.metadata = entry.metadata

    edit_saved_model(directory, change)
    path.unlink()
