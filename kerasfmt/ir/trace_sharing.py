"""Layers that differ in name and weights only: the functions of one are those of the other on other weights.

Deep models hold few kinds of layers many times over; each kind is traced once.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from kerasfmt.graph import Function, Variable
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
_INDIVIDUAL = frozenset(
    {"name", "calls", "activity_trace", "inner_calls", "inner_losses",
     "_weights", "_attributes", "_traces"}
)  # fmt: skip
"""Attributes of every layer that tell one from another, or that every trace sets anew."""

_patterns: WeakValueDictionary[Hashable, Trace] = WeakValueDictionary()


def likeness(layer: Layer) -> Hashable | None:
    """A key that is equal for layers whose `call` emits the same nodes; None where it may depend on more.

    It holds the class and every attribute but the layer's name and its weights, of which only the specs count.
    """
    places = _places(layer)
    state: list[object] = [type(layer)]
    for name, value in vars(layer).items():
        if name in _INDIVIDUAL:
            continue
        if type(value) in _PLAIN:
            state.append((name, type(value), value))
        elif isinstance(value, Initializer):
            continue
        elif isinstance(value, Variable):
            if value not in places:
                return None
            state.append((name, places[value], value.spec, value.autocast))
        elif isinstance(value, FrozenOptions) and _is_constant([*vars(value).values()]):
            state.append((name, type(value), repr(vars(value))))
        elif _is_constant(value):
            state.append((name, repr(value)))
        else:
            return None
    return tuple(state)


def _places(layer: Layer) -> dict[Variable, int]:
    return {weight: place for place, weight in enumerate(layer._weights)}


def _is_constant(value: Any) -> bool:
    """Whether the text of a value says all that there is to it."""
    kind = type(value)
    if kind in (list, tuple):
        return all(map(_is_constant, value))
    if kind is dict:
        return all(map(_is_constant, (*value, *value.values())))
    return kind in _PLAIN or kind is float or kind in _RECORDS


def find_trace(layer: Layer, alike: Hashable, key: Hashable) -> Trace | None:
    """The trace of a layer that is like this one, on the weights of this one; None where there is none yet.

    Args:
      layer: the layer.
      alike: its `likeness`.
      key: the signature.
    """
    pattern = _patterns.get((alike, key))
    if pattern is None:
        return None
    weights = dict(zip(pattern.function.variables, (layer._weights[i] for i in pattern.weights), strict=True))
    return replace(
        pattern, function=pattern.function.with_captures(weights, function_name(layer.name)), derived={}
    )


def keep_trace(layer: Layer, alike: Hashable, key: Hashable, trace: Trace) -> Trace:
    """Lets layers like this one find the trace, unless it shows more of the layer than likeness covers."""
    function = trace.function
    places = _places(layer)
    own = all(variable in places for variable in function.variables)
    if own and not trace.inner and likeness(layer) == alike and not _is_individual(layer, function):
        trace = replace(trace, weights=tuple(places[variable] for variable in function.variables))
        _patterns[alike, key] = trace
    return trace


def _is_individual(layer: Layer, function: Function) -> bool:
    """Whether a function bears the layer's name in its nodes, or calls functions, which may belong to the layer."""
    name = layer.name.lower()
    handles = [handle.node for _, handle in function.captures]
    return any(name in node.name.lower() for node in (*handles, *function.nodes)) or any(
        isinstance(value, Function) for node in function.nodes for value in node.attrs.values()
    )
