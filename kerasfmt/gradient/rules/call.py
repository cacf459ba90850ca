"""The gradient of a call: a call of the backward function of the callee.

Source: tensorflow/python/eager/polymorphic_function/concrete_function.py,
_DelayedRewriteGradientFunctions._rewrite_forward_and_call_backward.
"""

from __future__ import annotations

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.differentiation import forward_backward
from kerasfmt.gradient.indexed_slices import IndexedSlices
from kerasfmt.gradient.pair import Slices
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value
from kerasfmt.graph.function import callees_of


@gradient("PartitionedCall", "StatefulPartitionedCall")
def call(graph: BackwardGraph, node: Node, *grads: Value) -> Gradients:
    """What the backward function gives; the node calls the forward function from then on."""
    (callee,) = callees_of(node)
    pair = graph.pairs.get(callee)
    if pair is None:
        pair = graph.pairs[callee] = forward_backward(callee, graph)
    if not pair.backward.outputs:
        return [None] * len(node.inputs)
    outputs = pair.forward.outputs
    further = [v.spec for v in outputs[len(node.outputs) :]]
    graph.forward.grow(node, {"f": pair.forward, "Tout": [v.dtype for v in outputs]}, further)
    operands = [*[grads[i] for i in pair.seeds], *[node.outputs[i] for i in pair.taken]]
    found = graph.call(pair.backward, operands)
    return [
        IndexedSlices(*[found[part] for part in place])
        if isinstance(place, Slices)
        else None
        if place is None
        else found[place]
        for place in pair.given
    ]
