"""Writing a SavedModel; `layout` lists its files.

Source: tensorflow/python/saved_model/save.py; tf_keras/src/saving/legacy/saved_model/save.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.dialects.keras2 import warn_of_words_of_keras3
from kerasfmt.errors import SaveError
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, TABLE_PARTS
from kerasfmt.formats.checkpoint.messages import children_bytes, encode_checkpoint_graph
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.main_graph import MainGraph, build_main_graph, encode_main_graph
from kerasfmt.formats.saved_model.metadata import describe_objects, encode_metadata
from kerasfmt.formats.saved_model.nodes import TableNode, name_functions
from kerasfmt.formats.saved_model.object_messages import encode_object_graph
from kerasfmt.formats.saved_model.objects import Objects
from kerasfmt.formats.saved_model.options import SaveOptions
from kerasfmt.formats.saved_model.plan import plan_model
from kerasfmt.formats.saved_model.signatures import PlannedSignature
from kerasfmt.gc_paused import gc_paused
from kerasfmt.graph.op_defs import is_defined, op_list
from kerasfmt.graphdef.definition import definition_of
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.functions import OUTPUT_OPS, FunctionEncoder
from kerasfmt.ir import Model
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.weight import ArrayLike

_MAX_PROTO = 2**31 - 1


@gc_paused()
def write(
    model: Model,
    directory: Path,
    *,
    include_optimizer: bool = True,
    signatures: Mapping[str, Signature] | None = None,
    options: SaveOptions | None = None,
    save_traces: bool = True,
    progress: Progress = unheard,
) -> None:
    """Writes `model` as a SavedModel into an existing, empty directory.

    Raises:
      SaveError: the graph is larger than a protobuf message may be.
      GraphError, InvalidModelError: a layer's call cannot be traced.
    """
    warn_of_words_of_keras3(model)
    plan = plan_model(model, signatures, save_traces)
    compiled = None
    if model.training_config is not None:
        from kerasfmt.formats.compiled import built_state

        compiled = built_state(model, include_optimizer)
    objects = Objects(plan, compiled, include_optimizer)
    graph = ObjectGraph.of(objects.root, objects.unnamed)
    stored = compiled if include_optimizer else None
    described = describe_objects(plan, graph, objects.layers, objects.metrics, stored, objects.tracked)
    write_objects(
        directory, graph, plan.signatures, objects.gradients, encode_metadata(described), options, progress
    )


def write_objects(
    directory: Path,
    graph: ObjectGraph,
    signatures: Mapping[str, PlannedSignature],
    gradients: Sequence[ConcreteFunction] = (),
    metadata: protos.KerasSavedMetadata | None = None,
    options: SaveOptions | None = None,
    progress: Progress = unheard,
) -> None:
    """Writes numbered objects and signatures as a SavedModel into an existing, empty directory.

    Args:
      directory: the directory.
      graph: the objects.
      signatures: the functions that serving systems call, by name.
      gradients: the gradients that nodes in functions have of their own.
      metadata: what Keras says of the objects; None where they are none of Keras.
      options: TensorFlow's options.
      progress: hears of the bytes that are written.

    Raises:
      SaveError: the graph is larger than a protobuf message may be.
    """
    children = children_bytes(graph)
    checkpoint = protos.serialize(encode_checkpoint_graph(graph, children))
    main = build_main_graph(signatures, graph, checkpoint)
    names = name_functions(graph)
    names.add_callees(main.nodes)

    saved = protos.SavedModel(saved_model_schema_version=layout.SCHEMA_VERSION)
    meta = saved.meta_graphs.add()
    encode_object_graph(meta.object_graph_def, graph, children, names, main, gradients)
    encoder = FunctionEncoder(names)
    encoder.encode_library(meta.graph_def.library)
    encode_main_graph(meta, main, encoder)
    _encode_meta_info(meta, _used_ops(names, main), options)
    data = protos.serialize(saved)
    _check_size(data, meta)
    _write_files(directory, saved, data, metadata, graph, main, checkpoint, progress)


def _write_files(
    directory: Path,
    saved: protos.SavedModel,
    data: bytes,
    metadata: protos.KerasSavedMetadata | None,
    graph: ObjectGraph,
    main: MainGraph,
    checkpoint: bytes,
    progress: Progress,
) -> None:
    (directory / layout.ASSETS).mkdir()
    for name, content in {file.filename: asset.data for asset, file in main.assets.items()}.items():
        (directory / layout.ASSETS / name).write_bytes(content)
    (directory / layout.VARIABLES).parent.mkdir()
    items: list[tuple[str, ArrayLike]] = []
    for key, node in graph.stored.items():
        if isinstance(node, TableNode):
            names = [f"{key}{part}" for part in TABLE_PARTS]
            items += zip(names, node.table.first_content().export(), strict=True)
        elif isinstance(node, VariableNode):
            items.append((key, node.weight.value))
    items.append((OBJECT_GRAPH_KEY, np.array(checkpoint, dtype=object)))
    tensorbundle.write_new(directory / layout.VARIABLES, items, progress=progress)
    index = (directory / layout.VARIABLES_INDEX).read_bytes()
    files = {layout.SAVED_MODEL: data, layout.FINGERPRINT: protos.serialize(fingerprint(saved, data, index))}
    if metadata is not None:
        files[layout.KERAS_METADATA] = protos.serialize(metadata)
    for name, content in files.items():
        with (directory / name).open("xb") as file:  # nothing that is there already is written to
            file.write(content)


def _used_ops(names: FunctionNames, main: MainGraph) -> protos.OpList:
    """The definitions of all ops in the file; those of ops that kerasfmt does not know come from the file before."""
    ops, others = set(OUTPUT_OPS), dict[str, protos.OpDef]()
    bodies = {function.body_id: function.nodes for function in names}
    ops |= {node.op for nodes in (main.nodes, *bodies.values()) for node in nodes}
    for definition in filter(None, map(definition_of, names)):
        used = {node.op for node in definition.message.node_def}
        others |= {op: definition.op_defs[op] for op in used if op in definition.op_defs}
        ops |= used
    known = op_list(op for op in ops if is_defined(op))
    extra = [others[op] for op in ops if op in others and not is_defined(op)]
    return protos.OpList(op=sorted([*known.op, *extra], key=lambda op: op.name)) if extra else known


def _encode_meta_info(meta: protos.MetaGraphDef, ops: protos.OpList, options: SaveOptions | None) -> None:
    info = meta.meta_info_def
    info.stripped_op_list.CopyFrom(ops)
    info.tags.append(layout.SERVE_TAG)
    if options is not None and options.extra_tags:
        info.tags.extend(sorted(options.extra_tags))
    info.tensorflow_version = layout.TENSORFLOW_VERSION
    info.stripped_default_attrs = True
    meta.graph_def.versions.producer = layout.GRAPH_PRODUCER
    meta.graph_def.versions.min_consumer = layout.GRAPH_MIN_CONSUMER


def _check_size(data: bytes, meta: protos.MetaGraphDef) -> None:
    if len(data) <= _MAX_PROTO:
        return
    largest = max(meta.graph_def.library.function, key=lambda f: f.ByteSize())
    raise SaveError(
        f"{layout.SAVED_MODEL}: the graph takes {len(data):,} bytes, a protobuf message may take {_MAX_PROTO:,}; "
        f"its largest function is {largest.signature.name} with {largest.ByteSize():,} bytes"
    )
