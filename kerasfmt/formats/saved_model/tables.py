"""The functions of tables: TensorFlow makes, fills and drops a table with them.

| function | what it does |
|---|---|
| _create_resource | makes the table and returns its handle |
| _initialize | fills it; returns 1 |
| _destroy_resource | returns 1 |

Source: tensorflow/python/trackable/resource.py, CapturableResource._trackable_children.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.graph import Builder, KeyValues, Table, Value
from kerasfmt.ir import Layer
from kerasfmt.ir.asset import TextFile


@dataclass(frozen=True, eq=False)
class TableFunctions:
    """The functions of one table.

    Attributes:
      shared_name: the name of the table in the runtime, which no other table of the file has.
      create: makes it.
      initialize: fills it.
      destroy: drops it.
    """

    shared_name: str
    create: PolymorphicFunction
    initialize: PolymorphicFunction
    destroy: PolymorphicFunction


def plan_tables(layers: Iterable[Layer]) -> Mapping[Table, TableFunctions]:
    """The functions of every table that the layers own."""
    tables = dict.fromkeys(table for layer in layers for table in layer.tables.values())
    return {table: _functions(table, number) for number, table in enumerate(tables)}


def _functions(table: Table, number: int) -> TableFunctions:
    shared_name = f"table_{number}" if table.mutable else str(number)
    creator = Builder("_creator")
    handle = emit_table(creator, table, shared_name)
    initializer = Builder("_initializer")
    _fill(initializer, table)
    return TableFunctions(
        shared_name,
        _polymorphic(creator, handle),
        _polymorphic(initializer, _one(initializer)),
        _polymorphic(destroyer := Builder("_destroyer"), _one(destroyer)),
    )


def emit_table(graph: Builder, table: Table, shared_name: str) -> Value:
    """The node that makes a table; its value is the handle.

    Args:
      graph: the graph.
      table: the table.
      shared_name: its name in the runtime.
    """
    op, name = ("MutableHashTableV2", "MutableHashTable") if table.mutable else ("HashTableV2", "hash_table")
    (handle,) = graph.emit(
        op, name=name, shared_name=shared_name, key_dtype=table.key_dtype, value_dtype=table.value_dtype
    )
    return handle


def _fill(graph: Builder, table: Table) -> None:
    """Makes the node that fills a table, where something does."""
    found = table.initializer
    if isinstance(found, KeyValues):
        with graph.scope("key_value_init"):
            graph.emit("LookupTableImportV2", table, found.keys, found.values)
    elif isinstance(found, TextFile):
        path = graph.capture(found.file, "text_file_init/asset_filepath")
        with graph.scope("text_file_init"):
            graph.emit(
                "InitializeTableFromTextFileV2",
                table,
                path,
                key_index=found.key_index,
                value_index=found.value_index,
                offset=found.offset,
            )


def _one(graph: Builder) -> Value:
    return graph.constant(1, dtypes.int32)


def _polymorphic(graph: Builder, output: Value) -> PolymorphicFunction:
    outputs = output.spec.with_name("unknown")
    trace = ConcreteFunction(graph.finish([output]), graph.name, ((), {}), outputs, input_signature=())
    return PolymorphicFunction((trace,), input_signature=())
