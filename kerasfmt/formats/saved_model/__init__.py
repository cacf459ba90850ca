"""TensorFlow SavedModel, as Keras 2 writes it."""

from __future__ import annotations

from kerasfmt.formats.saved_model.writer import write

__all__ = ["write"]
