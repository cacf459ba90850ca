"""Layers that models of keras.applications define themselves, and that their files name.

Source: tf_keras/src/applications/convnext.py, inception_resnet_v2.py; keras/src/applications (3.x), of the same names.
"""

from __future__ import annotations

from typing import Any

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.initializers import get as initializer
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.shapes import dims_of, packed
from kerasfmt.typing import override


class LayerScale(Layer):
    """Multiplies each channel by a trained factor (ConvNeXt).

    Args:
      init_values: initial value of the factors.
      projection_dim: number of channels.

    Input: float (..., projection_dim). Output: the same.
    """

    facts = KerasFacts(module_in_keras3="keras.src.applications.convnext")
    init_values: float
    projection_dim: int = fields.positive_integer()
    gamma: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a factor per channel."""
        made = initializer({"class_name": "Constant", "config": {"value": self.init_values}})
        self.gamma = self.add_weight("gamma", (self.projection_dim,), initializer=made)

    @override
    def call(self, x: Value) -> Value:
        return ops.multiply(x, self.gamma)


class StochasticDepth(Layer):
    """Sets samples to zero at random while training, and scales the others up (ConvNeXt).

    Args:
      drop_path_rate: share of samples that are dropped.
    """

    facts = KerasFacts(module_in_keras3="keras.src.applications.convnext")
    drop_path_rate: float = fields.fraction()

    @override
    def call(self, x: Value, training: bool = False) -> Value:
        if not training:
            return x
        keep = 1 - self.drop_path_rate
        shape = packed([dims_of(x)[0], *[1] * (x.rank - 1)], x)
        chosen = ops.floor(keep + ops.random_uniform(shape, dtypes.float32))
        return x / keep * chosen


class CustomScaleLayer(Layer):
    """`inputs[0] + inputs[1] * scale`: a residual connection (InceptionResNetV2).

    Args:
      scale: weight of the second input.
    """

    facts = KerasFacts(
        registered_name="Custom>CustomScaleLayer",
        module_in_keras3="keras.src.applications.inception_resnet_v2",
    )
    scale: float

    @override
    def call(self, inputs: Any) -> Value:
        first, second = inputs
        total: Value = first + second * self.scale
        return total
