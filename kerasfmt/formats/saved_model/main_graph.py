"""The main graph of a SavedModel: variables, one call per signature, and the functions that save and restore.

TensorFlow 1 style readers run it: they feed `serving_default_<input>:0`, fetch `StatefulPartitionedCall:i`, and
restore by running the saver's restore op with the path of the checkpoint.

Source: tensorflow/python/saved_model/save.py, _fill_meta_graph_def;
tensorflow/python/checkpoint/functional_saver.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.names import readable
from kerasfmt.formats.saved_model.object_graph import VariableNode
from kerasfmt.formats.saved_model.signatures import TracedSignature
from kerasfmt.graph import Builder, Function, Node, Spec, Value, Variable
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graph.ops import checkpoint_io  # noqa: F401  (registers the ops of savers)
from kerasfmt.graphdef.functions import FunctionWriter

_CPU = "/device:CPU:0"
_ANY_CPU = "/device:CPU:*"


def write_main_graph(
    meta: protos.MetaGraphDef,
    functions: FunctionWriter,
    signatures: Mapping[str, TracedSignature],
    variables: Sequence[tuple[str, VariableNode]],
    object_graph: bytes,
) -> None:
    """Writes the graph, its signatures, the init op and the saver into `meta`."""
    graph = Builder("main")
    handles: dict[Variable, Value] = {node.weight: _variable(graph, node) for _, node in variables}
    for key, signature in signatures.items():
        _write_signature(meta.signature_def[key], graph, key, signature, handles)
    init = _node(graph, "NoOp")
    meta.signature_def[layout.INIT_OP].outputs[layout.INIT_OP].name = init.name
    meta.signature_def[layout.INIT_OP].outputs[layout.INIT_OP].tensor_shape.unknown_rank = True
    meta.collection_def[layout.MAIN_OP_COLLECTION].node_list.value.append(init.name)
    text = graph.constant(np.array(object_graph, dtype=object), dtypes.string)
    filename = _placeholder(graph, "saver_filename", Spec((), dtypes.string))
    keys = [key for key, _ in variables]
    weights = [node.weight for _, node in variables]
    captured = [handles[w] for w in weights]
    save = _call(graph, save_function(keys, weights), [filename, text, *captured])
    restore = _call(graph, restore_function(keys, weights), [filename, *captured])
    meta.saver_def.filename_tensor_name = f"{filename.node.name}:0"
    meta.saver_def.save_tensor_name = f"{save.name}:0"
    meta.saver_def.restore_op_name = restore.name
    meta.saver_def.version = 2
    for node in graph.nodes:
        functions.write_node(meta.graph_def.node.add(), node, _tensor_name)


def _tensor_name(value: Value) -> str:
    return value.node.name if value.index == 0 else f"{value.node.name}:{value.index}"


def _node(graph: Builder, op: str, *inputs: object, **options: Any) -> Node:
    """A new node; see `Builder.emit`."""
    graph.emit(op, *inputs, **options)
    return graph.nodes[-1]


def _variable(graph: Builder, node: VariableNode) -> Value:
    weight = node.weight
    name = graph.unique_name(readable(weight.name))
    graph.free_name(name)
    (handle,) = graph.emit(
        "VarHandleOp",
        dtype=weight.dtype,
        shape=weight.shape,
        shared_name=name,
        debug_name=f"{name}/",
        name=name,
    )
    graph.emit("ReadVariableOp", handle, dtype=weight.dtype, name=f"{name}/Read/ReadVariableOp")
    return handle


@dataclass(frozen=True)
class _PerWeight:
    """Makes one node for each weight; those for weights of one shape and dtype differ in names and inputs only."""

    graph: Builder
    made: dict[tuple[str, Spec], Node] = field(default_factory=dict)

    def node(self, op: str, inputs: tuple[Value, ...], weight: Variable) -> Node:
        """The node `op` on tensors or the handle of a weight."""
        like = self.made.get((op, weight.spec))
        if like is not None:
            return self.graph.copy_node(like, inputs, op)
        typed = {"dtype": weight.dtype} if op in ("ReadVariableOp", "AssignVariableOp") else {}
        node = self.made[op, weight.spec] = _node(self.graph, op, *inputs, device=_CPU, **typed)
        return node


def _placeholder(graph: Builder, name: str, spec: Spec) -> Value:
    return graph.emit("Placeholder", dtype=spec.dtype, shape=spec.shape, name=name)[0]


def _call(graph: Builder, function: Function, inputs: Sequence[Value]) -> Node:
    op = "StatefulPartitionedCall" if function.stateful else "PartitionedCall"
    types = {"Tin": [v.dtype for v in inputs], "Tout": [v.dtype for v in function.outputs]}
    return _node(graph, op, list(inputs), f=function, **types)


def _write_signature(
    proto: protos.SignatureDef,
    graph: Builder,
    key: str,
    signature: TracedSignature,
    handles: Mapping[Variable, Value],
) -> None:
    inputs = [
        _placeholder(graph, f"{key}_{name}".replace("/", "_"), spec)
        for name, spec in signature.inputs.items()
    ]
    node = _call(graph, signature.function, [*inputs, *(handles[v] for v in signature.function.variables)])
    for name, value in zip(signature.inputs, inputs, strict=True):
        _tensor_info(proto.inputs[name], f"{value.node.name}:0", value.spec)
    for index, (name, spec) in enumerate(signature.outputs.items()):
        _tensor_info(proto.outputs[name], f"{node.name}:{index}", spec)
    proto.method_name = layout.PREDICT_METHOD


def _tensor_info(proto: protos.TensorInfo, name: str, spec: Spec) -> None:
    proto.name = name
    proto.dtype = spec.dtype.enum
    proto.tensor_shape.CopyFrom(encode_shape(spec.shape))


def _strings(graph: Builder, values: Sequence[str], name: str) -> Value:
    array = np.array([v.encode() for v in values], dtype=object)
    return graph.emit("Const", value=array, dtype=dtypes.string, name=name, device=_CPU)[0]


def _scalar(graph: Builder, value: object, dtype: dtypes.DType, name: str, device: str = _ANY_CPU) -> Value:
    array = np.array(value, dtype=object if dtype is dtypes.string else dtype.numpy)
    return graph.emit("Const", value=array, dtype=dtype, name=name, device=device)[0]


def save_function(keys: Sequence[str], weights: Sequence[Variable]) -> Function:
    """Writes every variable, and the object graph, into a checkpoint; returns its prefix.

    Inputs: the prefix, a string; the serialized object graph, a string.
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
    values = []
    nodes = _PerWeight(graph)
    for index, weight in enumerate(weights):
        with graph.scope("Read" if index == 0 else f"Read_{index}"):
            handle = graph.capture(weight)
            off = nodes.node("DisableCopyOnRead", (handle,), weight)
            read = nodes.node("ReadVariableOp", (handle,), weight)
            read.controls.append(off)
        values.append(nodes.node("Identity", read.outputs, weight).outputs[0])
    names = [*keys, layout.OBJECT_GRAPH_KEY]
    tensor_names = _strings(graph, names, "SaveV2/tensor_names")
    slices = _strings(graph, [""] * len(names), "SaveV2/shape_and_slices")
    types = [*(w.dtype for w in weights), dtypes.string]
    saved = [*values, text]
    save = _node(graph, "SaveV2", filename, tensor_names, slices, saved, dtypes=types, device=_CPU)
    prefixes = _node(graph, "Pack", [filename], name="MergeV2Checkpoints/checkpoint_prefixes", device=_CPU)
    prefixes.controls.append(save)
    merge = _node(graph, "MergeV2Checkpoints", prefixes.outputs[0], prefix, device=_CPU)
    (done,) = graph.emit("Identity", prefix, device=_CPU)
    done.node.controls.append(merge)
    return graph.finish([done])


def restore_function(keys: Sequence[str], weights: Sequence[Variable]) -> Function:
    """Assigns every variable from a checkpoint; takes and returns its prefix, a string."""
    graph = Builder("_traced_restore")
    prefix = graph.input(Spec((), dtypes.string), "file_prefix")
    names = [*keys, layout.OBJECT_GRAPH_KEY]
    tensor_names = _strings(graph, names, "RestoreV2/tensor_names")
    slices = _strings(graph, [""] * len(names), "RestoreV2/shape_and_slices")
    types = [*(w.dtype for w in weights), dtypes.string]
    values = graph.emit("RestoreV2", prefix, tensor_names, slices, dtypes=types, device=_CPU)
    assigned = []
    nodes = _PerWeight(graph)
    for weight, value in zip(weights, values, strict=False):
        (same,) = nodes.node("Identity", (value,), weight).outputs
        assigned.append(nodes.node("AssignVariableOp", (graph.capture(weight), same), weight))
    (done,) = graph.emit("Identity", prefix, device=_CPU)
    done.node.controls.extend(assigned)
    return graph.finish([done])
