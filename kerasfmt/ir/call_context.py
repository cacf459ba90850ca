"""The context that the `call` of a layer receives when it calls layers that it holds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from kerasfmt.graph import Value
from kerasfmt.ir.activity import activity_losses
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import InnerCall
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.typing import record

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


@record(frozen=True, eq=False)
class CallContext:
    """A trace in progress: what it shares with other traces, and what its calls add to it.

    A layer that holds layers asks for it by keyword, and calls them through it:

        def call(self, inputs, training=False, *, call_context):
            return call_context.run(self.layer, inputs, training)

    Attributes:
      shared: the traces that equal layers share.
      names: the names of layers in traces.
      inner: the calls of layers that the traced layer holds, so far.
      losses: the losses that its calls add, so far.
      sharing_keys: see `SharedTraces.trace`.
    """

    shared: SharedTraces = field(default_factory=SharedTraces)
    names: LayerNames = OWN_NAMES
    inner: list[InnerCall] = field(default_factory=list)
    losses: list[Value] = field(default_factory=list)
    sharing_keys: dict[Layer, Hashable | None] = field(default_factory=dict)

    def inside(self) -> CallContext:
        """The context of a function or a layer inside this one."""
        return CallContext(self.shared, self.names, sharing_keys=self.sharing_keys)

    def run(self, layer: Layer, inputs: Structure, training: bool | None = None, **kwargs: Any) -> Any:
        """The outputs of a layer that the traced layer holds, in line in the function of the inputs.

        Records the call, so that a writer can give the inner layer functions of its own. Records the losses too.

        Args:
          layer: the layer.
          inputs: Values.
          training: the mode.
          kwargs: further arguments of its `call`.
        """
        inputs = map_structure(layer.cast_input, inputs)
        specs = map_structure(lambda v: v.spec, inputs)
        further = {
            k: map_structure(lambda v: v.spec if isinstance(v, Value) else v, s) for k, s in kwargs.items()
        }
        self.inner.append(InnerCall(layer, specs, further))
        layer.ensure_built(specs)
        with flatten(inputs)[0].graph.scope(self.names[layer]):
            inside = self.inside()
            outputs = layer.run(inputs, kwargs, training, inside)
            self.losses.extend(inside.losses)
            self.add_activity_losses(layer, flatten(outputs))
        return outputs

    def add_activity_losses(self, layer: Layer, outputs: list[Value]) -> None:
        """Adds the penalties of a layer on its outputs, where it has an activity regularizer."""
        if layer.penalizes_outputs:
            self.losses.extend(activity_losses(layer.traces.penalty(self), outputs))
