"""The traces of a layer: its `call` as functions, each made once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Builder, Function, Spec, VariableSpec
from kerasfmt.ir.activity import activity_function
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.naming import LayerNames
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, accepts, argument, freeze, function_name, name_specs

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer

Kwargs = Mapping[str, Any]


class Traces:
    """The traces of one layer; the same signature gives the same trace.

        model.traces.default(training=False).function

    Every method takes the context of the trace that calls the layer, where there is one.

    Args:
      layer: the layer.
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._made: WeakKeyDictionary[LayerNames, dict[Hashable, Trace]] = WeakKeyDictionary()
        self._penalties: WeakKeyDictionary[LayerNames, Function] = WeakKeyDictionary()

    def __iter__(self) -> Iterator[Trace]:
        """The traces made so far."""
        return (trace for made in self._made.values() for trace in made.values())

    def clear(self) -> None:
        """Forgets all traces, because the layer computes something else now."""
        self._made.clear()
        self._penalties.clear()

    def exact(
        self,
        inputs: Structure,
        kwargs: Kwargs | None = None,
        training: bool | None = None,
        context: CallContext | None = None,
    ) -> Trace:
        """The trace for inputs and further arguments of these Specs.

        Args:
          inputs: a structure of Specs.
          kwargs: further arguments of `call` by name, with Specs in place of tensors.
          training: the mode; False where it is None.
          context: the context of the caller.
        """
        layer, context = self._layer, context or CallContext()
        if kwargs:
            kwargs = layer.signature.ordered({k: v for k, v in kwargs.items() if k != "training"})
        mode = bool(training) if layer.takes_training else None
        kwargs = kwargs or {}
        key = (freeze(inputs), freeze(kwargs), mode, layer.trainable_state)
        made = self._made.setdefault(context.names, {})
        found = made.get(key)
        if found is None:
            found = made[key] = context.shared.trace(
                layer,
                context.names[layer],
                key,
                context.sharing_keys,
                lambda: _trace(layer, inputs, kwargs, mode, context.inside()),
            )
        return found

    def keras(
        self,
        inputs: Structure,
        kwargs: Kwargs | None = None,
        training: bool | None = None,
        context: CallContext | None = None,
    ) -> Trace:
        """The trace that Keras uses for inputs of these Specs: the trace for `keras_signature` if it takes them."""
        context = context or CallContext()
        given = {k: v for k, v in (kwargs or {}).items() if k != "training"}
        signature = self._layer.keras_signature(context.names)
        if signature is not None and not given and accepts(signature, inputs):
            return self.exact(signature, {}, training, context)
        return self.exact(inputs, given, training, context)

    def default(self, training: bool = False, context: CallContext | None = None) -> Trace:
        """The trace for the layer's own signature: a model's inputs, or whatever the input spec of a layer allows.

        Raises:
          InvalidModelError: the layer has no signature of its own.
        """
        context = context or CallContext()
        signature = self._layer.keras_signature(context.names)
        if signature is None:
            raise self._layer.fail("it has no signature of its own; trace it for given Specs")
        return self.exact(signature, {}, training, context)

    def penalty(self, context: CallContext | None = None) -> Function:
        """The layer's activity regularizer as a function of one output."""
        layer, context = self._layer, context or CallContext()
        found = self._penalties.get(context.names)
        if found is None:
            assert layer.activity_penalty is not None
            found = self._penalties[context.names] = activity_function(
                context.names[layer], layer.activity_penalty, layer.compute_dtype
            )
        return found


def _trace(
    layer: Layer, inputs: Structure, kwargs: Kwargs, training: bool | None, context: CallContext
) -> Trace:
    signature = layer.signature
    graph = Builder(function_name(context.names[layer]))
    inputs = name_specs(inputs, signature.first)
    kwargs = {name: name_specs(value, name) for name, value in kwargs.items()}
    values = map_structure(graph.input, inputs)
    given = {
        name: map_structure(lambda s, name=name: _argument(graph, s, name), value)  # type: ignore[misc]
        for name, value in kwargs.items()
    }
    for name in given:
        if name not in signature.further and not signature.takes_any:
            raise UnsupportedLayerError(
                f"layer {layer.name} ({type(layer).__name__}): call argument {name} is not supported"
            )
    outputs = layer.run(values, given, training, context)
    function = graph.finish([*flatten(outputs), *context.losses])
    return Trace(function, inputs, kwargs, outputs, len(context.losses), training, tuple(context.inner))


def _argument(graph: Builder, spec: Any, name: str) -> Any:
    """A further argument: a new input of the function, the content of a variable that is an input, or a constant."""
    if isinstance(spec, VariableSpec):
        handle = graph.input(Spec((), dtypes.resource), name)
        content = spec.content
        return graph.emit("ReadVariableOp", handle, dtype=content.dtype, shapes=[content.shape])[0]
    return argument(graph, spec)
