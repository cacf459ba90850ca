"""The base class of layers, the input layer, and the demands of a layer on its inputs."""

from __future__ import annotations

from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import added  # noqa: F401  (files call the layer of the base class by its name)

__all__ = ["InputLayer", "InputSpec", "Layer"]
