"""The object graph of a checkpoint, encoded from its numbers.

`TrackableObjectGraph` goes into the checkpoint under the key `_CHECKPOINTABLE_OBJECT_GRAPH`.

Source: tensorflow/core/protobuf/trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Mapping

from kerasfmt import protos
from kerasfmt.formats.checkpoint.nodes import SavedNode, UserObject, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph

ChildrenBytes = Mapping[SavedNode, bytes]


def children_bytes(graph: ObjectGraph) -> ChildrenBytes:
    """The fields `children` and `slot_variables` of each node, which are the same in both messages."""
    found: dict[SavedNode, bytes] = {}
    ids = graph.ids
    for node in graph.nodes:
        found[node] = b""
        if node.children:
            entry = protos.TrackableObjectGraph.TrackableObject()
            add = entry.children.add
            for name, child in node.children:
                added = add()
                added.node_id = ids[child]
                added.local_name = name
            for slot in node.slots if isinstance(node, UserObject) else ():
                entry.slot_variables.add(
                    original_variable_node_id=ids[slot.original],
                    slot_name=slot.name,
                    slot_variable_node_id=ids[slot.variable],
                )
            found[node] = entry.SerializeToString()
    return found


def encode_checkpoint_graph(graph: ObjectGraph, children: ChildrenBytes) -> protos.TrackableObjectGraph:
    """The object graph as the checkpoint holds it."""
    proto = protos.TrackableObjectGraph()
    for node in graph.trackables:
        entry = proto.nodes.add()
        if children[node]:
            entry.MergeFromString(children[node])
        if node.stored_as is not None:
            entry.attributes.add(
                name=node.stored_as,
                full_name=node.name if isinstance(node, VariableNode) else "",
                checkpoint_key=graph.checkpoint_keys[node],
            )
        if node in graph.restorable:
            entry.has_checkpoint_values.value = True
        else:
            entry.has_checkpoint_values.SetInParent()
    return proto
