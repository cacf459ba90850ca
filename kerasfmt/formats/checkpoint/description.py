"""What `kerasfmt inspect` tells of a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.reader import Checkpoint, open_at
from kerasfmt.formats.description import Description, Row, StoredWeight, byte_size

_VALUE: Final = f"/{layout.ATTRIBUTES}/{VALUE_ATTRIBUTE}"


def describe(path: Path) -> Description:
    """The variables of a checkpoint, by the objects that hold them.

    Raises:
      KerasfmtError: as `open_checkpoint` does.
    """
    checkpoint = open_at(path)
    owners: dict[str, list[StoredWeight]] = {}
    for name, tensor in checkpoint.items():
        if name != OBJECT_GRAPH_KEY:
            owner, _, leaf = name.removesuffix(_VALUE).rpartition("/")
            owners.setdefault(owner, []).append(_weight(leaf, tensor))
    rows = tuple(Row(owner, "", tuple(held)) for owner, held in owners.items())
    size, nbytes = sum(row.size for row in rows), sum(row.nbytes for row in rows)
    return Description(
        (
            f"{path}: a TensorFlow checkpoint, {_kind(checkpoint)}",
            *_state(checkpoint),
            f"total: {sum(map(len, owners.values())):,} variables, {size:,} elements, {byte_size(nbytes)}",
        ),
        rows,
        owners="object" if checkpoint.objects else "scope",
        weights="variables",
    )


def _kind(checkpoint: Checkpoint) -> str:
    if checkpoint.root is None:
        return "by the names of its variables"
    root = checkpoint.root
    return f"{len(checkpoint.objects):,} objects; the root has {', '.join(list(root.children)[:8]) or 'no children'}"


def _state(checkpoint: Checkpoint) -> list[str]:
    state = checkpoint.state
    if state is None:
        return []
    return [f"latest of {len(state.all):,}: {checkpoint.prefix}"]


def _weight(name: str, tensor: StoredTensor) -> StoredWeight:
    return StoredWeight(name, tensor.tensor_dtype.name, tensor.shape, tensor.nbytes)
