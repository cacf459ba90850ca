"""The object graph of a checkpoint as a message."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.messages import children_bytes, encode_checkpoint_graph
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.ir import Weight


def test_the_checkpoint_graph() -> None:
    variable = VariableNode(Weight("d/kernel", (2, 3), dtypes.float32))
    root = UserObject(
        children=[("empty", UserObject()), ("layer", UserObject(children=[("kernel", variable)]))]
    )
    graph = ObjectGraph.of(root)
    proto = encode_checkpoint_graph(graph, children_bytes(graph))
    assert [[(c.local_name, c.node_id) for c in n.children] for n in proto.nodes] == [
        [("empty", 1), ("layer", 2)],
        [],
        [("kernel", 3)],
        [],
    ]
    (attribute,) = proto.nodes[3].attributes
    assert (attribute.name, attribute.full_name) == ("VARIABLE_VALUE", "d/kernel")
    assert attribute.checkpoint_key == "layer/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert all(n.HasField("has_checkpoint_values") for n in proto.nodes)
    assert [n.has_checkpoint_values.value for n in proto.nodes] == [True, False, True, True]
