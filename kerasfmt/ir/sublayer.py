"""Calls of layers by the layers that hold them."""

from __future__ import annotations

from typing import Any

from kerasfmt.graph import Value
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import activity_loss
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import InnerCall


def run_sublayer(
    holder: Layer, layer: Layer, inputs: Structure, training: bool | None = None, **kwargs: Any
) -> Any:
    """The outputs of a layer, in line in the function of the inputs, for the `call` of the layer that holds it.

    The holder takes note of the call, so that a writer can give the layer functions of its own, and of the
    losses that the layer adds.
    """
    inputs = map_structure(layer.cast_input, inputs)
    specs = {k: map_structure(lambda v: v.spec if isinstance(v, Value) else v, s) for k, s in kwargs.items()}
    holder.inner_calls.append(InnerCall(layer, map_structure(lambda v: v.spec, inputs), specs))
    layer.ensure_built(map_structure(lambda v: v.spec, inputs))
    graph = flatten(inputs)[0].graph
    losses = holder.inner_losses
    with graph.scope(layer.name):
        outputs, own = layer.run(inputs, kwargs, training)
        losses.extend(own)
        if layer.activity_regularizer_of() is not None:
            losses.extend(activity_loss(graph, layer, v) for v in flatten(outputs))
    return outputs
