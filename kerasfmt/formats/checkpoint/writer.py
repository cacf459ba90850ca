"""Writes the weights of a model as Keras 2's `save_weights(save_format="tf")` does.

    ckpt.index, ckpt.data-00000-of-00001    every variable, the optimizer's too, and the object graph
    checkpoint                              names ckpt as the latest checkpoint of the directory, and the only one

Each file is replaced whole. The state file follows the checkpoint: a save that is killed in between leaves the new
checkpoint under the old state.

Source: tf_keras/src/saving/legacy/save.py, save_weights; tensorflow/python/checkpoint/checkpoint.py
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import SaveError
from kerasfmt.formats.checkpoint.layout import OBJECT_GRAPH_KEY, TABLE_PARTS
from kerasfmt.formats.checkpoint.messages import children_bytes, encode_checkpoint_graph
from kerasfmt.formats.checkpoint.nodes import CountsNode, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.checkpoint.objects import CheckpointObjects
from kerasfmt.formats.checkpoint.state_file import require_replaceable, write_state
from kerasfmt.formats.compiled import built_state
from kerasfmt.formats.unheld import learned_vocabularies
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import Model
from kerasfmt.printable import printable


@gc_paused()
def write_weights(model: Model, prefix: Path, flush: bool = True) -> None:
    """Writes a checkpoint, in the place of an older one or of nothing.

    Args:
      model: the model.
      prefix: the path of the files without their endings; a directory that is not there is made.
      flush: whether to wait until the files are on the disk.

    Raises:
      SaveError: something cannot be written, or the directory has a file `checkpoint` of another kind. The files are
        as they were.
      UnsupportedLayerError: Keras 2 lacks the optimizer.
    """
    if not prefix.name:
        raise SaveError(f"{prefix}: expected the prefix of a checkpoint, a name in a directory")
    try:
        prefix.name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SaveError(f"{prefix}: expected a name in UTF-8, which the state file could hold") from error
    _warn_of_vocabularies(model, prefix)
    graph = ObjectGraph.of(CheckpointObjects(model, built_state(model)).root)
    message = protos.serialize(encode_checkpoint_graph(graph, children_bytes(graph)))
    items = list(_items(graph))
    items.append((OBJECT_GRAPH_KEY, np.array(message, dtype=object)))
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{prefix}: could not be saved: {error.strerror}: {prefix.parent}") from error
    require_replaceable(prefix.parent)
    tensorbundle.write(prefix, items, flush=flush)
    write_state(prefix.parent, prefix.name, flush=flush)


def _items(graph: ObjectGraph) -> Iterator[tuple[str, Any]]:
    """The names and contents of variables and tables."""
    for key, node in graph.stored.items():
        if isinstance(node, CountsNode):
            parts = node.table.first_content().export()
            yield from ((f"{key}{end}", part) for end, part in zip(TABLE_PARTS, parts, strict=True))
        elif isinstance(node, VariableNode):
            yield key, node.weight.value


def _warn_of_vocabularies(model: Model, prefix: Path) -> None:
    """Names the layers whose learned vocabulary Keras's checkpoints do not hold."""
    names = learned_vocabularies(model)
    if names:
        warnings.warn(
            printable(
                f"{prefix}: a checkpoint of Keras 2 does not hold the vocabularies that layers learned: "
                f"{', '.join(names)[:200]}; keep them in a SavedModel or .keras"
            ),
            stacklevel=4,
        )
