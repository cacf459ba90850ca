"""Signatures of TensorFlow 1: each names tensors of the main graph, from its inputs to its outputs.

    variables    go by the names of their nodes, in the checkpoint too; a reference stands for its value
    tables       are filled by the main op, which the file names, before a signature that needs them first runs
    assets       the file says which tensors hold their paths

Source: tensorflow/python/saved_model/load_v1_in_v2.py, _EagerSavedModelLoader; loader_impl.py, get_init_op
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.formats.checkpoint.layout import TABLE_PARTS
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.captured import TABLES, Captured, new_table, stored_weight
from kerasfmt.formats.saved_model.stored import StoredModel
from kerasfmt.graph import Function, Spec, Table
from kerasfmt.graph.attr_values import decode_attr
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graphdef.needed import needed_nodes, node_name
from kerasfmt.ir.graph_function import GraphSignature, GraphState

_HANDLES: Final = frozenset({"VarHandleOp"})
_REFERENCES: Final = frozenset({"VariableV2", "Variable"})
_HELD: Final = _HANDLES | _REFERENCES | TABLES
"""The ops of what lies outside of the graph."""


class GraphV1:
    """The main graph of a SavedModel as functions.

    Args:
      stored: the SavedModel.
      captured: gets its variables and tables.
      state: the state of its functions.
    """

    def __init__(self, stored: StoredModel, captured: Captured, state: GraphState) -> None:
        self._stored = stored
        self._nodes = stored.meta.graph_def.node
        self._captured = captured
        self._state = state
        self._where = str(Path(stored.directory) / layout.SAVED_MODEL)
        self._tables: dict[str, Table] = {}
        self._ends: list[str] = []
        self._feeds: set[str] = set()
        self._begun = False
        if not stored.objects:
            tables = {self._key(node) for node in self._nodes if node.op in TABLES}
            parts = {f"{key}{end}" for key in tables for end in TABLE_PARTS}
            for name, tensor in (stored.variables or {}).items():
                if name not in parts:
                    captured.by_key[name] = stored_weight(name, tensor)

    def signature(
        self, name: str, message: Any, inputs: Mapping[str, Spec], outputs: Mapping[str, Spec]
    ) -> GraphSignature:
        """A signature from the tensors that it names."""
        fed = {message.inputs[key].name: spec.dtype for key, spec in inputs.items()}
        if len(fed) != len(inputs):
            raise GraphError(f"{self._where}: signature {name}: two inputs are one tensor")
        wanted = [message.outputs[key].name for key in outputs]
        self._ends += wanted
        self._feeds.update(map(node_name, fed))
        decoded = cache(lambda: self._decoded(name, fed, wanted, ()))

        def prepare() -> tuple[Function, Sequence[Any]]:
            function, held = decoded()
            if any(node.op in TABLES for node in held):
                self._begin()
            return function, self._arguments(function, len(fed), held)

        return GraphSignature(name, dict(inputs), dict(outputs), prepare, self._state)

    def _decoded(
        self, name: str, fed: Mapping[str, DType], wanted: Sequence[str], controls: Sequence[str]
    ) -> tuple[Function, list[Any]]:
        """A part of the graph as a function, and the nodes of what it needs from outside."""
        stops = [*map(node_name, fed), *self._assets]
        needed = needed_nodes(self._nodes, [*wanted, *controls], stops)
        held = [node for node in needed if node.op in _HELD]
        assets = [node for node in self._asset_nodes if node.name not in map(node_name, fed)]
        used = {node_name(tensor) for node in needed for tensor in node.input} | set(map(node_name, wanted))
        held += [node for node in assets if node.name in used]
        inputs = {**fed, **{node.name: self._dtype(node) for node in held}}
        return self._captured.decoder.graph(self._nodes, name, inputs, wanted, controls), held

    def _dtype(self, node: Any) -> DType:
        if node.name in self._assets:
            return dtypes.string
        return dtypes.of(node.attr["dtype"].type) if node.op in _REFERENCES else dtypes.resource

    @cached_property
    def _assets(self) -> dict[str, int]:
        """The numbers of assets by the nodes that hold their paths."""
        if self._stored.objects:
            return {}
        return {node_name(asset.tensor_info.name): number for number, asset in enumerate(self._stored.assets)}

    @cached_property
    def _asset_nodes(self) -> list[Any]:
        return [node for node in self._nodes if node.name in self._assets]

    def _arguments(self, function: Function, inputs: int, held: Sequence[Any]) -> list[Any]:
        if len(function.inputs) != inputs + len(held):
            raise GraphError(f"{self._where}: signature {function.name}: a variable of it is an input too")
        return [self._argument(node) for node in held]

    def _argument(self, node: Any) -> Any:
        """The variable of a node, or its value; a table; or the path of an asset."""
        if node.name in self._assets:
            return self._captured.asset_file(self._assets[node.name]).value
        key = self._key(node)
        if node.op in TABLES:
            return self._table(node, key)
        weight = self._captured.by_key.get(key)
        if weight is None:
            raise GraphError(f"{self._where}: expected a value of the variable {key!r}, got none")
        return weight if node.op in _HANDLES else weight.numpy()

    def _key(self, node: Any) -> str:
        """The name of a variable or a table in the checkpoint, if it is there."""
        name = str(node.name)
        held: Mapping[str, Any] = self._stored.variables or {}
        if name in held or f"{name}{TABLE_PARTS[0]}" in held or "shared_name" not in node.attr:
            return name
        return node.attr["shared_name"].s.decode("utf-8", "surrogateescape") or name

    def _table(self, node: Any, key: str) -> Table:
        found = self._tables.get(node.name)
        if found is None:
            variables: Mapping[str, Any] = self._stored.variables or {}
            parts = [variables.get(f"{key}{end}") for end in TABLE_PARTS]
            stored = None if any(part is None for part in parts) else tuple(parts)
            attrs = {name: decode_attr(node.attr[name]) for name in ("key_dtype", "value_dtype")}
            found = self._tables[node.name] = new_table(
                node.name,
                attrs,
                mutable="Mutable" in node.op,
                initializer=_FromCheckpoint(stored),
                kept=None if stored is None else self._captured.tables,
                key=key,
            )
        return found

    def _begin(self) -> None:
        """Runs the main op, once."""
        if self._begun:
            return
        self._begun = True
        main = self._main_op
        if main is not None:
            function, held = self._decoded("main_op", {}, (), [main])
            self._state.run(function, self._arguments(function, 0, held))

    @cached_property
    def _main_op(self) -> str | None:
        """The node that fills the tables."""
        meta = self._stored.meta
        init = meta.signature_def.get(layout.INIT_OP)
        if init is not None and len(init.outputs):
            return node_name(next(iter(init.outputs.values())).name)
        for name in (layout.MAIN_OP_COLLECTION, layout.LEGACY_INIT_COLLECTION):
            nodes = meta.collection_def[name].node_list.value if name in meta.collection_def else ()
            if nodes:
                return node_name(nodes[0])
        return None

    def needed(self) -> list[Any]:
        """The messages of the nodes that the signatures need, and the main op if they use tables."""
        stops = self._feeds | self._assets.keys()
        found = needed_nodes(self._nodes, self._ends, stops)
        if self._main_op is not None and any(node.op in TABLES for node in found):
            found += needed_nodes(self._nodes, [self._main_op], stops)
        return [node for node in found if node.op not in _HELD]


@dataclass(frozen=True, eq=False)
class _FromCheckpoint:
    """The content that a checkpoint has for a table: none for one that the main op fills."""

    stored: Any

    def content(self, table: Table) -> TableContent:
        made = TableContent(table.key_dtype, table.value_dtype)
        if self.stored is not None:
            made.load(*map(np.asarray, self.stored))
        return made
