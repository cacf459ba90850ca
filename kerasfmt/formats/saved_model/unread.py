"""What a SavedModel of Keras holds beside the model that is read from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.layer_functions import ALL_LOSSES, LOSSES, OUTPUTS, PENALTY
from kerasfmt.formats.saved_model.objects import DEFAULT
from kerasfmt.formats.saved_model.stored import StoredModel, open_saved_model
from kerasfmt.layers.convolution import COMPILED
from kerasfmt.printable import printable

_OWN: Final = frozenset({OUTPUTS, LOSSES, ALL_LOSSES, PENALTY, DEFAULT, COMPILED})
"""The functions that Keras traces, which follow from the layers."""
_FUNCTIONS: Final = ("function", "bare_concrete_function")


def unread(path: Path) -> Iterator[str]:
    """A sentence for each thing that is left out, beside the signatures, of which the reader warns.

    Raises:
      KerasfmtError: as `open_saved_model` does.
    """
    stored = open_saved_model(path)
    if len(stored.saved.meta_graphs) > 1:
        tags = [
            sorted(meta.meta_info_def.tags) for meta in stored.saved.meta_graphs if meta is not stored.meta
        ]
        yield printable(f"{path}: graphs with other tags are left out: {str(tags)[:200]}")
    functions = list(_functions(stored))
    if functions:
        yield printable(f"{path}: functions of its own are left out: {', '.join(functions)[:200]}")
    if (path / layout.ASSETS_EXTRA).is_dir():
        yield printable(f"{path}: the folder {layout.ASSETS_EXTRA}, which belongs to its users, is left out")


def _functions(stored: StoredModel) -> Iterator[str]:
    """The paths of the functions that layers track beside Keras's own."""
    for number, said in stored.described.items():
        if said.identifier == layout.METRIC:
            continue
        for name, child in stored.at(number).children.items():
            if name not in _OWN and child.object.message.WhichOneof("kind") in _FUNCTIONS:
                yield f"{said.content.get('name')}.{name}"
