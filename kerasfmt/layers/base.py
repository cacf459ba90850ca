"""What layers are made of: the base class, the input layer, and what a layer says of its inputs."""

from __future__ import annotations

from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer

__all__ = ["InputLayer", "InputSpec", "Layer"]
