"""Pipeline: layers, each of which gets the outputs of the one before; Keras 2 has no such layer.

Source: keras/src/layers/preprocessing/pipeline.py (3.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import map_structure
from kerasfmt.layers.layer_list import LayerList
from kerasfmt.typing import override


def _layers(value: Any) -> list[Layer]:
    if not isinstance(value, list | tuple) or not all(isinstance(layer, Layer) for layer in value):
        raise ValueError(f"expected a list of layers, got {value!r}")
    return list(value)


class Pipeline(LayerList):
    """Layers as one layer.

    Args:
      layers: the layers; each gets the outputs of the one before.
    """

    listed = "layers"
    facts = KerasFacts(absent_in=2, implied_by_keras3={"trainable": (True,), "dtype": ("float32",)})
    layers: Field[list[Layer], Sequence[Layer]] = fields.option(
        convert=_layers, to_config=lambda layers: [layer.described() for layer in layers]
    )

    @override
    def build(self, inputs: Any) -> None:
        """Builds the layers, each for the outputs of the one before."""
        for layer in self.layers:
            inputs = map_structure(layer.cast_spec, inputs)
            if not layer.built:
                layer.scope, layer.weight_scope = self.name_scope, f"{self.name_scope}{layer.name}/"
                layer.ensure_built(inputs)
            inputs = layer.output_specs(inputs, {}, False, CallContext())

    @override
    def call(self, inputs: Any, training: bool = False, *, call_context: CallContext) -> Any:
        for layer in self.layers:
            inputs = call_context.run(layer, inputs, training)
        return inputs
