"""A readable description of a SavedModel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kerasfmt.formats.description import Description, Row, byte_size, model_line, rows_of
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import StoredModel, open_saved_model

_LARGEST_LIST: Final = 8


def describe(path: Path) -> Description:
    """The layers of the model in a SavedModel; its variables by name where Keras did not write it.

    Raises:
      KerasfmtError: as `open_saved_model` does.
    """
    stored = open_saved_model(path)
    rows = _layers(stored) if stored.described else _by_name(stored)
    size, nbytes = sum(row.size for row in rows), sum(row.nbytes for row in rows)
    said = stored.root.described if stored.objects else {}
    info = stored.meta.meta_info_def
    total = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Description(
        (
            f"{path}: SavedModel, {byte_size(total)}, written by TensorFlow {info.tensorflow_version or 'unknown'}",
            _model(said),
            f"signatures: {_signatures(stored.meta)}",
            f"total: {len(rows):,} {'layers' if stored.described else 'variables'}, {size:,} parameters, "
            f"{byte_size(nbytes)}",
            f"compiled: {'yes' if said.get('training_config') else 'no'}, "
            f"{_optimizer_variables(stored):,} optimizer variables",
        ),
        rows,
        owners="layer" if stored.described else "variable",
    )


def _model(said: Mapping[str, Any]) -> str:
    if not said:
        return "model: not written by Keras 2"
    name = {"name": str(said.get("name", ""))}
    version = said.get("keras_version")
    return model_line(
        {"class_name": said.get("class_name"), "config": name}, None if version is None else str(version)
    )


def _layers(stored: StoredModel) -> tuple[Row, ...]:
    """A row for each object of which Keras says that it is a layer."""
    groups, kinds = [], {}
    for number, said in stored.described.items():
        kind, name = said.content.get("class_name"), str(said.content.get("name"))
        if said.identifier == layout.METRIC or "layers" in (said.content.get("config") or {}):
            continue
        place = stored.at(number)
        groups.append((name, [(child.variable.name, child.tensor) for child in place.variables]))
        kinds[name] = str(kind)
    return rows_of(groups, kinds)


def _by_name(stored: StoredModel) -> tuple[Row, ...]:
    arrays = [] if stored.variables is None else list(stored.variables.items())
    return rows_of([(name, [(name, array)]) for name, array in arrays], {})


def _signatures(meta: Any) -> str:
    names = [name for name in sorted(meta.signature_def) if name != layout.INIT_OP]
    told = []
    for name in names[:_LARGEST_LIST]:
        signature = meta.signature_def[name]
        told.append(
            f"{name}({', '.join(sorted(signature.inputs))}) -> {', '.join(sorted(signature.outputs))}"
        )
    more = f"; and {len(names) - _LARGEST_LIST} more" if len(names) > _LARGEST_LIST else ""
    return "; ".join(told) + more or "none"


def _optimizer_variables(stored: StoredModel) -> int:
    optimizer = stored.root.child("optimizer") if stored.objects else None
    if optimizer is None:
        return 0
    listed = optimizer.child("_variables")
    return len(listed.children if listed else optimizer.object.slots)
