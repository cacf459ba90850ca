"""Which layers revived layers hold: those that they track, but never one that holds them.

A layer of Keras may track the layer that it is in. As a tree of layers that would be endless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from kerasfmt.errors import InvalidModelError, UnsafeFileError
from kerasfmt.ir import Layer, Model
from kerasfmt.ir.held_layers import children_of
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.tracked import TrackedItem

_MOST_WAYS: Final = 10_000
"""Paths from a layer to the layers in it; what walks layers walks every path."""
_MOST_EACH: Final = 4
"""Further paths, for each layer of the model."""


def layers_in(
    model: Model, tracked: Callable[[RevivedLayer], Iterable[tuple[str, TrackedItem]]]
) -> list[Layer]:
    """Gives each revived layer of a model the layers that it tracks.

    Args:
      model: the model.
      tracked: gives what a layer tracks, with the path of attributes that leads to each.

    Returns:
      All layers, each after the layers in it.

    Raises:
      InvalidModelError: a layer that is not revived holds itself.
      UnsafeFileError: layers hold each other in too many ways.
    """
    around: set[Layer] = {model}
    ways: dict[Layer, int] = {}
    begun: list[tuple[Layer, list[Layer], Iterator[Layer]]] = []

    def begin(layer: Layer) -> None:
        around.add(layer)
        inside = _inside(layer, tracked, around)
        begun.append((layer, inside, iter(inside)))

    begin(model)
    while begun:
        layer, inside, rest = begun[-1]
        child = next(rest, None)
        if child is None:
            begun.pop()
            around.discard(layer)
            ways[layer] = 1 + sum(ways[held] for held in inside)
            if ways[layer] > _MOST_WAYS + _MOST_EACH * len(ways):
                raise UnsafeFileError(
                    f"layer {layer.name}: {ways[layer]:,} paths lead to the {len(ways):,} layers in it; expected at "
                    f"most {_MOST_WAYS:,} and {_MOST_EACH} for each layer"
                )
        elif child in around:
            raise InvalidModelError(f"layer {child.name}: it holds itself")
        elif child not in ways:
            begin(child)
    return list(ways)


def _inside(
    layer: Layer,
    tracked: Callable[[RevivedLayer], Iterable[tuple[str, TrackedItem]]],
    around: set[Layer],
) -> list[Layer]:
    """The layers in a layer; a revived one takes them first."""
    if not isinstance(layer, RevivedLayer):
        return children_of(layer)
    found = {path: item for path, item in tracked(layer) if isinstance(item, Layer) and item not in around}
    layer.hold(found)
    return list(found.values())
