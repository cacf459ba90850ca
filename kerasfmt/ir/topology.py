"""The order of the calls between a model's inputs and its outputs.

Source: tf_keras/src/engine/functional.py, _map_graph_network.
"""

from __future__ import annotations

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.tensor import Call, Tensor


def sort_calls(name: str, inputs: list[Tensor], outputs: list[Tensor]) -> tuple[list[Call], list[Layer]]:
    """The calls between inputs and outputs, and their layers, in Keras's order: by depth, deepest first.

    Raises:
      InvalidModelError: an output needs an input that is not given, or a cycle.
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


def _walk(name: str, inputs: list[Tensor], outputs: list[Tensor]) -> tuple[list[Call], dict[Layer, int]]:
    """Every call that the outputs need, inputs before users, and the order in which layers were met."""
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
        if isinstance(call.layer, InputLayer) and tensor not in known:
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
      InvalidModelError: there are two.
    """
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            raise InvalidModelError(f"model {model}: two layers are called {layer.name!r}; rename one")
        seen.add(layer.name)
