"""The base class of layers, the input layer, and the demands of a layer on its inputs."""

from __future__ import annotations

from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer

__all__ = ["InputLayer", "InputSpec", "Layer"]
