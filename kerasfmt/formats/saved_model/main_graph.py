"""The main graph of a SavedModel: captures, one call per signature, and the functions that save and restore.

TensorFlow 1 style readers run it: they feed `serving_default_<input>:0`, fetch `StatefulPartitionedCall:i`, and
restore by running the saver's restore op with the path of the checkpoint.

Source: tensorflow/python/saved_model/save.py, _fill_meta_graph_def.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.main_graph_captures import AssetFile, Captures, emit_call
from kerasfmt.formats.saved_model.nodes import TableNode
from kerasfmt.formats.saved_model.saver import restore_function, save_function
from kerasfmt.formats.saved_model.signatures import PlannedSignature
from kerasfmt.graph import Builder, EagerConstant, Node, Spec, Value
from kerasfmt.graph.attr_values import encode_shape
from kerasfmt.graphdef.functions import FunctionEncoder
from kerasfmt.ir.asset import Asset
from kerasfmt.typing import record

Ends = Mapping[str, tuple[str, Spec]]
"""The tensors of a signature by name: the name of each in the main graph, and its spec."""


@record(frozen=True, eq=False)
class MainGraph:
    """The nodes, and the entry points that readers look for.

    Attributes:
      nodes: the nodes, each after the nodes that it needs.
      signatures: the inputs and the outputs of each signature.
      init: the init op, which fills the tables.
      filename: the placeholder of the checkpoint's path.
      save: the call that saves.
      restore: the call that restores.
      constants: the node of each constant that functions capture, by name.
      assets: the file of each asset.
    """

    nodes: Sequence[Node]
    signatures: Mapping[str, tuple[Ends, Ends]]
    init: str
    filename: str
    save: str
    restore: str
    constants: Mapping[EagerConstant, str]
    assets: Mapping[Asset, AssetFile]


def build_main_graph(
    signatures: Mapping[str, PlannedSignature], objects: ObjectGraph, object_graph: bytes
) -> MainGraph:
    """The main graph.

    Args:
      signatures: the signatures.
      objects: the numbered objects.
      object_graph: the serialized object graph, which the checkpoint holds too.
    """
    graph = Builder("main")
    captures = Captures(graph, objects.variables.values())
    captures.add_all(objects)
    ends = {key: _add_signature(graph, key, signature, captures) for key, signature in signatures.items()}
    init = captures.initialize(objects)
    stored = {
        key: node.table if isinstance(node, TableNode) else node.weight
        for key, node in objects.stored.items()
        if isinstance(node, TableNode | VariableNode)
    }
    exported = captures.exported(stored.values())
    text = graph.constant(np.array(object_graph, dtype=object), dtypes.string)
    filename = _placeholder(graph, "saver_filename", Spec((), dtypes.string))
    saving, restoring = save_function(stored), restore_function(stored)
    save = emit_call(graph, saving, [filename, text, *exported, *(captures[c] for c in saving.captured)])
    restore = emit_call(graph, restoring, [filename, *(captures[c] for c in restoring.captured)])
    return MainGraph(
        graph.nodes,
        ends,
        init.name,
        filename.node.name,
        save.name,
        restore.name,
        captures.constants,
        captures.assets,
    )


def _placeholder(graph: Builder, name: str, spec: Spec) -> Value:
    return graph.emit("Placeholder", dtype=spec.dtype, shape=spec.shape, name=name)[0]


def _add_signature(
    graph: Builder, key: str, signature: PlannedSignature, captures: Captures
) -> tuple[Ends, Ends]:
    function = signature.concrete.function
    inputs = {
        name: _placeholder(graph, f"{key}_{name}".replace("/", "_"), spec)
        for name, spec in signature.inputs.items()
    }
    node = emit_call(graph, function, [*inputs.values(), *(captures[c] for c in function.captured)])
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
    for file in main.assets.values():
        meta.asset_file_def.add(filename=file.filename).tensor_info.name = f"{file.placeholder}:0"
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
