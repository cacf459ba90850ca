"""Writing a SavedModel; `layout` says which files it has.

Source: tensorflow/python/saved_model/save.py; tf_keras/src/saving/legacy/saved_model/save.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.errors import SaveError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.formats.saved_model.keras_objects import KerasObjects
from kerasfmt.formats.saved_model.main_graph import write_main_graph
from kerasfmt.formats.saved_model.metadata import write_metadata
from kerasfmt.formats.saved_model.names import readable_names
from kerasfmt.formats.saved_model.object_graph import ObjectGraph, checkpoint_proto, write_object_graph
from kerasfmt.formats.saved_model.options import SaveOptions
from kerasfmt.formats.saved_model.signatures import default_signature, signature_map, trace_signatures
from kerasfmt.gc_paused import gc_paused
from kerasfmt.graph.op_defs import op_list
from kerasfmt.graphdef.functions import FunctionWriter
from kerasfmt.ir import Model
from kerasfmt.ir.signature import Signature

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
    _ = model.input_specs  # raises where the input shape is not known
    with readable_names(model):
        _write(model, directory, include_optimizer, signatures, options, save_traces, progress)


def _write(
    model: Model,
    directory: Path,
    include_optimizer: bool,
    signatures: Mapping[str, Signature] | None,
    options: SaveOptions | None,
    save_traces: bool,
    progress: Progress,
) -> None:
    saved = protos.SavedModel(saved_model_schema_version=layout.SCHEMA_VERSION)
    meta = saved.meta_graphs.add()
    functions = FunctionWriter(meta.graph_def.library)
    objects = KerasObjects(model, save_traces)
    default = default_signature(model) if save_traces else None
    traced = trace_signatures(model, default, signatures)
    root = objects.root(default, signature_map(traced), include_optimizer)
    graph = ObjectGraph.of(root)
    variables = graph.variables()
    checkpoint = protos.serialize(checkpoint_proto(graph))
    write_object_graph(meta.object_graph_def, graph, functions, objects.variables)
    write_main_graph(meta, functions, traced, variables, checkpoint)
    _write_meta_info(meta, functions.ops, options)
    metadata = write_metadata(graph, objects.layers, model, include_optimizer)
    _check_size(meta)
    (directory / layout.ASSETS).mkdir()
    (directory / layout.VARIABLES).parent.mkdir()
    items = [(key, node.weight.value) for key, node in variables]
    items.append((layout.OBJECT_GRAPH_KEY, np.array(checkpoint, dtype=object)))
    tensorbundle.write(directory / layout.VARIABLES, items, progress=progress)
    index = (directory / layout.VARIABLES_INDEX).read_bytes()
    data = protos.serialize(saved)
    (directory / layout.SAVED_MODEL).write_bytes(data)
    (directory / layout.KERAS_METADATA).write_bytes(protos.serialize(metadata))
    (directory / layout.FINGERPRINT).write_bytes(protos.serialize(fingerprint(saved, data, index)))


def _write_meta_info(meta: protos.MetaGraphDef, ops: set[str], options: SaveOptions | None) -> None:
    info = meta.meta_info_def
    info.stripped_op_list.CopyFrom(op_list(ops))
    info.tags.append(layout.SERVE_TAG)
    if options is not None and options.extra_tags:
        info.tags.extend(sorted(options.extra_tags))
    info.tensorflow_version = layout.TENSORFLOW_VERSION
    info.stripped_default_attrs = True
    meta.graph_def.versions.producer = layout.GRAPH_PRODUCER
    meta.graph_def.versions.min_consumer = layout.GRAPH_MIN_CONSUMER


def _check_size(meta: protos.MetaGraphDef) -> None:
    size = meta.ByteSize()
    if size <= _MAX_PROTO:
        return
    largest = max(meta.graph_def.library.function, key=lambda f: f.ByteSize())
    raise SaveError(
        f"{layout.SAVED_MODEL}: the graph takes {size:,} bytes, a protobuf message may take {_MAX_PROTO:,}; "
        f"its largest function is {largest.signature.name} with {largest.ByteSize():,} bytes"
    )
