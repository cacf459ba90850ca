"""The description of a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.reader import Checkpoint, open_at
from kerasfmt.formats.description import Description, StoredOptimizer, rows_of, stored_optimizer

_VALUE: Final = f"/{layout.ATTRIBUTES}/{VALUE_ATTRIBUTE}"
_SLOT: Final = f"/{layout.SLOT}/"
_OPTIMIZER: Final = "optimizer/"
_CHILDREN: Final = 8


def describe(path: Path) -> Description:
    """The variables of a checkpoint, by the objects that hold them.

    Raises:
      KerasfmtError: as `open_checkpoint` does.
    """
    checkpoint = open_at(path)
    names = {name: name.removesuffix(_VALUE) for name in checkpoint if name != OBJECT_GRAPH_KEY}
    kept = {name: short for name, short in names.items() if _is_kept(short, checkpoint)}
    owners: dict[str, list[tuple[str, StoredTensor]]] = {}
    for name, short in names.items():
        if name not in kept:
            owner, _, leaf = short.rpartition("/")
            owners.setdefault(owner, []).append((leaf, checkpoint[name]))
    return Description(
        path=path,
        format="checkpoint",
        title="a TensorFlow checkpoint",
        members=_files(checkpoint),
        facts=(_kind(checkpoint), *_state(checkpoint)),
        rows=rows_of(owners.items(), {}),
        owners="object" if checkpoint.objects else "scope",
        weights="variables",
        optimizer=_optimizer(kept, checkpoint),
    )


def _is_kept(name: str, checkpoint: Checkpoint) -> bool:
    """Whether an optimizer keeps a variable, for others or for itself."""
    return bool(checkpoint.objects) and (_SLOT in name or name.startswith(_OPTIMIZER))


def _optimizer(kept: Mapping[str, str], checkpoint: Checkpoint) -> StoredOptimizer | None:
    found = stored_optimizer(None, [(short, checkpoint[name]) for name, short in kept.items()], 2)
    if found is None:
        return None
    slots = dict.fromkeys(short.rpartition("/")[2] for short in kept.values() if _SLOT in short)
    return StoredOptimizer("", {}, tuple(slots), found.weights)


def _files(checkpoint: Checkpoint) -> dict[str, int]:
    directory, name = os.path.split(checkpoint.prefix)
    beside = (file for file in Path(directory).iterdir() if file.name.startswith(f"{name}."))
    return {file.name: file.stat().st_size for file in sorted(beside) if file.is_file()}


def _kind(checkpoint: Checkpoint) -> str:
    if checkpoint.root is None:
        return "by the names of its variables"
    root = checkpoint.root
    children = ", ".join(list(root.children)[:_CHILDREN]) or "no children"
    return f"{len(checkpoint.objects):,} objects; the root has {children}"


def _state(checkpoint: Checkpoint) -> list[str]:
    state = checkpoint.state
    return [] if state is None else [f"latest of {len(state.all):,}: {checkpoint.prefix}"]
