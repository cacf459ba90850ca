"""Lookup tables: what makes them, fills them, and finds values in them.

A kernel gets the table's content in place of the handle, and changes it in place where the op writes. TensorFlow orders
every op on a table after the one before, as if all of them wrote.

Source: tensorflow/core/ops/lookup_ops.cc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.errors import GraphError
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, scalar
from kerasfmt.graph.resource import Table
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graph.text_table import column, lines_of
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override

for _name in ("HashTableV2", "MutableHashTableV2", "AnonymousHashTable", "AnonymousMutableHashTable"):
    declare(_name, scalar, effect=Effect.WRITES)


class UsesTable(Op):
    """Base of ops on a table; its handle is the first operand."""

    effect = Effect.WRITES

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, table: Table, *operands: Any) -> Sequence[Any]:
        return super().execute(context, node, context.table(table), *operands)

    @classmethod
    @override
    def has_kernel(cls, attrs: Mapping[str, Any] | None = None) -> bool:
        return cls.run is not Op.run


@register("LookupTableFindV2")
class LookupTableFindV2(UsesTable):
    """The value of each key, or the default."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, keys: Value, default: Value) -> list[Shape]:
        if default.shape not in ((), None):
            raise ValueError(f"expected a default value without dimensions, got shape {default.shape}")
        return [keys.shape]

    @staticmethod
    @override
    def run(attrs: Attrs, content: TableContent, keys: Array, default: Array) -> list[Array]:
        return [content.find(keys, default)]


def _infer_pairs(attrs: Attrs, handle: Value, keys: Value, values: Value) -> list[Shape]:
    if keys.shape is not None and values.shape is not None and len(keys.shape) != len(values.shape):
        raise ValueError(f"expected a value for each key, got shapes {keys.shape} and {values.shape}")
    return []


def _insert(attrs: Attrs, content: TableContent, keys: Array, values: Array) -> list[Array]:
    content.insert(keys, values)
    return []


def _import(attrs: Attrs, content: TableContent, keys: Array, values: Array) -> list[Array]:
    content.load(keys, values)
    return []


def _remove(attrs: Attrs, content: TableContent, keys: Array) -> list[Array]:
    content.remove(keys)
    return []


declare("LookupTableInsertV2", _infer_pairs, _insert, base=UsesTable)
declare("LookupTableImportV2", _infer_pairs, _import, base=UsesTable)
declare("LookupTableRemoveV2", lambda attrs, handle, keys: [], _remove, base=UsesTable)
declare(
    "LookupTableExportV2",
    lambda attrs, handle: [None, None],
    lambda attrs, content: [*content.export()],
    base=UsesTable,
)
declare(
    "LookupTableSizeV2", scalar, lambda attrs, content: [np.array(len(content), np.int64)], base=UsesTable
)


@register("InitializeTableV2")
class InitializeTableV2(UsesTable):
    """Fills a table that nothing changes afterwards."""

    infer = staticmethod(_infer_pairs)

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, table: Table, *operands: Any) -> Sequence[Any]:
        context.table(table).load(*operands)
        return []

    @classmethod
    @override
    def has_kernel(cls, attrs: Mapping[str, Any] | None = None) -> bool:
        return True


@register("InitializeTableFromTextFileV2")
class InitializeTableFromTextFileV2(UsesTable):
    """Fills a table from the lines of an asset."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, filename: Value) -> list[Shape]:
        return []

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, table: Table, *operands: Any) -> Sequence[Any]:
        attrs: Attrs = node.attrs
        (path,) = operands
        lines = lines_of(context.file(bytes(path[()])))
        if attrs["vocab_size"] >= 0:
            if len(lines) < attrs["vocab_size"]:
                raise ValueError(f"expected {attrs['vocab_size']} lines in the file, got {len(lines)}")
            lines = lines[: attrs["vocab_size"]]
        delimiter = str(attrs["delimiter"]).encode()
        keys, values = (
            column(lines, attrs[name], dtype, delimiter=delimiter, offset=attrs["offset"])
            for name, dtype in (("key_index", table.key_dtype), ("value_index", table.value_dtype))
        )
        context.table(table).load(keys, values)
        return []

    @classmethod
    @override
    def has_kernel(cls, attrs: Mapping[str, Any] | None = None) -> bool:
        return True


def lookup_table_find(table: Table, keys: Value) -> Value:
    """The values of `keys` in a table, or its default: the shape of `keys`, the dtype of the table's values.

    Raises:
      GraphError: the keys have another dtype than those of the table.

    Source: tensorflow/python/ops/lookup_ops.py, InitializableLookupTableBase.lookup.
    """
    if keys.dtype is not table.key_dtype:
        raise GraphError(f"table {table.name}: its keys are {table.key_dtype.name}, got {keys.dtype.name}")
    return emit_one("LookupTableFindV2", table, keys, table.default, name="None_Lookup/LookupTableFindV2")
