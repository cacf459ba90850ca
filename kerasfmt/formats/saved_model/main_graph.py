"""The main graph of a SavedModel: variables, one call per signature, and the functions that save and restore.

TensorFlow 1 style readers run it: they feed `serving_default_<input>:0`, fetch `StatefulPartitionedCall:i`, and
restore by running the saver's restore op with the path of the checkpoint.

Source: tensorflow/python/saved_model/save.py, _fill_meta_graph_def.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.saver import emit_node, restore_function, save_function
from kerasfmt.formats.saved_model.signatures import PlannedSignature
from kerasfmt.graph import Builder, Function, Node, Spec, Value, Variable
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graphdef.functions import FunctionEncoder

Ends = Mapping[str, tuple[str, Spec]]
"""The tensors of a signature by name: the name of each in the main graph, and its spec."""


@dataclass(frozen=True, eq=False)
class MainGraph:
    """The nodes, and the entry points that readers look for.

    Attributes:
      nodes: the nodes, each after the nodes that it needs.
      signatures: the inputs and the outputs of each signature.
      init: the init op.
      filename: the placeholder of the checkpoint's path.
      save: the call that saves.
      restore: the call that restores.
    """

    nodes: Sequence[Node]
    signatures: Mapping[str, tuple[Ends, Ends]]
    init: str
    filename: str
    save: str
    restore: str


def build_main_graph(
    signatures: Mapping[str, PlannedSignature], variables: Mapping[str, VariableNode], object_graph: bytes
) -> MainGraph:
    """The main graph.

    Args:
      signatures: the signatures.
      variables: the variables by their checkpoint keys.
      object_graph: the serialized object graph, which the checkpoint holds too.
    """
    graph = Builder("main")
    handles: dict[Variable, Value] = {node.weight: _variable(graph, node) for node in variables.values()}
    ends = {key: _add_signature(graph, key, signature, handles) for key, signature in signatures.items()}
    init = emit_node(graph, "NoOp")
    text = graph.constant(np.array(object_graph, dtype=object), dtypes.string)
    filename = _placeholder(graph, "saver_filename", Spec((), dtypes.string))
    keys, weights = list(variables), [node.weight for node in variables.values()]
    captured = [handles[w] for w in weights]
    save = _call(graph, save_function(keys, weights), [filename, text, *captured])
    restore = _call(graph, restore_function(keys, weights), [filename, *captured])
    return MainGraph(graph.nodes, ends, init.name, filename.node.name, save.name, restore.name)


def _variable(graph: Builder, node: VariableNode) -> Value:
    weight = node.weight
    name = graph.unique_name(node.name)
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


def _placeholder(graph: Builder, name: str, spec: Spec) -> Value:
    return graph.emit("Placeholder", dtype=spec.dtype, shape=spec.shape, name=name)[0]


def _call(graph: Builder, function: Function, inputs: Sequence[Value]) -> Node:
    op = "StatefulPartitionedCall" if function.stateful else "PartitionedCall"
    types = {"Tin": [v.dtype for v in inputs], "Tout": [v.dtype for v in function.outputs]}
    return emit_node(graph, op, list(inputs), f=function, **types)


def _add_signature(
    graph: Builder, key: str, signature: PlannedSignature, handles: Mapping[Variable, Value]
) -> tuple[Ends, Ends]:
    function = signature.concrete.function
    inputs = {
        name: _placeholder(graph, f"{key}_{name}".replace("/", "_"), spec)
        for name, spec in signature.inputs.items()
    }
    node = _call(graph, function, [*inputs.values(), *(handles[v] for v in function.variables)])
    return (
        {name: (f"{value.node.name}:0", value.spec) for name, value in inputs.items()},
        {name: (f"{node.name}:{i}", spec) for i, (name, spec) in enumerate(signature.outputs.items())},
    )


def encode_main_graph(meta: protos.MetaGraphDef, main: MainGraph, encoder: FunctionEncoder) -> None:
    """Encodes the graph, its signatures, the init op and the saver into `meta`."""
    for node in main.nodes:
        encoder.encode_node(meta.graph_def.node.add(), node, _tensor_name)
    for key, (inputs, outputs) in main.signatures.items():
        proto = meta.signature_def[key]
        for name, end in inputs.items():
            _encode_end(proto.inputs[name], *end)
        for name, end in outputs.items():
            _encode_end(proto.outputs[name], *end)
        proto.method_name = layout.PREDICT_METHOD
    init = meta.signature_def[layout.INIT_OP].outputs[layout.INIT_OP]
    init.name = main.init
    init.tensor_shape.unknown_rank = True
    meta.collection_def[layout.MAIN_OP_COLLECTION].node_list.value.append(main.init)
    meta.saver_def.filename_tensor_name = f"{main.filename}:0"
    meta.saver_def.save_tensor_name = f"{main.save}:0"
    meta.saver_def.restore_op_name = main.restore
    meta.saver_def.version = layout.SAVER_VERSION


def _tensor_name(value: Value) -> str:
    return value.node.name if value.index == 0 else f"{value.node.name}:{value.index}"


def _encode_end(proto: protos.TensorInfo, name: str, spec: Spec) -> None:
    proto.name = name
    proto.dtype = spec.dtype.enum
    proto.tensor_shape.CopyFrom(encode_shape(spec.shape))
