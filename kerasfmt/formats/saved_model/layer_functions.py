"""The traced functions of layers: which exist, their signatures, what they return.

| function | returns |
|---|---|
| call_and_return_conditional_losses | (outputs, losses that depend on the inputs) |
| __call__ | outputs |
| activity_regularizer_fn | the penalty on the outputs, where the layer has one |
| call_and_return_all_conditional_losses | (outputs, losses and penalty); the first function where there is no penalty |

A layer that takes `training` has each function twice per signature: first for training, then for inference.

Source: tf_keras/src/saving/legacy/saved_model/save_impl.py.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any, Final

from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction, name_outputs
from kerasfmt.graph import Builder, Function, Spec, Value, VariableSpec
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Layer, Model, Trace
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CallSignature
from kerasfmt.ir.held_layers import children_of
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import InnerCall, accepts

OUTPUTS: Final = "__call__"
LOSSES: Final = "call_and_return_conditional_losses"
ALL_LOSSES: Final = "call_and_return_all_conditional_losses"
PENALTY: Final = "activity_regularizer_fn"


class LayerTraces:
    """Every trace that a saved model needs, by layer; found by following the calls from the model's own functions.

    Args:
      model: the model that is saved.
      context: the names of layers, and the traces that they share.
    """

    def __init__(self, model: Model, context: CallContext) -> None:
        self._context = context
        self._traces: dict[Layer, list[Trace]] = {}
        self._known: set[Function] = set()
        self._add(model, model.traces.default(False, context))

    def of(self, layer: Layer) -> list[Trace]:
        """The traces of a layer: per signature, training first."""
        return self._traces.get(layer, [])

    def _add(self, layer: Layer, trace: Trace) -> None:
        """Enters a trace in both modes, and the traces of the layers that it calls."""
        if isinstance(layer, RevivedLayer) and not isinstance(layer, LiveLayer):
            return  # it has functions, and so have the layers in it
        modes = (True, False) if layer.takes_training else (None,)
        # Keras reaches the inner layers only when it traces a layer for its own signature.
        own = not trace.kwargs and _same(layer.keras_signature(), trace.inputs)
        for mode in modes:
            found = layer.traces.exact(trace.inputs, trace.kwargs, mode, self._context)
            if found.function not in self._known:
                self._known.add(found.function)
                self._traces.setdefault(layer, []).append(found)
                if (isinstance(layer, Model) and own) or isinstance(layer, LiveLayer):
                    self._add_callees(layer, found)
                for child in () if isinstance(layer, Model | LiveLayer) else layer.sublayers.values():
                    self._add_default(child)
                for call in found.inner if own else ():
                    self._add_inner(call)

    def _add_default(self, layer: Layer, hidden: bool = False) -> None:
        """Enters the trace for the layer's own signature, if it has one and has no trace yet.

        Args:
          layer: the layer.
          hidden: whether nothing shows how it is called, so that a live layer is traced for what it was called on. One
            that needs further arguments, such as a cell, has no function of its own then.
        """
        if layer in self._traces:
            return
        if layer.keras_signature() is not None:
            self._add(layer, layer.traces.default(False, self._context))
        elif hidden and isinstance(layer, LiveLayer) and layer.needs_inputs_alone:
            self._add(layer, layer.traces.exact(layer.tracer.inputs, {}, False, self._context))

    def _add_inner(self, call: InnerCall) -> None:
        self._add_default(call.layer)
        self._add(call.layer, call.layer.traces.keras(call.inputs, call.kwargs, False, self._context))

    def _add_callees(self, holder: Layer, trace: Trace) -> None:
        layers = children_of(holder)
        by_function = {t.function: (layer, t) for layer in layers for t in layer.traces}
        for layer in layers:
            if not isinstance(layer, InputLayer) and not layer.facts.restored_from_config:
                self._add_default(layer, hidden=isinstance(holder, LiveLayer))
        for site in trace.function.call_sites:
            if site.callee in by_function:
                self._add(*by_function[site.callee])


def _same(signature: Structure, inputs: Structure) -> bool:
    return signature is not None and accepts(signature, inputs) and accepts(inputs, signature)


class LayerFunctions:
    """Makes the functions of layers from their traces; traces with one body share their functions.

    Args:
      context: the names of layers.
    """

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._outputs_only: dict[object, Function] = {}

    def of(self, layer: Layer, traces: list[Trace]) -> dict[str, PolymorphicFunction]:
        """The functions of a layer, by the names that Keras gives them."""
        spec, _ = _arg_spec(layer.signature)
        traced = [self._of_trace(layer, trace) for trace in traces]
        names = [OUTPUTS, LOSSES] if layer.activity_penalty is None else [OUTPUTS, LOSSES, ALL_LOSSES]
        functions = {}
        for n in names:
            order = traced if n == OUTPUTS else _as_queued(traces, traced)
            functions[n] = PolymorphicFunction(tuple(found[n] for found in order), spec)
        if layer.activity_penalty is None:
            functions[ALL_LOSSES] = functions[LOSSES]
        else:
            functions[PENALTY] = self._penalty(layer)
        return functions

    def _of_trace(self, layer: Layer, trace: Trace) -> dict[str, ConcreteFunction]:
        """The functions of one trace."""
        spec, bare = _arg_spec(layer.signature)
        inputs = _signature(layer, spec, trace)
        arguments = zip(_tensor_specs(inputs), trace.function.inputs, strict=False)
        keywords = tuple((s.name or "") if isinstance(s, Spec) else v.node.name for s, v in arguments)
        outputs = map_structure(lambda v: v.spec, trace.outputs)
        name = self._context.names[layer]

        def concrete(function: Function, suffix: str, named: Structure) -> ConcreteFunction:
            base = f"{name}_layer_call_{suffix}"
            return ConcreteFunction(function, base, inputs, named, bare, keywords, len(keywords))

        losses = trace.function.outputs[len(trace.function.outputs) - trace.losses :]
        named = name_outputs((outputs, [v.spec for v in losses]))
        found = {
            OUTPUTS: concrete(self._without_losses(trace), "fn", name_outputs(outputs, single="unknown")),
            LOSSES: concrete(trace.function, "and_return_conditional_losses", named),
        }
        if layer.activity_penalty is not None:
            function = self._with_penalty(layer, trace)
            named = name_outputs((outputs, [v.spec for v in function.outputs[len(flatten(outputs)) :]]))
            found[ALL_LOSSES] = concrete(function, "and_return_all_conditional_losses", named)
        return found

    def _without_losses(self, trace: Trace) -> Function:
        function = trace.function
        like = self._outputs_only.get(function.body_id)
        if like is None:
            graph, results = _calling(function)
            made = graph.finish(results[: len(results) - trace.losses])
            self._outputs_only[function.body_id] = made
            return made
        (site,) = like.call_sites
        captures = dict(zip(site.callee.captured, function.captured, strict=True))
        return like.with_captures(captures, like.name, {site.callee: function})

    def _with_penalty(self, layer: Layer, trace: Trace) -> Function:
        graph, results = _calling(trace.function)
        count = len(results) - trace.losses
        penalty = layer.traces.penalty(self._context)
        return graph.finish([*results, *(graph.call(penalty, [v])[0] for v in results[:count])])

    def _penalty(self, layer: Layer) -> PolymorphicFunction:
        function = layer.traces.penalty(self._context)
        spec = function.inputs[0].spec.with_name("x")
        trace = ConcreteFunction(
            function,
            f"{self._context.names[layer]}_activity_regularizer",
            inputs=((spec,), {}),
            outputs=name_outputs(function.outputs[0].spec, single="unknown"),
            arg_spec=ArgSpec(("x",)),
            keywords=("x",),
            positional=1,
        )
        return PolymorphicFunction((trace,), ArgSpec(("x",)), (spec.with_name(None),))


def _as_queued(traces: list[Trace], made: list[Any]) -> list[Any]:
    """What is made of traces, in the order in which Keras traces the functions that other functions call.

    A cell that is called with variables and with their content is traced for training with both of them first.
    """
    given = [leaf for trace in traces for value in trace.kwargs.values() for leaf in flatten(value)]
    if not any(isinstance(leaf, VariableSpec) for leaf in given):
        return made
    order = sorted(range(len(traces)), key=lambda place: not traces[place].training)
    return [made[place] for place in order]


def _calling(function: Function) -> tuple[Builder, tuple[Value, ...]]:
    """A builder with the inputs of another function, and the outputs of a call of that function."""
    graph = Builder()
    inputs = [
        graph.input(value.spec, name)
        for value, name in zip(function.inputs, function.input_names, strict=True)
    ]
    return graph, graph.call(function, inputs)


@lru_cache(maxsize=1024)
def _arg_spec(call: CallSignature) -> tuple[ArgSpec, ArgSpec]:
    """The signature of a layer's functions, and the signature of their traces, which has no defaults."""
    by_kind: dict[Any, list[str]] = {}
    for name, parameter in call.parameters.items():
        by_kind.setdefault(parameter.kind, []).append(name)
    positional = by_kind[inspect.Parameter.POSITIONAL_OR_KEYWORD]
    keywords = by_kind.get(inspect.Parameter.KEYWORD_ONLY, [])
    defaults = call.defaults
    spec = ArgSpec(
        tuple(positional),
        tuple(defaults[name] for name in positional if name in defaults) or None,
        tuple(keywords),
        {name: defaults[name] for name in keywords if name in defaults} or None,
        next(iter(by_kind.get(inspect.Parameter.VAR_POSITIONAL, [])), None),
        next(iter(by_kind.get(inspect.Parameter.VAR_KEYWORD, [])), None),
    )
    return spec, ArgSpec(spec.args, kwonlyargs=spec.kwonlyargs)


def _signature(layer: Layer, spec: ArgSpec, trace: Trace) -> Any:
    """`((inputs, further arguments...), {keyword arguments})` with named Specs, as TensorFlow canonicalises a call."""
    given = {**layer.signature.defaults, **trace.kwargs, "training": trace.training}
    keywords = set(spec.kwonlyargs) | (set(trace.kwargs) - set(spec.args))
    return (
        (trace.inputs, *(given.get(name) for name in spec.args[1:])),
        {name: given.get(name) for name in sorted(keywords)},
    )


def _tensor_specs(structure: Any) -> list[Spec | VariableSpec]:
    if isinstance(structure, dict):
        return [s for key in sorted(structure) for s in _tensor_specs(structure[key])]
    if isinstance(structure, list | tuple):
        return [s for item in structure for s in _tensor_specs(item)]
    return [structure] if isinstance(structure, Spec | VariableSpec) else []
