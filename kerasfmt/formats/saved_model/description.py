"""The description of a SavedModel, whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.errors import KerasfmtError
from kerasfmt.formats.checkpoint.layout import ATTRIBUTES, OBJECT_GRAPH_KEY, VALUE_ATTRIBUTE
from kerasfmt.formats.description import (
    Description,
    Endpoint,
    Row,
    StoredOptimizer,
    StoredSignature,
    files_below,
    rows_of,
    stored_optimizer,
)
from kerasfmt.formats.ops_used import ops_of_graph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import Place, StoredModel, open_saved_model
from kerasfmt.graph.attr_values import decode_shape

_OPTIMIZER: Final = "optimizer_config"
_VALUE: Final = f"/{ATTRIBUTES}/{VALUE_ATTRIBUTE}"


def describe(path: Path) -> Description:
    """The layers of the model in a SavedModel; its variables by name where Keras did not write it.

    Raises:
      KerasfmtError: as `open_saved_model` does.
    """
    stored = open_saved_model(path)
    said = stored.root.described if stored.objects else {}
    info = stored.meta.meta_info_def
    training = said.get("training_config")
    training = training if isinstance(training, Mapping) else None
    writers = {"keras": said.get("keras_version"), "tensorflow": info.tensorflow_version}
    return Description(
        path=path,
        format="tf",
        title="SavedModel",
        members=files_below(path),
        writers={name: str(version) for name, version in writers.items() if version},
        kind=str(said.get("class_name") or ""),
        name=str(said.get("name") or ""),
        config={key: said[key] for key in ("class_name", "config") if key in said},
        facts=_facts(stored),
        rows=_layers(stored) if stored.described else _by_name(stored),
        owners="layer" if stored.described else "variable",
        signatures=_signatures(stored.meta),
        compiled=training and {key: value for key, value in training.items() if key != _OPTIMIZER},
        optimizer=_optimizer(stored, training),
        graph=stored.meta.graph_def,
        count_ops=partial(ops_of_graph, stored.meta.graph_def),
    )


def _facts(stored: StoredModel) -> tuple[str, ...]:
    said = () if stored.described else ("no Keras model: its signatures and variables alone",)
    tags = [sorted(meta.meta_info_def.tags) for meta in stored.saved.meta_graphs]
    return (*said, f"{len(tags)} graphs with the tags {str(tags)[:200]}") if len(tags) > 1 else said


def _layers(stored: StoredModel) -> tuple[Row, ...]:
    """A row for each object of which Keras says that it is a layer."""
    groups, kinds = [], {}
    for number, said in stored.described.items():
        kind, name = said.content.get("class_name"), str(said.content.get("name"))
        config = said.content.get("config")
        if said.identifier == layout.METRIC or (isinstance(config, Mapping) and "layers" in config):
            continue
        place = stored.at(number)
        groups.append((name, [(child.variable.name, child.tensor) for child in place.variables]))
        kinds[name] = str(kind)
    return rows_of(groups, kinds)


def _by_name(stored: StoredModel) -> tuple[Row, ...]:
    """A row for each variable: its own name, and the path of its object, or its name once more."""
    names = {}
    for number, each in enumerate(stored.objects):
        if each.message.WhichOneof("kind") == "variable" and number in stored.checkpoint_numbers:
            place = stored.at(number)
            names[place.tensor.name] = str(place.variable.name)
    arrays = [] if stored.variables is None else list(stored.variables.items())
    return rows_of(
        [
            (names.get(key) or key, [(key.removesuffix(_VALUE), array)])
            for key, array in arrays
            if key != OBJECT_GRAPH_KEY
        ],
        {},
    )


def _signatures(meta: Any) -> tuple[StoredSignature, ...]:
    return tuple(
        StoredSignature(name, _ends(message.inputs), _ends(message.outputs))
        for name, message in sorted(meta.signature_def.items())
        if name != layout.INIT_OP
    )


def _ends(ends: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(name, _dtype(ends[name].dtype), decode_shape(ends[name].tensor_shape))
        for name in sorted(ends)
    )


def _dtype(number: int) -> str:
    try:
        return dtypes.of(number).name
    except KerasfmtError:
        return f"dtype {number}"


def _optimizer(stored: StoredModel, training: Mapping[str, Any] | None) -> StoredOptimizer | None:
    place = stored.root.child("optimizer") if stored.objects else None
    held = [] if place is None else [(child.variable.name, child.tensor) for child in _kept_by(place)]
    return stored_optimizer((training or {}).get(_OPTIMIZER), held, 2)


def _kept_by(place: Place) -> list[Place]:
    """The variables of an optimizer: those that it lists, or those of a class of `keras.optimizers.legacy`."""
    listed = place.child("_variables")
    if listed is not None and listed.variables:
        return listed.variables
    slots = [place.slot(place.stored.at(original), name) for original, name in place.object.slots]
    return [*place.variables, *(slot for slot in slots if slot is not None)]
