"""The layers of a live model by the entries of its config, which name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kerasfmt.ir import Layer

if TYPE_CHECKING:
    from kerasfmt.sources.live.custom_layers import CustomLayers


class LiveMembers:
    """The layers of a live model, as its config names them.

    Args:
      layers: makes those with code of their own.
      live: the model.
    """

    def __init__(self, layers: CustomLayers, live: Any) -> None:
        self._layers = layers
        self._live = live

    def _find(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        found = self._live if path else None
        for name in (*path[1:], str(entry["config"].get("name", entry.get("name")))):
            found = next((each for each in getattr(found, "layers", ()) if each.name == name), None)
        return found

    def made(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """The layer of an entry, if it has code of its own, or a custom layer holds it."""
        found = self._find(entry, path)
        return None if found is None else self._layers.named(found)

    def enter(self, entry: Mapping[str, Any], path: tuple[str, ...], layer: Layer) -> None:
        """Notes the layer of an entry."""
        found = self._find(entry, path)
        if found is not None:
            self._layers.enter(found, layer)

    def revived(self, entry: Mapping[str, Any], path: tuple[str, ...]) -> Layer | None:
        """None: what is not custom is made from its config."""
        return None
