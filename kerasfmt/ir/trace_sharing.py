"""Shared traces: layers that differ in name and weights only have the same functions on different weights.

Deep models hold many copies of a few kinds of layers. Each kind is traced once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from kerasfmt.graph import Capture, Function, Table, Variable
from kerasfmt.ir.activations import Activation
from kerasfmt.ir.initializers import Initializer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.ir.policy import Policy
from kerasfmt.ir.trace import Trace, function_name

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer

_PLAIN = frozenset({type(None), bool, int, str, bytes})
_RECORDS = (Policy, Activation, InputSpec)


_LONGEST = 10_000
"""Layers whose options hold longer lists share no traces: comparing them would take longer than tracing."""


class SharedTraces:
    """The traces that equal layers of a model share, by `sharing_key` and signature.

    Keeps neither layers nor traces alive: a trace is available as long as a layer holds it.
    """

    def __init__(self) -> None:
        self._found: WeakValueDictionary[Hashable, Trace] = WeakValueDictionary()

    def trace(
        self,
        layer: Layer,
        name: str,
        signature: Hashable,
        keys: dict[Layer, Hashable | None],
        make: Callable[[], Trace],
    ) -> Trace:
        """The trace of a layer: an equal layer's trace on the weights of this layer, or a new trace.

        Args:
          layer: the layer.
          name: its name in traces.
          signature: what it is traced for.
          keys: the sharing keys of the layers that one trace has met so far.
          make: makes the trace.
        """
        if layer not in keys:
            keys[layer] = sharing_key(layer)
        key = keys[layer]
        if key is None:
            return make()
        pattern = self._found.get((key, signature))
        if pattern is not None:
            return _on_weights_of(layer, pattern, name)
        trace = make()
        keys[layer] = sharing_key(layer)
        return self._share(layer, name, key, signature, trace) if keys[layer] == key else trace

    def _share(self, layer: Layer, name: str, key: Hashable, signature: Hashable, trace: Trace) -> Trace:
        """Lets equal layers find the trace, unless it depends on more of this layer than the key states."""
        places = _places(layer)
        captured = trace.function.captured
        own = all(capture in places for capture in captured)
        if own and not trace.inner and not _shows(name, trace.function):
            trace = replace(trace, places=tuple(places[capture] for capture in captured))
            self._found[key, signature] = trace
        return trace


def sharing_key(layer: Layer) -> Hashable | None:
    """A key that is equal for layers whose `call` emits the same nodes; None where `call` may depend on more.

    It holds the class, the options, the specs of weights, tables and constants, the input specs of `build`, and every
    other attribute that the class adds.
    """
    places = _places(layer)
    state: list[object] = [type(layer), layer.policy, layer.trainable, repr(layer.batch_input_shape)]
    state += [repr(layer.build_input), *map(_kind, places)]
    common = layer.common_attributes
    own = [(name, value) for name, value in vars(layer).items() if name not in common]
    state += [(name, type(value), value) for name, value in own if type(value) in _PLAIN]
    for name, value in own:
        if type(value) in _PLAIN or isinstance(value, Initializer):
            continue
        text = places.get(value) if isinstance(value, Capture) else _text(value)
        if text is None:
            return None
        state.append((name, text))
    return tuple(state)


def _kind(captured: Capture) -> Hashable:
    """What nodes that use a weight, a table or a constant depend on."""
    autocast = isinstance(captured, Variable) and captured.autocast
    keys = captured.key_dtype if isinstance(captured, Table) else None
    return type(captured), captured.described, autocast, keys


def _text(value: Any) -> Hashable | None:
    """A text that determines a value completely; None if there is none."""
    if isinstance(value, FrozenOptions) and _is_constant([*vars(value).values()]):
        return type(value), repr(vars(value))
    return repr(value) if _is_constant(value) else None


def _is_constant(value: Any) -> bool:
    """Whether the text of a value determines it completely."""
    kind = type(value)
    if kind in (list, tuple):
        return len(value) <= _LONGEST and all(map(_is_constant, value))
    if kind is dict:
        return all(map(_is_constant, (*value, *value.values())))
    return kind in _PLAIN or kind is float or kind in _RECORDS


def _places(layer: Layer) -> dict[Capture, int]:
    """The layer's own weights, tables and constants, numbered."""
    held = (*layer.weight_attributes.values(), *layer.captures)
    return {captured: place for place, captured in enumerate(dict.fromkeys(held))}


def _on_weights_of(layer: Layer, pattern: Trace, name: str) -> Trace:
    held = list(_places(layer))
    own = dict(zip(pattern.function.captured, (held[place] for place in pattern.places), strict=True))
    return Trace(
        pattern.function.with_captures(own, function_name(name)),
        pattern.inputs,
        pattern.kwargs,
        pattern.outputs,
        pattern.losses,
        pattern.training,
        pattern.inner,
        pattern.places,
    )


def _shows(name: str, function: Function) -> bool:
    """Whether nodes of a function have the layer's name, or call functions that may belong to the layer."""
    part = name.lower()
    handles = [handle.node for _, handle in function.captures]
    return any(part in node.name.lower() for node in (*handles, *function.nodes)) or any(
        isinstance(value, Function) for node in function.nodes for value in node.attrs.values()
    )
