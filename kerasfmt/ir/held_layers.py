"""The layers that layers hold, through any nesting."""

from __future__ import annotations

from collections.abc import Iterator

from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.tensor import Call
from kerasfmt.ir.weight import Weight


def children_of(layer: Layer) -> list[Layer]:
    """The layers that a layer holds, in Keras's order."""
    return layer.layers if isinstance(layer, Model) else list(layer.sublayers.values())


def attached_weights(layer: Layer) -> list[Weight]:
    """The variables that a layer and the layers in it have beside those of their classes, each once."""
    found: dict[Weight, None] = {}
    for child in children_of(layer):
        found |= dict.fromkeys(attached_weights(child))
    if layer.attached is not None:
        found |= dict.fromkeys(layer.attached.weights)
    return list(found)


def every_call(model: Model) -> Iterator[Call]:
    """The calls of a model and of the models in it, through any nesting, where they are known."""
    for layer in every_layer(model):
        if isinstance(layer, Model) and layer.built and layer.is_network:
            yield from layer.network


def every_layer(model: Model) -> Iterator[Layer]:
    """Every layer once: a model after its layers, any other layer before the layers that it holds."""
    met: set[Layer] = set()

    def walk(layer: Layer) -> Iterator[Layer]:
        if layer in met:
            return
        met.add(layer)
        if not isinstance(layer, Model):
            yield layer
        for child in children_of(layer):
            yield from walk(child)
        if isinstance(layer, Model):
            yield layer

    return walk(model)
