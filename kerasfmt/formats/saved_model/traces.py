"""The traced functions of layers: which exist, their signatures, their nodes in the object graph.

| function | returns |
|---|---|
| call_and_return_conditional_losses | (outputs, losses that depend on the inputs) |
| __call__ | outputs |
| activity_regularizer_fn | the penalty on the outputs, where the layer has one |
| call_and_return_all_conditional_losses | (outputs, losses and penalty); the first function where there is no penalty |

A layer that takes `training` has each function twice per signature, for training first.

Source: tf_keras/src/saving/legacy/saved_model/save_impl.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

from kerasfmt.formats.saved_model.object_graph import ConcreteNode, FunctionNode
from kerasfmt.graph import Builder, Function, Spec, Value
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Layer, Model, Trace
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import CallSignature
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import InnerCall, accepts


class LayerTraces:
    """Every trace that a saved model needs, by layer, found by walking the calls from the model's own functions.

    Args:
      model: the model that is saved.
    """

    def __init__(self, model: Model) -> None:
        self._traces: dict[Layer, list[Trace]] = {}
        self._known: set[Function] = set()
        self._context = CallContext(model.shared_traces)
        self._add(model, model.traces.default(False, self._context))

    def of(self, layer: Layer) -> list[Trace]:
        """The traces of a layer: per signature, training first."""
        return self._traces.get(layer, [])

    def _add(self, layer: Layer, trace: Trace) -> None:
        """Enters a trace in both modes, and those of the layers that it calls."""
        modes = (True, False) if layer.takes_training else (None,)
        # Keras has the layers inside at hand only where it traces a layer for its own signature.
        own = not trace.kwargs and _same(layer.keras_signature(), trace.inputs)
        for mode in modes:
            found = layer.traces.exact(trace.inputs, trace.kwargs, mode, self._context)
            if found.function not in self._known:
                self._known.add(found.function)
                self._traces.setdefault(layer, []).append(found)
                if isinstance(layer, Model) and own:
                    self._add_callees(layer, found)
                for call in found.inner if own else ():
                    self._add_inner(call)

    def _add_inner(self, call: InnerCall) -> None:
        general = call.layer.keras_signature()
        if general is not None and call.layer not in self._traces:
            self._add(call.layer, call.layer.traces.exact(general, {}, False, self._context))
        self._add(call.layer, call.layer.traces.keras(call.inputs, call.kwargs, False, self._context))

    def _add_callees(self, model: Model, trace: Trace) -> None:
        by_function = {t.function: (layer, t) for layer in model.layers for t in layer.traces}
        for layer in model.layers:
            inline = isinstance(layer, InputLayer) or layer.facts.restored_from_config
            general = None if inline else layer.keras_signature()
            if general is not None and layer not in self._traces:
                self._add(layer, layer.traces.exact(general, {}, False, self._context))
        for node in trace.function.nodes:
            callee = node.attrs.get("f")
            if isinstance(callee, Function) and callee in by_function:
                self._add(*by_function[callee])


def _same(signature: Structure, inputs: Structure) -> bool:
    return signature is not None and accepts(signature, inputs) and accepts(inputs, signature)


def function_nodes(layer: Layer, traces: list[Trace]) -> dict[str, FunctionNode]:
    """The function nodes of a layer, by the names that Keras gives them."""
    spec, bare = _arg_spec(layer.signature)
    with_losses = FunctionNode(arg_spec=spec)
    outputs_only = FunctionNode(arg_spec=spec)
    with_penalty = FunctionNode(arg_spec=spec)
    regularizer = layer.activity_penalty
    for trace in traces:
        signature = _signature(layer, spec, trace)
        keywords = tuple(s.name or "" for s in _tensor_specs(signature))
        known = {"inputs": signature, "arg_spec": bare, "keywords": keywords, "positional": len(keywords)}
        outputs = map_structure(lambda v: v.spec, trace.outputs)
        losses = trace.function.outputs[len(trace.function.outputs) - trace.losses :]
        name = f"{layer.name}_layer_call"
        result = (outputs, [v.spec for v in losses])
        _append(
            with_losses, trace.function, f"{name}_and_return_conditional_losses", name_outputs(result), known
        )
        plain = _outputs_only(trace)
        _append(outputs_only, plain, f"{name}_fn", name_outputs(outputs, single="unknown"), known)
        if regularizer is not None:
            all_losses = _with_penalty(layer, trace)
            penalty = [v.spec for v in all_losses.outputs[len(flatten(outputs)) :]]
            named = name_outputs((outputs, penalty))
            _append(with_penalty, all_losses, f"{name}_and_return_all_conditional_losses", named, known)
    nodes = {"__call__": outputs_only, "call_and_return_all_conditional_losses": with_losses}
    nodes["call_and_return_conditional_losses"] = with_losses
    if regularizer is not None:
        nodes["call_and_return_all_conditional_losses"] = with_penalty
        nodes["activity_regularizer_fn"] = _activity_node(layer)
    return nodes


def _append(
    node: FunctionNode, function: Function, name: str, outputs: Any, known: Mapping[str, Any]
) -> None:
    trace = ConcreteNode(function=function, name=name, outputs=outputs, **known)
    node.add(f"trace_{len(node.children)}", trace)


def _wrapper(trace: Trace) -> tuple[Builder, list[Value], tuple[Value, ...]]:
    graph = Builder()
    inputs = [
        graph.input(value.spec, name)
        for value, name in zip(trace.function.inputs, trace.function.input_names, strict=True)
    ]
    return graph, inputs, graph.call(trace.function, inputs)


_wrappers: WeakValueDictionary[object, Function] = WeakValueDictionary()


def _outputs_only(trace: Trace) -> Function:
    function = trace.function
    alike = _wrappers.get(function.body_id)
    if alike is not None:
        (site,) = alike.call_sites
        variables = dict(zip(site.callee.variables, function.variables, strict=True))
        return alike.with_captures(variables, alike.name, {site.callee: function})
    graph, _, results = _wrapper(trace)
    made = _wrappers[function.body_id] = graph.finish(results[: len(results) - trace.losses])
    return made


def _with_penalty(layer: Layer, trace: Trace) -> Function:
    graph, _, results = _wrapper(trace)
    count = len(results) - trace.losses
    penalty = layer.traces.penalty()
    penalties = [graph.call(penalty, [v])[0] for v in results[:count]]
    return graph.finish([*results, *penalties])


def _activity_node(layer: Layer) -> FunctionNode:
    function = layer.traces.penalty()
    spec = function.inputs[0].spec.with_name("x")
    signature: tuple[Any, ...] = ((spec,), {})
    node = FunctionNode(arg_spec=ArgSpec(("x",)), input_signature=(spec.with_name(None),))
    known = {"inputs": signature, "arg_spec": ArgSpec(("x",)), "keywords": ("x",), "positional": 1}
    name = f"{layer.name}_activity_regularizer"
    _append(node, function, name, name_outputs(function.outputs[0].spec, single="unknown"), known)
    return node


@lru_cache(maxsize=1024)
def _arg_spec(call: CallSignature) -> tuple[ArgSpec, ArgSpec]:
    """The signature of a layer's functions, and that of their traces, which have no defaults."""
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


def _tensor_specs(structure: Any) -> list[Spec]:
    if isinstance(structure, dict):
        return [s for key in sorted(structure) for s in _tensor_specs(structure[key])]
    if isinstance(structure, list | tuple):
        return [s for item in structure for s in _tensor_specs(item)]
    return [structure] if isinstance(structure, Spec) else []


def name_outputs(outputs: Structure, single: str = "tensor") -> Structure:
    """Names output Specs as TensorFlow does: by their path below `tensor`, a dict's top level by its keys."""
    if isinstance(outputs, Spec):
        return outputs.with_name(single)
    if isinstance(outputs, dict):
        return {key: _name_path(outputs[key], str(key)) for key in sorted(outputs)}
    return type(outputs)(_name_path(item, f"tensor_{i}") for i, item in enumerate(outputs))


def _name_path(structure: Structure, path: str) -> Structure:
    if isinstance(structure, Spec):
        return structure.with_name(re.sub(r"[^A-Za-z0-9_]", "_", path))
    if isinstance(structure, dict):
        return {key: _name_path(structure[key], f"{path}_{key}") for key in sorted(structure)}
    return type(structure)(_name_path(item, f"{path}_{i}") for i, item in enumerate(structure))
