"""Weights of models of kerasfmt, taken from the variables of live ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt import ir
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.matching import assign, by_name, ordered_weights, pair
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.layers.text_vectorization import TextVectorization
from kerasfmt.sources.live.arrays import LiveArray, MergedArray, variable_name
from kerasfmt.sources.live.lookups import take_lookup
from kerasfmt.sources.live.objects import is_keras3, keras_class, registered_name, to_json


class HasMoreWeights(InvalidModelError):
    """A live layer of Keras's own was given weights beside those of its class.

    Attributes:
      live: the layer.
    """

    def __init__(self, live: Any, layer: ir.Layer, got: int) -> None:
        super().__init__(
            f"layer {layer.name} ({type(layer).__name__}): expected {len(layer.weights)} weights, got {got}: "
            "add_weight was called from outside"
        )
        self.live = live


def take_weights(model: ir.Model, live: Any, taken: dict[int, ir.Weight]) -> None:
    """Gives every weight of a model the value of its live variable; enters it into `taken` by the variable's id.

    The models inside, and the model itself, are given the names of their classes. A Sequential model of Keras 2 says
    whether it checks its input.
    """
    if isinstance(model, ir.Sequential) and not is_keras3(live):
        model.checks_input = live.input_spec is not None
    if not keras_class(type(live)):
        model.own_class = registered_name(type(live), live)
        if not is_keras3(live):
            model.own_config = _own_config(live)
    model.infers_batch = not getattr(live, "_has_explicit_input_shape", True)
    layers = {layer.name: layer for layer in live.layers}
    for layer in model.layers:
        twin = layers.get(layer.name)
        if isinstance(layer, LiveLayer):
            continue  # it was made with its weights
        if isinstance(layer, ir.Model):
            take_weights(layer, twin, taken)
        elif twin is not None:
            take_layer(layer, twin, taken)
        elif layer.weights:
            raise InvalidModelError(f"layer {layer.name}: expected it in the live model, got nothing")


def _own_config(live: Any) -> Mapping[str, Any] | None:
    """What `get_config` of a model says, if its class defines that; None where it fails or is a network's own."""
    if keras_class(next(cls for cls in type(live).__mro__ if "get_config" in vars(cls))):
        return None
    try:
        found: Mapping[str, Any] = to_json(live.get_config())
    except NotImplementedError:
        return None
    return None if "layers" in found else found


def take_layer(layer: ir.Layer, live: Any, taken: dict[int, ir.Weight]) -> None:
    """Gives the weights of a layer the values of its live variables, as `take_weights` does."""
    if isinstance(layer, IndexLookup):
        take_lookup(layer, live)
        return
    if isinstance(layer, TextVectorization):
        take_lookup(layer.lookup, live._lookup_layer)
        return
    weights = ordered_weights(layer)
    variables = {id(v): v for v in (*live.trainable_weights, *live.non_trainable_weights)}
    if len(variables) > len(weights) and not is_keras3(live):
        raise HasMoreWeights(live, layer, len(variables))
    arrays: dict[int, tuple[str, LiveArray | MergedArray]]
    arrays = {key: (variable_name(variable), LiveArray(variable)) for key, variable in variables.items()}
    for base, left, right, factor in adapters(live):
        del arrays[id(left)], arrays[id(right)]
        arrays[id(base)] = (variable_name(base), MergedArray(base, left, right, factor))
    keys = {id(array): key for key, (_, array) in arrays.items()}
    where = f"layer {layer.name} ({type(layer).__name__})"
    stored = by_name(weights, list(arrays.values()))
    # Normalizations in half precision have variables of that precision in Keras 3, and of float32 in Keras 2.
    found = list(pair(weights, stored, where, cast=is_keras3(live)))
    assign(found)
    for weight, array in found:
        key = keys[id(array)]
        if not is_keras3(live):
            weight.name = arrays[key][0]
        taken[key] = weight


def adapters(live: Any) -> list[tuple[Any, Any, Any, float]]:
    """The adapters of low rank (LoRA) of a live layer and the layers in it: variable, two factors, and their scale.

    Source: keras/src/layers/core/dense.py, kernel (3.x)
    """
    found = []
    for part in getattr(live, "_flatten_layers", tuple)():
        if not getattr(part, "lora_enabled", False):
            continue
        scale = getattr(part, "lora_alpha", part.lora_rank) / part.lora_rank
        word = "kernel" if hasattr(part, "lora_kernel_a") else "embeddings"
        factors = (getattr(part, f"lora_{word}_{end}") for end in "ab")
        found.append((getattr(part, f"_{word}"), *factors, scale))
    return found
