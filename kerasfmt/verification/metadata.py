"""What Keras says of the objects of a SavedModel, against the objects; the configs in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from kerasfmt.containers.checked_json import parse_object
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.checkpoint.object_records import ObjectRecord
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.metadata import LayerMetadata
from kerasfmt.verification.config import check_config
from kerasfmt.verification.config_names import is_known_layer
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import consistency, unsafe

_LAYERS: Final = frozenset(
    {"_tf_keras_layer", "_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential", "_tf_keras_rnn_layer"}
)
"""The identifiers of objects whose class is that of a layer or a model."""


def check_metadata(
    findings: Findings, texts: Any, objects: Sequence[ObjectRecord], file: str, assets: Collection[str]
) -> dict[int, LayerMetadata]:
    """Checks what Keras says; gives what could be read, by the numbers of the objects.

    Args:
      findings: what was found.
      texts: keras_metadata.pb; None if there is none.
      objects: the objects of the SavedModel.
      file: saved_model.pb, which holds the texts of Keras 2.2 to 2.4.
      assets: the names of the assets of the model.
    """
    found: dict[int, LayerMetadata] = {}
    where = layout.KERAS_METADATA if texts is not None else file
    for number, path, identifier, text in _entries(texts, objects):
        inside = f"object {number} ({path})"
        if not 0 <= number < len(objects) or number in found:
            fault = (
                "is described twice" if number in found else f"is described; there are {len(objects)} objects"
            )
            findings.add(consistency.METADATA, fault, where, inside)
            continue
        own = objects[number].message.user_object.identifier
        if identifier != own:
            fault = f"expected a {own or 'variable or function'}, got a {identifier}"
            findings.add(consistency.METADATA, fault, where, inside)
        with findings.attempt(where, inside, {CorruptFileError: consistency.METADATA}):
            content = parse_object(text, inside)
            found[number] = LayerMetadata(number, path, identifier, content)
            check_config(findings, content, where, inside, assets)
            kind = str(content.get("class_name"))
            if identifier in _LAYERS and not is_known_layer(kind.rpartition(">")[2]):
                findings.add(
                    unsafe.CUSTOM_OBJECT, f"is of the class {kind}, which is not Keras's own", where, inside
                )
    findings.checked["described objects"] += len(found)
    for each in objects if texts is not None else ():
        identifier = each.message.user_object.identifier
        if identifier.startswith(layout.KERAS_IDENTIFIER) and each.number not in found:
            text = f"is a {identifier}, of which {where} says nothing"
            findings.add(consistency.METADATA_MISSING, text, where, f"object {each.number}")
    return found


def _entries(texts: Any, objects: Sequence[ObjectRecord]) -> Iterator[tuple[int, str, str, str]]:
    """Number, path, identifier and text of each description."""
    if texts is not None:
        for entry in texts.nodes:
            yield entry.node_id, entry.node_path, entry.identifier, entry.metadata
        return
    for each in objects:
        user = each.message.user_object
        if user.metadata and user.identifier.startswith(layout.KERAS_IDENTIFIER):
            yield each.number, "", user.identifier, user.metadata
