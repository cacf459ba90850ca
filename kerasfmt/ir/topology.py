"""The calls between a model's inputs and its outputs: their order, and references to them.

Source: tf_keras/src/engine/functional.py, _map_graph_network and get_network_config.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.json_values import wrap_bytes
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.structure import Structure, map_structure, map_to_lists
from kerasfmt.ir.tensor import Call, Constant, Tensor

CONSTANT: Final = "_CONSTANT_VALUE"
"""Stands in a config in place of a layer's name for an input that is a constant."""


class Reference(NamedTuple):
    """A tensor of a model.

    Attributes:
      layer: the layer that makes it.
      call: number of the call among the layer's calls in the model.
      output: number of the output of the call.
    """

    layer: Layer
    call: int
    output: int


class References:
    """The tensors of a model by the calls that make them.

    Args:
      network: the calls of the model.
      layers: its layers.
      names: the names of layers.

    Attributes:
      calls: the calls of each layer in the model, in the order of their construction.
    """

    def __init__(
        self, network: Sequence[Call], layers: Sequence[Layer], names: LayerNames = OWN_NAMES
    ) -> None:
        self.names = names
        members = {id(call) for call in network}
        self.calls = {layer: [call for call in layer.calls if id(call) in members] for layer in layers}
        self._numbers = {id(call): n for calls in self.calls.values() for n, call in enumerate(calls)}

    def to(self, tensor: Tensor) -> Reference:
        """The reference to a tensor."""
        call = tensor.origin
        return Reference(call.layer, self._numbers[id(call)], tensor.index)


def inbound_nodes(layer: Layer, references: References) -> list[Any]:
    """The calls of a layer for the config of a model.

    One entry per call: a structure of `[layer name, number of the call, number of the output, keyword arguments]`.
    """
    nodes = []
    for call in references.calls[layer]:
        kwargs = {
            name: map_structure(lambda t: _keyword(t, references), v) for name, v in call.kwargs.items()
        }
        node = map_to_lists(lambda t: [*_input(t, references), kwargs], call.inputs)  # noqa: B023
        bare = layer.facts.preserves_structure or isinstance(call.inputs, list | tuple | dict)
        nodes.append(node if bare else [node])
    return [] if layer.is_input else nodes


def end_references(structure: Structure, references: References) -> Structure:
    """The inputs or outputs of a model for its config; a single tensor becomes a list."""
    found = map_structure(lambda tensor: _numbered(tensor, references), structure)
    return [found] if isinstance(structure, Tensor) else found


def _numbered(tensor: Tensor, references: References) -> list[Any]:
    layer, call, output = references.to(tensor)
    return [references.names[layer], layer.own_calls + call, output]


def _input(leaf: Any, references: References) -> list[Any]:
    if isinstance(leaf, Constant):
        return [CONSTANT, -1, wrap_bytes(leaf.plain)]
    return _numbered(leaf, references)


def _keyword(leaf: Any, references: References) -> Any:
    if isinstance(leaf, Tensor):
        return _numbered(leaf, references)
    return wrap_bytes(leaf.plain if isinstance(leaf, Constant) else leaf)


def sort_calls(name: str, inputs: list[Tensor], outputs: list[Tensor]) -> tuple[list[Call], list[Layer]]:
    """The calls between inputs and outputs, and their layers, in Keras's order: by depth, deepest first.

    Raises:
      InvalidModelError: an output needs an input that the model does not have, or the calls form a cycle.
    """
    post_order, met = _walk(name, inputs, outputs)
    depths = _call_depths(post_order)
    by_id = {id(call): call for call in post_order}
    for tensor in inputs:
        if id(tensor.origin) not in by_id:
            by_id[id(tensor.origin)] = tensor.origin
            depths[id(tensor.origin)] = 0
            met.setdefault(tensor.origin.layer, -1)
    calls = [by_id[key] for key in sorted(depths, key=lambda key: -depths[key])]
    deepest: dict[Layer, int] = {}
    for call in calls:
        deepest[call.layer] = max(deepest.get(call.layer, 0), depths[id(call)])
    return calls, sorted(deepest, key=lambda layer: (-deepest[layer], met[layer]))


def with_further_calls(
    calls: list[Call], layers: list[Layer], further: Sequence[Layer]
) -> tuple[list[Call], list[Layer]]:
    """The calls and layers of a model with those that its outputs do not need, in Keras's order: by their depth.

    Args:
      calls: the calls between inputs and outputs.
      layers: their layers.
      further: layers of the model whose calls its outputs do not need, in its order. Calls of all layers are meant.

    Source: tf_keras/src/engine/functional.py, Functional._insert_layers
    """
    known = {id(call) for call in calls}
    depths: dict[int, int] = {}
    pending = [
        call
        for layer in (*layers, *further)
        if not layer.is_input
        for call in layer.calls
        if id(call) not in known
    ]
    stack = pending[::-1]
    found: list[Call] = []
    while stack:
        call = stack[-1]
        before = [tensor.origin for tensor in call.tensor_inputs if id(tensor.origin) not in known]
        missing = [origin for origin in before if id(origin) not in depths and not origin.layer.is_input]
        if missing and id(call) not in depths:
            stack.extend(missing)
            continue
        stack.pop()
        if id(call) not in depths:
            depths[id(call)] = 1 + max((depths.get(id(origin), 0) for origin in before), default=0)
            found.append(call)
    return [*calls, *sorted(found, key=lambda call: depths[id(call)])], [*layers, *further]


def _walk(name: str, inputs: list[Tensor], outputs: list[Tensor]) -> tuple[list[Call], dict[Layer, int]]:
    """Every call that the outputs need, producers first, and the order in which Keras meets the layers."""
    order: list[Call] = []
    met: dict[Layer, int] = {}
    done: set[int] = set()
    ancestors: set[int] = set()
    known = set(inputs)
    stack: list[tuple[Tensor, bool]] = [(output, False) for output in reversed(outputs)]
    while stack:
        tensor, finished = stack.pop()
        call = tensor.origin
        if finished:
            ancestors.discard(id(call))
            done.add(id(call))
            order.append(call)
            continue
        if id(call) in done:
            continue
        if id(call) in ancestors:
            raise InvalidModelError(f"model {name}: layer {call.layer.name} is part of a cycle")
        if call.layer.is_input and tensor not in known:
            raise InvalidModelError(
                f"model {name}: its outputs need the input {call.layer.name}, which is not among its inputs"
            )
        met.setdefault(call.layer, len(met))
        ancestors.add(id(call))
        stack.append((tensor, True))
        stack.extend((t, False) for t in reversed(call.tensor_inputs))
    return order, met


def _call_depths(order: list[Call]) -> dict[int, int]:
    """Depth of each call, by id, in the order in which Keras meets them."""
    depths: dict[int, int] = {}
    layer_depths: dict[Layer, int] = {}
    for call in reversed(order):
        depth = max(depths.get(id(call), 0), layer_depths.get(call.layer, 0))
        layer_depths[call.layer] = depth
        depths[id(call)] = depth
        for tensor in call.tensor_inputs:
            origin = tensor.origin
            depths[id(origin)] = max(depth + 1, depths.get(id(origin), 0))
    return depths


def check_names(model: str, layers: list[Layer]) -> None:
    """Refuses two layers of one name.

    Raises:
      InvalidModelError: two layers have the same name.
    """
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            raise InvalidModelError(f"model {model}: two layers are called {layer.name!r}; rename one")
        seen.add(layer.name)
