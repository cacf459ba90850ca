"""The functions that save the variables of a model to a checkpoint, and restore them.

They hold the checkpoint's keys, so they are made after the objects have their paths.

Source: tensorflow/python/checkpoint/functional_saver.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, TABLE_PARTS
from kerasfmt.graph import Builder, Function, Node, Spec, Table, Value, Variable
from kerasfmt.graph.ops import checkpoint_io  # noqa: F401  (registers the ops of savers)
from kerasfmt.typing import record

_CPU: Final = "/device:CPU:0"
_ANY_CPU: Final = "/device:CPU:*"


def emit_node(graph: Builder, op: str, *inputs: object, **options: Any) -> Node:
    """A new node, which may have no outputs; see `Builder.emit`."""
    graph.emit(op, *inputs, **options)
    return graph.nodes[-1]


@record(frozen=True, eq=False)
class _PerWeight:
    """Makes one node for each weight; nodes for weights of one shape and dtype differ in names and inputs only."""

    graph: Builder
    made: dict[tuple[str, tuple[int, ...], dtypes.DType], Node] = field(default_factory=dict)

    def node(self, op: str, inputs: tuple[Value, ...], weight: Variable) -> Node:
        """The node `op` on tensors or the handle of a weight."""
        kind = (op, weight.shape, weight.dtype)
        like = self.made.get(kind)
        if like is not None:
            return self.graph.copy_node(like, inputs, op)
        typed = {"dtype": weight.dtype} if op in ("ReadVariableOp", "AssignVariableOp") else {}
        node = self.made[kind] = emit_node(self.graph, op, *inputs, device=_CPU, **typed)
        return node


def _strings(graph: Builder, values: Sequence[str], name: str) -> Value:
    array = np.array([v.encode() for v in values], dtype=object)
    return graph.emit("Const", value=array, dtype=dtypes.string, name=name, device=_CPU)[0]


def _scalar(graph: Builder, value: object, dtype: dtypes.DType, name: str, device: str = _ANY_CPU) -> Value:
    array = np.array(value, dtype=object if dtype is dtypes.string else dtype.numpy)
    return graph.emit("Const", value=array, dtype=dtype, name=name, device=device)[0]


Stored: TypeAlias = Mapping[str, Variable | Table]
"""Each variable by its checkpoint key; each table by what its two keys begin with."""


def checkpoint_names(stored: Stored) -> list[str]:
    """Every key of a checkpoint: of a table two."""
    return [
        f"{key}{end}"
        for key, one in stored.items()
        for end in (TABLE_PARTS if isinstance(one, Table) else ("",))
    ]


def _types(stored: Stored) -> list[dtypes.DType]:
    return [
        dtype
        for one in stored.values()
        for dtype in ((one.key_dtype, one.value_dtype) if isinstance(one, Table) else (one.dtype,))
        if isinstance(one, Table | Variable)
    ]


def save_function(stored: Stored) -> Function:
    """Writes every variable, every table and the object graph into a checkpoint; returns its prefix.

    Inputs: the prefix, a string; the serialized object graph, a string; the keys and the values of each table.
    """
    graph = Builder("_traced_save")
    prefix = graph.input(Spec((), dtypes.string), "file_prefix")
    text = graph.input(Spec((), dtypes.string), "savev2_const")
    (remote,) = graph.emit("StaticRegexFullMatch", prefix, pattern="^s3://.*", device=_ANY_CPU)
    part = _scalar(graph, b".part", dtypes.string, "Const")
    temporary = _scalar(graph, b"_temp/part", dtypes.string, "Const")
    (suffix,) = graph.emit("Select", remote, part, temporary, device=_ANY_CPU)
    (joined,) = graph.emit("StringJoin", [prefix, suffix], device=_ANY_CPU)
    shards = _scalar(graph, 1, dtypes.int32, "num_shards", "")
    shard = _scalar(graph, 0, dtypes.int32, "ShardedFilename/shard", _CPU)
    (filename,) = graph.emit("ShardedFilename", joined, shard, shards, device=_CPU)
    tables = {
        table: [
            graph.input(Spec(None, dtype), f"savev2_table{part}")
            for part, dtype in zip(TABLE_PARTS, (table.key_dtype, table.value_dtype), strict=True)
        ]
        for table in stored.values()
        if isinstance(table, Table)
    }
    values: list[Value] = []
    nodes = _PerWeight(graph)
    index = 0
    for weight in stored.values():
        if isinstance(weight, Table):
            values += tables[weight]
            continue
        with graph.scope("Read" if index == 0 else f"Read_{index}"):
            handle = graph.capture(weight)
            off = nodes.node("DisableCopyOnRead", (handle,), weight)
            read = nodes.node("ReadVariableOp", (handle,), weight)
            read.controls.append(off)
        values.append(nodes.node("Identity", read.outputs, weight).outputs[0])
        index += 1
    names = [*checkpoint_names(stored), OBJECT_GRAPH_KEY]
    tensor_names = _strings(graph, names, "SaveV2/tensor_names")
    slices = _strings(graph, [""] * len(names), "SaveV2/shape_and_slices")
    types = [*_types(stored), dtypes.string]
    saved = [*values, text]
    save = emit_node(graph, "SaveV2", filename, tensor_names, slices, saved, dtypes=types, device=_CPU)
    prefixes = emit_node(
        graph, "Pack", [filename], name="MergeV2Checkpoints/checkpoint_prefixes", device=_CPU
    )
    prefixes.controls.append(save)
    merge = emit_node(graph, "MergeV2Checkpoints", prefixes.outputs[0], prefix, device=_CPU)
    (done,) = graph.emit("Identity", prefix, device=_CPU)
    done.node.controls.append(merge)
    return graph.finish([done])


def restore_function(stored: Stored) -> Function:
    """Assigns every variable and fills every table from a checkpoint; takes and returns its prefix, a string."""
    graph = Builder("_traced_restore")
    prefix = graph.input(Spec((), dtypes.string), "file_prefix")
    names = [*checkpoint_names(stored), OBJECT_GRAPH_KEY]
    tensor_names = _strings(graph, names, "RestoreV2/tensor_names")
    slices = _strings(graph, [""] * len(names), "RestoreV2/shape_and_slices")
    types = [*_types(stored), dtypes.string]
    values = iter(graph.emit("RestoreV2", prefix, tensor_names, slices, dtypes=types, device=_CPU))
    assigned = []
    nodes = _PerWeight(graph)
    for weight in stored.values():
        if isinstance(weight, Table):
            handle, name = graph.capture(weight), "MutableHashTable_table_restore/LookupTableImportV2"
            assigned.append(
                emit_node(graph, "LookupTableImportV2", handle, next(values), next(values), name=name)
            )
            continue
        (same,) = nodes.node("Identity", (next(values),), weight).outputs
        assigned.append(nodes.node("AssignVariableOp", (graph.capture(weight), same), weight))
    (done,) = graph.emit("Identity", prefix, device=_CPU)
    done.node.controls.extend(assigned)
    return graph.finish([done])
