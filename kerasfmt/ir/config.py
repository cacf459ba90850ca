"""The configs of layers and models, in Keras 2's dialect; `from_config` reads them.

`inbound_nodes` of a layer: a list with one entry per call; an entry is a structure of
`[layer_name, node_index, tensor_index, kwargs]`.

Source: tf_keras/src/engine/functional.py, get_network_config.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.sequential import Sequential
from kerasfmt.ir.structure import Structure, map_structure
from kerasfmt.ir.tensor import Constant, Tensor

CONSTANT = "_CONSTANT_VALUE"
"""Stands in place of a layer's name for an input that is a constant."""


def layer_config(layer: Layer) -> dict[str, Any]:
    """`{"class_name", "config"}` of a layer, in Keras 2's dialect."""
    return {"class_name": layer.keras_name, "config": layer.get_config()}


def functional_config(model: Model) -> dict[str, Any]:
    """The config of a functional model, in Keras 2's dialect."""
    members = {id(call) for call in model.network}
    index: dict[int, int] = {}
    for layer in model.layers:
        calls = [c for c in layer.calls if id(c) in members]
        index.update((id(call), number) for number, call in enumerate(calls, own_calls(layer, keras3=False)))

    def ref(tensor: Tensor) -> list[Any]:
        return [tensor.origin.layer.name, index[id(tensor.origin)], tensor.index]

    layers = []
    for layer in model.layers:
        inbound = []
        for call in layer.calls:
            if id(call) in members and not isinstance(layer, InputLayer):
                kwargs = {
                    k: map_structure(lambda t: _kwarg_config(t, ref), v) for k, v in call.kwargs.items()
                }
                further: dict[str, Any] = kwargs
                refs = map_structure(lambda t: _Leaf([*_first_ref(t, ref), further]), call.inputs)  # noqa: B023
                bare = layer.facts.preserves_structure or isinstance(refs, list | tuple | dict)
                inbound.append(_unwrap(refs if bare else [refs]))
        layers.append({**layer_config(layer), "name": layer.name, "inbound_nodes": inbound})
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _top_refs(model.inputs_structure, ref),
        "output_layers": _top_refs(model.outputs_structure, ref),
    }


def own_calls(layer: Layer, keras3: bool) -> int:
    """Number of calls that Keras counts before the first one from outside: a nested model's own making is one.

    Source: tf_keras/src/engine/functional.py, _should_skip_first_node; keras/src/models/functional.py, get_tensor.
    """
    if isinstance(layer, Sequential):
        return 0 if keras3 or not layer.declares_input else 1
    return 1 if isinstance(layer, Model) else 0


class _Leaf:
    """A finished list that `map_structure` must not look into."""

    def __init__(self, value: list[Any]) -> None:
        self.value = value


def _unwrap(structure: Structure) -> Structure:
    if isinstance(structure, dict):
        return {k: _unwrap(v) for k, v in structure.items()}
    if isinstance(structure, list | tuple):
        return [_unwrap(v) for v in structure]
    return structure.value if isinstance(structure, _Leaf) else structure


def _first_ref(leaf: Any, ref: Callable[[Tensor], list[Any]]) -> list[Any]:
    return [CONSTANT, -1, leaf.value] if isinstance(leaf, Constant) else ref(leaf)


def _kwarg_config(leaf: Any, ref: Callable[[Tensor], list[Any]]) -> Any:
    return ref(leaf) if isinstance(leaf, Tensor) else leaf


def _top_refs(structure: Structure, ref: Callable[[Tensor], list[Any]]) -> Structure:
    refs = _unwrap(map_structure(lambda t: _Leaf(ref(t)), structure))
    return [refs] if isinstance(structure, Tensor) else refs
