"""The vocabularies of lookups in a SavedModel: each lies in a table, `lookup_table` of the layer's object.

    learned, or given as a list    the tokens are constants, which `_initialize` enters
    given as a file                the file is an asset, from which `_initialize` fills the table
    TensorFlow 2.3 to 2.7          the tokens lie in the checkpoint, of a mutable table that may be called `_table`

The config of the model names the file of a vocabulary too, as a path on the machine that saved the model. It is not
opened.

Source: tf_keras/src/layers/preprocessing/index_lookup.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.saved_model.captured import INITIALIZE, Captured, decoder_of
from kerasfmt.formats.saved_model.stored import Place, StoredModel
from kerasfmt.formats.saved_model.weights import Matched
from kerasfmt.graph import EagerConstant, KeyValues, Table
from kerasfmt.graph.resource import TableInitializer
from kerasfmt.graph.text_table import LINE_NUMBER, WHOLE_LINE
from kerasfmt.ir.asset import Asset, TextFile
from kerasfmt.layers.index_lookup import IndexLookup

_TABLES: Final = ("lookup_table", "_table")


def without_path(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config of a layer in a SavedModel without the path of its vocabulary, which an asset holds."""
    if not isinstance(config.get("vocabulary"), str):
        return config
    return {**config, "vocabulary": None, "has_input_vocabulary": True}


def give_vocabularies(stored: StoredModel, matched: Matched) -> None:
    """Gives the lookups of a model the vocabularies that their configs do not have.

    Args:
      stored: the SavedModel.
      matched: the objects of the layers.

    Raises:
      KerasfmtError: a table cannot be read, or is not a vocabulary of its layer.
    """
    lookups = {
        layer: place
        for layer, place in matched.layers.items()
        if isinstance(layer, IndexLookup) and layer.lookup_table.initializer is None
    }
    if not lookups:
        return
    captured = Captured(stored, decoder_of(stored))
    for layer, place in lookups.items():
        found = next(filter(None, map(place.child, _TABLES)), None)
        if found is None:
            raise InvalidModelError(
                f"{place.where}: layer {layer.name} ({type(layer).__name__}): expected a table with its vocabulary, "
                f"got none among {', '.join(place.children)[:200]}"
            )
        layer.restore_table(_initializer(captured, found, layer.lookup_table))


def _initializer(captured: Captured, place: Place, table: Table) -> TableInitializer:
    """What fills a table: a file if the table is filled from one, else the tokens themselves."""
    file = _file(captured, place)
    if file is not None:
        return file
    keys, values = captured.table(place.number).first_content().export()
    return KeyValues(
        EagerConstant(f"{table.name}/keys", keys, table.key_dtype),
        EagerConstant(f"{table.name}/values", values, table.value_dtype),
    )


def _file(captured: Captured, place: Place) -> TextFile | None:
    """The file that a table is filled from, line by line; None where it is filled otherwise."""
    name = captured.function_of(place, INITIALIZE)
    if name is None:
        return None
    nodes = captured.decoder.function(name).nodes
    node = next((node for node in nodes if node.op == "InitializeTableFromTextFileV2"), None)
    numbers = captured.stored.meta.object_graph_def.concrete_functions[name].bound_inputs
    kinds = {captured.stored.objects[n].message.WhichOneof("kind"): n for n in numbers}
    if node is None or "asset" not in kinds or node.attrs["vocab_size"] != -1:
        return None
    attrs: Mapping[str, Any] = node.attrs
    columns = (attrs["key_index"], attrs["value_index"])
    if {*columns} != {LINE_NUMBER, WHOLE_LINE}:
        return None
    asset: Asset = captured.asset(kinds["asset"])
    return TextFile(asset, *columns, attrs["offset"])
