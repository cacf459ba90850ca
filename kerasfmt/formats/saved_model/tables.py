"""The functions of tables: TensorFlow makes, fills and drops a table with them.

| function | what it does |
|---|---|
| _create_resource | makes the table and returns its handle |
| _initialize | fills it; returns 1 |
| _destroy_resource | returns 1 |
| save_fn | gives its keys and its values, with their names in a checkpoint; of a mutable table |
| restore_fn | fills it with keys and values; of a mutable table |

Source: tensorflow/python/trackable/resource.py, CapturableResource._trackable_children.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.layout import TABLE_PARTS
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction, name_outputs
from kerasfmt.graph import Builder, KeyValues, Spec, Table, Value, ops
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Layer
from kerasfmt.ir.asset import TextFile
from kerasfmt.ir.structure import flatten, map_structure
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class TableFunctions:
    """The functions of one table.

    Attributes:
      shared_name: the name of the table in the runtime, which no other table of the file has.
      create: makes it.
      initialize: fills it.
      destroy: drops it.
      save: gives what a checkpoint holds of it; None where that is nothing.
      restore: takes what a checkpoint holds of it.
    """

    shared_name: str
    create: PolymorphicFunction
    initialize: PolymorphicFunction
    destroy: PolymorphicFunction
    save: ConcreteFunction | None
    restore: ConcreteFunction | None


def plan_tables(layers: Iterable[Layer]) -> Mapping[Table, TableFunctions]:
    """The functions of every table that the layers own."""
    return functions_of(table for layer in layers for table in layer.tables.values())


def functions_of(tables: Iterable[Table]) -> Mapping[Table, TableFunctions]:
    """The functions of tables, each listed once."""
    return {table: _functions(table, number) for number, table in enumerate(dict.fromkeys(tables))}


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
        _save(table) if table.mutable else None,
        _restore(table) if table.mutable else None,
    )


def _save(table: Table) -> ConcreteFunction:
    graph = Builder("save_fn")
    key = graph.input(Spec((), dtypes.string), "checkpoint_key")
    exported = emit_export(graph, graph.capture(table, "table_handle"), table, "MutableHashTable")
    outputs = [
        {
            "name": ops.string_join([key, np.array(suffix, object)]),
            "slice_spec": graph.constant(""),
            "tensor": tensor,
        }
        for suffix, tensor in zip(TABLE_PARTS, exported, strict=True)
    ]
    return ConcreteFunction(
        graph.finish(flatten(outputs)),
        graph.name,
        inputs=((key.spec.with_name("checkpoint_key"),), {}),
        outputs=name_outputs(map_structure(lambda value: value.spec, outputs)),
        arg_spec=ArgSpec(("checkpoint_key",)),
        keywords=("checkpoint_key",),
        positional=1,
    )


def _restore(table: Table) -> ConcreteFunction:
    graph = Builder("restore_fn")
    names = ("restored_tensors_0", "restored_tensors_1")
    parts = zip(names, (table.key_dtype, table.value_dtype), strict=True)
    keys, values = (graph.input(Spec(None, dtype), name) for name, dtype in parts)
    graph.emit("LookupTableImportV2", table, keys, values)
    done = _one(graph)
    return ConcreteFunction(
        graph.finish([done]),
        graph.name,
        inputs=(tuple(v.spec.with_name(name) for v, name in zip((keys, values), names, strict=True)), {}),
        outputs=done.spec.with_name("unknown"),
        arg_spec=ArgSpec(names),
        keywords=names,
        positional=2,
    )


def emit_export(graph: Builder, handle: Value, table: Table, name: str) -> tuple[Value, ...]:
    """The keys and the values of a table, as a checkpoint takes them.

    Args:
      graph: the graph.
      handle: the handle of the table.
      table: the table.
      name: what the name of the node begins with.
    """
    return graph.emit(
        "LookupTableExportV2",
        handle,
        Tkeys=table.key_dtype,
        Tvalues=table.value_dtype,
        name=f"{name}_lookup_table_export_values/LookupTableExportV2",
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
