"""Pairs the weights of a model with the variables of a SavedModel, by the paths of its objects.

    layer-0, layer-1, ...     the layers of a model, in its order; input layers count in functional models
    <attribute>               a weight of a layer, or a layer in a layer
    _random_generator._generator._state_var
                              the state of a layer's random generator

A layer of the user's own may call its weights otherwise. Its list `variables` then has them in order.

Source: tf_keras/src/engine/functional.py, _layer_checkpoint_dependencies;
tf_keras/src/saving/legacy/saved_model/load.py, _add_children_recreated_from_config
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.matching import NamedArray, Pair, assign, ordered_weights, pair, refuse, skip
from kerasfmt.formats.saved_model.stored import Place, open_saved_model
from kerasfmt.ir import Layer, Model, Weight
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.printable import printable

_LAYER: Final = re.compile(r"layer-\d+")
GENERATOR: Final = ("_random_generator", "_generator", "_state_var")
"""The path from a layer to the state of its random generator."""


@dataclass(frozen=True, eq=False)
class Matched:
    """Which objects of a SavedModel the layers and weights of a model are.

    Attributes:
      layers: the place of each layer; a layer comes before the layers in it.
      weights: the place of each weight, and of the states of random generators.
      pairs: the value of each of them.
    """

    layers: dict[Layer, Place] = field(default_factory=dict)
    weights: dict[Weight, Place] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)


def match(model: Model, root: Place, revived: Matched | None = None) -> Matched:
    """Finds the layers and the weights of a model in the SavedModel that it was read from.

    Args:
      model: the model, whose layers have the names that Keras says in the SavedModel.
      root: the object of the model.
      revived: the places of the layers that were revived, of the layers in them, and of their weights.

    Raises:
      InvalidModelError: the SavedModel has no value for a weight, or has other weights.
    """
    revived = revived or Matched()
    matching = _Matching(revived=revived)
    matching.found.weights.update(revived.weights)
    matching.add(model, root)
    return matching.found


def load_weights(
    model: Model, path: str | os.PathLike[str], by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Gives a model the weights in a SavedModel, all of them or, if anything fails, none.

    A weight of another dtype is cast. The state of an optimizer is left alone.

    Args:
      model: the model.
      path: the directory. Keep it: weights are read when they are used.
      by_name: whether to go by the names of the layers instead of their places; the other layers then stay as they are.
      skip_mismatch: by name, whether to leave out, with a warning, weights that do not fit.

    Raises:
      MissingFileError: there is no such directory.
      UnsupportedFormatError: it is in text form.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it takes more memory than it may.
      InvalidModelError: the weights do not fit the model.
      ValueError: `skip_mismatch` without `by_name`.
    """
    if skip_mismatch and not by_name:
        raise ValueError(
            "load_weights: skip_mismatch=True needs by_name=True; by their places all weights have to fit"
        )
    stored = open_saved_model(path)
    if not stored.objects:
        raise InvalidModelError(f"{path}: expected the objects of a model, got a graph of TensorFlow 1")
    matching = _Matching(by_name, partial=by_name, cast=True, mismatch=skip if skip_mismatch else refuse)
    matching.add(model, stored.root)
    assign(matching.found.pairs)


@dataclass(frozen=True, eq=False)
class _Matching:
    """How layers and objects are paired.

    Attributes:
      by_name: whether the layers of a model go by the names that Keras says, not by their places.
      partial: whether a layer may be missing.
      cast: whether an array of any dtype fits.
      mismatch: called with the error of a weight that does not fit.
      revived: the places of revived layers and of what they hold.
      found: the result.
    """

    by_name: bool = True
    partial: bool = False
    cast: bool = False
    mismatch: Callable[[InvalidModelError], None] = refuse
    revived: Matched = field(default_factory=Matched)
    found: Matched = field(default_factory=Matched)

    def add(self, layer: Layer, place: Place) -> None:
        """Adds a layer and the layers in it, each once."""
        if layer in self.found.layers:
            return
        self.found.layers[layer] = place
        if isinstance(layer, RevivedLayer):
            for inner in layer.sublayers.values():
                self.add(inner, self.revived.layers[inner])
            return
        if isinstance(layer, Model):
            for inner, inside in self._members(layer, place):
                self.add(inner, inside)
            return
        own, differs = _own_weights(layer, place)
        held = [(inner, place.child(name)) for name, inner in layer.sublayers.items()]
        if differs or any(inside is None for _, inside in held):
            self._take(layer, place, ordered_weights(layer), _listed_variables(place))
            return
        for inner, found in held:
            if found is not None:
                self.add(inner, found)
        self._take(layer, place, list(own), list(own.values()))
        self._add_generator(layer, place)

    def _members(self, model: Model, place: Place) -> Iterator[tuple[Layer, Place]]:
        """The layers of a model, and their objects."""
        places = named_layers(place) if self.by_name else _numbered_layers(place)
        for index, layer in enumerate(model.layers):
            name = layer.name if self.by_name else f"layer-{index}"
            child = places.get(name)
            if child is not None:
                yield layer, child
            elif layer.weights and not self.partial:
                got = ", ".join(places)[:200] or "no layers"
                expected = f"layer {name}" if self.by_name else f"{name}, the object of layer {layer.name}"
                raise InvalidModelError(f"{place.where}: expected {expected}, got {got}")

    def _take(
        self, layer: Layer, place: Place, weights: Sequence[Weight], variables: Sequence[Place]
    ) -> None:
        """Gives weights of a layer the variables, in order."""
        arrays: list[NamedArray] = [(each.variable.name, each.tensor) for each in variables]
        where = f"{place.where}: layer {layer.name} ({type(layer).__name__})"
        self.found.pairs.extend(pair(weights, arrays, where, cast=self.cast, mismatch=self.mismatch))
        self.found.weights.update(zip(weights, variables, strict=False))

    def _add_generator(self, layer: Layer, place: Place) -> None:
        at: Place | None = place
        for name in GENERATOR:
            at = None if at is None else at.child(name)
        if at is None or not at.is_variable:
            return
        if layer.generator_state is None:
            warnings.warn(
                printable(f"{at.where}: layer {layer.name} has no random generator; its state is left out"),
                stacklevel=2,
            )
            return
        self._take(layer, place, [layer.generator_state], [at])


def named_layers(place: Place) -> dict[str, Place]:
    """The layers of a model, by the names that Keras says."""
    return {str(child.described.get("name")): child for child in _numbered_layers(place).values()}


def _numbered_layers(place: Place) -> dict[str, Place]:
    return {name: child for name, child in place.children.items() if _LAYER.fullmatch(name)}


def _own_weights(layer: Layer, place: Place) -> tuple[dict[Weight, Place], bool]:
    """The layer's own weights with their variables, and whether the layer or the object has others."""
    found: dict[Weight, Place] = {}
    for name, weight in layer.weight_attributes.items():
        child = place.child(name)
        if child is not None and child.is_variable:
            found.setdefault(weight, child)
    used = {child.number for child in found.values()}
    surplus = any(child.number not in used for child in place.variables)
    return found, surplus or any(weight not in found for weight in layer.weight_attributes.values())


def _listed_variables(place: Place) -> list[Place]:
    """The variables in the list of an object; without a list, those that it holds itself."""
    return (place.child("variables") or place).variables
