"""The checkpoint: its arrays, and the object graph inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from conformance.structure.artefact import Artefact, paths_of
from conformance.structure.rules import MISSING, Difference
from conformance.structure.values import dicts, equal, text
from kerasfmt import protos

CHECKPOINT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def checkpoint(a: Artefact, b: Artefact) -> Iterator[Difference]:
    ours, theirs = a.checkpoint, b.checkpoint
    yield from equal("checkpoint", "keys", sorted(ours), sorted(theirs))
    for key in sorted(set(ours) & set(theirs)):
        path = f"checkpoint[{key}]"
        mine, other = ours[key], theirs[key]
        yield from equal(path, "dtype", str(mine.dtype), str(other.dtype))
        yield from equal(path, "shape", tuple(mine.shape), tuple(other.shape))
        if key == CHECKPOINT_GRAPH:
            yield from _trackable_graph(_string(mine), _string(other))
        elif (str(mine.dtype), mine.shape) == (str(other.dtype), other.shape) and not _same_bytes(
            mine, other
        ):
            yield Difference(path, "value", "differs", "")


def _same_bytes(mine: Any, other: Any) -> bool:
    left, right = np.asarray(mine), np.asarray(other)
    if left.dtype == object:
        return bool(left.tolist() == right.tolist())
    return left.tobytes() == right.tobytes()


def _string(value: Any) -> bytes:
    found = np.asarray(value).reshape(-1)[0]
    return found if isinstance(found, bytes) else bytes(found)


def _trackable_graph(ours: bytes, theirs: bytes) -> Iterator[Difference]:
    """The object graph inside the checkpoint, node by node by path."""
    described = []
    for data in (ours, theirs):
        graph = protos.TrackableObjectGraph.FromString(data)
        paths = paths_of(graph.nodes)
        described.append(
            {
                paths.get(i, f"node {i}, unreachable"): {
                    "children": {c.local_name: paths[c.node_id] for c in node.children},
                    "attributes": [(t.name, t.full_name, t.checkpoint_key) for t in node.attributes],
                    "slots": sorted(
                        (paths[s.original_variable_node_id], s.slot_name, paths[s.slot_variable_node_id])
                        for s in node.slot_variables
                    ),
                    "saver": text(node.registered_saver),
                    "has values": text(node.has_checkpoint_values),
                }
                for i, node in enumerate(graph.nodes)
            }
        )
    mine, other = described
    for path in sorted({*mine, *other}):
        if path not in mine or path not in other:
            yield Difference(
                f"{CHECKPOINT_GRAPH} {path}", "node", mine.get(path, MISSING), other.get(path, MISSING)
            )
        else:
            yield from dicts(f"{CHECKPOINT_GRAPH} {path}", "part", mine[path], other[path])
