"""Layers and models with code of their own, whose functions are traced when they are needed.

A live layer is a revived layer whose functions do not come from a file: a `Tracer` makes them, from code that runs
in the process. It is saved with them, and loads without its class as every revived layer does.
"""

from __future__ import annotations

from typing import Any, Protocol

from kerasfmt.graph import Spec
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CallSignature, with_mode
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.revived import Record, RevivedLayer
from kerasfmt.ir.revived_model import RevivedModel
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, freeze, name_specs
from kerasfmt.ir.traces import Kwargs, Traces
from kerasfmt.typing import override


class Tracer(Protocol):
    """Makes the functions of one live layer.

    Attributes:
      signature: what its call takes.
      inputs: the Specs that the layer was called on first; None where they are not known.
    """

    signature: CallSignature
    inputs: Structure

    def trace(
        self,
        layer: LiveLayer,
        inputs: Structure,
        kwargs: Kwargs,
        training: bool | None,
        context: CallContext,
    ) -> Trace:
        """The function of a call.

        Args:
          layer: the layer.
          inputs: the first argument, a structure of named Specs.
          kwargs: further arguments by name, with named Specs in place of tensors.
          training: the mode; None where the layer has only one.
          context: takes the calls and the losses inside.

        Raises:
          UnsupportedLayerError: the code cannot be traced.
        """


class LiveTraces(Traces):
    """The traces of a live layer, which its tracer makes."""

    def __init__(self, layer: LiveLayer) -> None:
        super().__init__(layer)
        self._live = layer

    @override
    def exact(
        self,
        inputs: Structure,
        kwargs: Kwargs | None = None,
        training: bool | None = None,
        context: CallContext | None = None,
    ) -> Trace:
        """The trace for inputs and further arguments of these Specs.

        Raises:
          UnsupportedLayerError: the code cannot be traced.
        """
        layer, context = self._live, context or CallContext()
        given = layer.signature.ordered({k: v for k, v in (kwargs or {}).items() if k != "training"})
        mode = bool(training) if layer.takes_training else None
        key = (freeze(_unnamed(inputs)), freeze(_unnamed(given)), mode, layer.trainable_state)
        made = self._made.setdefault(context.names, {})
        if key not in made:
            named = name_specs(inputs, layer.signature.first)
            further = {name: name_specs(value, name) for name, value in given.items()}
            made[key] = layer.tracer.trace(layer, named, further, mode, context.inside())
        return made[key]


class LiveLayer(RevivedLayer, register=False):
    """A layer with code of its own, in a process that can trace the code.

    Attributes:
      tracer: makes its functions.
      activity_regularizer: the penalty on its outputs.
      passes_mask: whether its outputs carry the mask of its inputs.

    Args:
      record: what is known of it.
      tracer: see above.
      options: name, trainable, dtype, batch_input_shape.
    """

    known_by_config = True
    tracer: Tracer = fields.state()
    activity_regularizer: Regularizer | None = fields.state(default=None)
    passes_mask: bool = fields.state(default=False)

    def __init__(self, record: Record, tracer: Tracer, **options: Any) -> None:
        super().__init__(record, **options)
        self.tracer = tracer

    @override
    def _begin(self, record: Record) -> None:
        super()._begin(record)
        self.traces = LiveTraces(self)

    @property
    @override
    def signature(self) -> CallSignature:
        """What its call takes, and the mode, if a layer in it takes that: the layers in it are told by the context.

        Source: tf_keras/src/saving/legacy/saved_model/utils.py, layer_uses_training_bool and set_training_arg_spec
        """
        found = self.tracer.signature
        if "training" in found.further or not _any_takes_training(self):
            return found
        return with_mode(found)

    @property
    def needs_inputs_alone(self) -> bool:
        """Whether it was called before, and can be called on its inputs without further arguments."""
        found = self.tracer.signature
        return self.tracer.inputs is not None and found.defaults.keys() >= set(found.further)

    @property
    @override
    def takes_training(self) -> bool:
        return "training" in self.signature.further

    @property
    @override
    def penalizes_outputs(self) -> bool:
        return self.activity_penalty is not None

    @override
    def output_specs(
        self, inputs: Structure, kwargs: Kwargs, training: bool | None, context: CallContext
    ) -> Structure:
        return Layer.output_specs(self, inputs, dict(kwargs), training, context)

    @override
    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The outputs of its function, in the graph of the inputs; adds its losses to the context."""
        given = {name: value for name, value in kwargs.items() if name != "training"}
        specs = map_structure(_spec_of, inputs)
        trace = self.traces.exact(specs, map_structure(_spec_of, given), training, context)
        flat = [*flatten(inputs), *(v for name in trace.kwargs for v in flatten(given[name]))]
        graph = flatten(inputs)[0].graph
        results = graph.call(trace.function, [value for value in flat if hasattr(value, "graph")])
        count = len(results) - trace.losses
        context.losses.extend(results[count:])
        outputs = iter(results[:count])
        return map_structure(lambda _: next(outputs), trace.outputs)

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        return mask if self.passes_mask else None


def _any_takes_training(layer: Layer) -> bool:
    """Whether a layer inside of a layer takes the mode."""
    pending, met = list(layer.sublayers.values()), set[Layer]()
    while pending:
        inner = pending.pop()
        if inner in met or inner.is_input:
            continue
        met.add(inner)
        own = inner.tracer.signature if isinstance(inner, LiveLayer) else inner.signature
        if "training" in own.further:
            return True
        pending.extend(inner.sublayers.values())
    return False


def _unnamed(structure: Structure) -> Structure:
    return map_structure(lambda leaf: leaf.with_name(None) if isinstance(leaf, Spec) else leaf, structure)


def _spec_of(value: Any) -> Any:
    return getattr(value, "spec", value)


class LiveModel(LiveLayer, RevivedModel, register=False):
    """A subclass of Keras's Model with code of its own, in a process that can trace the code."""

    def __init__(self, record: Record, tracer: Tracer, **options: Any) -> None:
        vars(self)["tracer"] = tracer
        RevivedModel.__init__(self, record, **options)
        self.tracer = tracer
