"""Every Keras layer that kerasfmt knows: one class per layer, a file per family."""

from __future__ import annotations

from kerasfmt.ir.layer import InputSpec, Layer
from kerasfmt.ir.model import InputLayer
from kerasfmt.layers.core import Activation, Dense, Dropout, Embedding, Flatten, Reshape

__all__ = ["Activation", "Dense", "Dropout", "Embedding", "Flatten", "InputLayer", "InputSpec", "Layer", "Reshape"]
