"""The numbers by which Keras knows objects again that several configs hold.

Source: tf_keras/src/saving/legacy/serialization.py, SharedObjectSavingScope
"""

from __future__ import annotations

from typing import Any, Final

from kerasfmt.ir import Layer, Model
from kerasfmt.ir.constraints import Constraint
from kerasfmt.ir.json_values import LEAVES
from kerasfmt.ir.naming import LayerNames
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.revived import RevivedLayer

SHARED: Final = "shared_object_id"
"""The key of the number of an object that several configs may hold."""


class SharedIds:
    """Numbers each config object of a model once, in the order in which Keras meets them.

    Args:
      names: the names of layers.
    """

    def __init__(self, names: LayerNames) -> None:
        self.names = names
        self._ids: dict[Any, int] = {}
        self._configs: dict[Layer, dict[str, Any]] = {}
        self._numbered: dict[Layer, dict[str, Any]] = {}
        self._apart: set[Layer] = set()

    def policy(self, layer: Layer) -> int:
        """The number of the policy of a layer; a layer that others share nothing with has one of its own."""
        apart = layer in self._apart or layer.options_of is not None
        return self.number(("policy", layer.policy.name, layer if apart else None))

    def number(self, key: Any) -> int:
        """The number of the object behind `key`."""
        return self._ids.setdefault(key, len(self._ids))

    def config(self, layer: Layer) -> dict[str, Any]:
        """A layer's config with every config object in it numbered."""
        if layer not in self._numbered:
            config = layer.config_beside_graph(self.plain(layer))
            self._numbered[layer] = {key: self._mark(layer, key, value) for key, value in config.items()}
        return self._numbered[layer]

    def plain(self, layer: Layer) -> dict[str, Any]:
        """A layer's config without numbers."""
        if layer not in self._configs:
            self._configs[layer] = layer.config_in(self.names)
        return self._configs[layer]

    def _described(self, layer: Layer, value: dict[str, Any]) -> dict[str, Any]:
        """The description of a layer inside the config of another; Keras makes it with a policy of its own."""
        self._apart.add(layer)
        config = layer.config_in(self.names) if isinstance(layer, Model) else self.config(layer)
        return {**value, "config": config, "shared_object_id": self.number(layer)}

    def _mark(self, layer: Layer, key: str, value: Any) -> Any:
        if type(value) in LEAVES or key in layer.facts.unnumbered_options:
            return value
        if isinstance(layer, RevivedLayer) and key in layer.stated_layers:
            return {**value, SHARED: self.number(layer.stated_layers[key])}
        child = layer.held(key)
        if isinstance(child, Layer):
            return self._described(child, value)
        if isinstance(child, list) and child and all(isinstance(item, Layer) for item in child):
            return [self._described(item, config) for item, config in zip(child, value, strict=True)]
        if isinstance(value, dict) and value.keys() == {"class_name", "config"}:
            if key == "dtype":
                return {**value, "shared_object_id": self.policy(layer)}
            owner: Any = (layer.options_of or layer, key)
            # Layers inside a layer may hold the same object.
            owner = id(child) if isinstance(child, Regularizer | Constraint) else owner
            return {**value, "shared_object_id": self.number(owner)}
        return value
