"""One SavedModel directory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasfmt import protos, tensorbundle


class Artefact:
    """One SavedModel directory, parsed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.saved_model = protos.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
        self.meta_graph = self.saved_model.meta_graphs[0]
        self.objects = self.meta_graph.object_graph_def
        metadata = directory / "keras_metadata.pb"
        self.keras = (
            protos.KerasSavedMetadata.FromString(metadata.read_bytes()) if metadata.exists() else None
        )

    @cached_property
    def checkpoint(self) -> Mapping[str, Any]:
        """Checkpoint key -> lazy array."""
        read: Mapping[str, Any] = tensorbundle.read(self.directory / "variables" / "variables")
        return read

    @cached_property
    def paths(self) -> dict[int, str]:
        """Node id -> its path; see `paths_of`."""
        return paths_of(self.objects.nodes)

    @cached_property
    def functions(self) -> dict[str, Any]:
        """Name -> FunctionDef."""
        return {f.signature.name: f for f in self.meta_graph.graph_def.library.function}


def paths_of(nodes: Sequence[Any]) -> dict[int, str]:
    """Node id -> the first path by which it is reached, breadth first, children by name; then the optimizers' slots."""
    found = {0: "root"}
    queue = [0]
    for node in queue:
        for child in sorted(nodes[node].children, key=lambda c: c.local_name):
            if child.node_id not in found:
                found[child.node_id] = f"{found[node]}.{child.local_name}"
                queue.append(child.node_id)
    for node in queue:
        for slot in nodes[node].slot_variables:
            original = found[slot.original_variable_node_id]
            found.setdefault(slot.slot_variable_node_id, f"{found[node]}[{slot.slot_name} of {original}]")
    return found


def function_stem(name: str) -> str:
    """A function's name without the number that makes it unique."""
    return re.sub(r"_\d+$", "", name)
