"""Weights of models of kerasfmt, taken from the variables of live ones."""

from __future__ import annotations

from typing import Any

from kerasfmt import ir
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.matching import assign, by_name, ordered_weights, pair
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.layers.text_vectorization import TextVectorization
from kerasfmt.sources.live.arrays import LiveArray, variable_name
from kerasfmt.sources.live.lookups import take_lookup
from kerasfmt.sources.live.objects import is_keras3


def take_weights(model: ir.Model, live: Any, taken: dict[int, ir.Weight]) -> None:
    """Gives every weight of a model the value of its live variable; enters it into `taken` by the variable's id."""
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
    arrays = {key: (variable_name(variable), LiveArray(variable)) for key, variable in variables.items()}
    keys = {id(array): key for key, (_, array) in arrays.items()}
    where = f"layer {layer.name} ({type(layer).__name__})"
    found = list(pair(weights, by_name(weights, list(arrays.values())), where))
    assign(found)
    for weight, array in found:
        key = keys[id(array)]
        if not is_keras3(live):
            weight.name = arrays[key][0]
        taken[key] = weight
