"""The base of layers that hold a list of layers as an option."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerasfmt.ir.layer import Layer
from kerasfmt.typing import override


class LayerList(Layer, register=False):
    """Base of layers that hold a list of layers as an option.

    Attributes:
      listed: the name of the option.
    """

    listed = ""

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        return {str(i): layer for i, layer in enumerate(vars(self).get(self.listed, ()))}

    @override
    def tracked_layers(self) -> Mapping[str, Sequence[Layer]]:
        return {self.listed: getattr(self, self.listed)}

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The layer with the layers that its config describes."""
        described = config.get(cls.listed)
        if not isinstance(described, list):
            raise ValueError(f"option {cls.listed}: expected a list of {cls.listed}, got {described!r:.80}")
        return cls.from_config({**config, cls.listed: [make(layer) for layer in described]})
