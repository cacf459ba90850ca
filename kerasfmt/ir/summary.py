"""The table that `Model.summary` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from kerasfmt.ir.structure import flatten
from kerasfmt.printable import printable

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer
    from kerasfmt.ir.tensor import Call
    from kerasfmt.ir.weight import Weight


class Summarized(Protocol):
    """What the table needs of a model."""

    name: str

    @property
    def network(self) -> Sequence[Call]:
        """The layer calls, in the order in which they run."""

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers."""

    @property
    def trainable_weights(self) -> Sequence[Weight]:
        """The weights that training changes."""

    def count_params(self) -> int:
        """Number of elements of all weights."""


def summary(model: Summarized) -> str:
    """Layers, output shapes and parameter counts as a text table, with the totals below."""
    rows = [("Layer (type)", "Output shape", "Params", "Connected to")]
    members = {id(call) for call in model.network}
    for layer in model.layers:
        calls = [call for call in layer.calls if id(call) in members]
        shapes = [str(t.shape) for call in calls for t in flatten(call.outputs)]
        origins = [t.origin.layer.name for call in calls for t in call.tensor_inputs]
        name = printable(f"{layer.name} ({layer.class_label})")
        row = (name, ", ".join(shapes), f"{layer.count_params():,}", printable(", ".join(origins)))
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    rule = "-" * max(len(line) for line in lines)
    total = model.count_params()
    trainable = sum(_size(w.shape) for w in model.trainable_weights)
    return "\n".join(
        [
            f'Model "{printable(model.name)}"',
            rule,
            lines[0],
            rule,
            *lines[1:],
            rule,
            f"Parameters: {total:,}  trainable: {trainable:,}  not trainable: {total - trainable:,}",
        ]
    )


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for dim in shape:
        size *= dim
    return size
