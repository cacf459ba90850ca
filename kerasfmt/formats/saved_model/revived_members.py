"""The layers of a model whose config a SavedModel holds, where they are known by more than their config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kerasfmt.formats.saved_model.stored import Place
from kerasfmt.ir import Layer


class LayerSource(Protocol):
    """The layers of a SavedModel by their objects."""

    def layers_of(self, place: Place) -> Mapping[str, Place]:
        """The layers of a model by name."""

    def computes(self, place: Place) -> bool:
        """Whether the file has functions that compute the layer of an object."""

    def made(self, place: Place) -> Layer | None:
        """The layer of an object, if it was made already and no config has named it yet."""

    def enter(self, place: Place, layer: Layer) -> None:
        """Notes the layer of an object."""

    def named(self, place: Place) -> Layer:
        """The revived layer of an object that a config names."""


class Members:
    """The layers of a model, as its config names them.

    Args:
      revival: makes them.
      base: the object of the model.
    """

    def __init__(self, revival: LayerSource, base: Place) -> None:
        self._revival = revival
        self._base = base

    def _place(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Place | None:
        place: Place | None = self._base
        name = entry["config"].get("name", entry.get("name"))
        for each in (*path[1:], str(name)):
            place = None if place is None else self._revival.layers_of(place).get(each)
        return place if path else None

    def made(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """The layer of an entry, if a revived layer holds it and no other config has named it."""
        place = self._place(entry, path)
        return None if place is None else self._revival.made(place)

    def enter(self, entry: Mapping[str, Any], path: tuple[str, ...], layer: Layer) -> None:
        """Notes the layer of an entry."""
        place = self._place(entry, path)
        if place is not None:
            self._revival.enter(place, layer)

    def revived(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """The layer of an entry that its class does not make; None where the file has no functions of it."""
        place = self._place(entry, path)
        return None if place is None or not self._revival.computes(place) else self._revival.named(place)
