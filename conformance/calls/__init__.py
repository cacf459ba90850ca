"""Calls of TensorFlow's functions and of Keras 3's operations, of which functional models are made.

Nothing here imports TensorFlow or Keras.
"""

from __future__ import annotations

import importlib
from typing import Any

from conformance.calls.call import Call
from conformance.calls.tensorflow_arrays import PRODUCTS, REDUCTIONS, SHAPES, SLICES
from conformance.calls.tensorflow_elementwise import (
    ACTIVATIONS,
    ARITHMETIC,
    COMPARISONS,
    OPERATORS,
    UNARY,
)
from conformance.calls.tensorflow_images import IMAGES, KERAS

__all__ = ["GROUPS", "LOST", "TENSORFLOW", "Functions"]

GROUPS: dict[str, dict[str, Call]] = {
    "operators": OPERATORS,
    "slices": SLICES,
    "arithmetic": ARITHMETIC,
    "unary": UNARY,
    "comparisons": COMPARISONS,
    "reductions": REDUCTIONS,
    "activations": ACTIVATIONS,
    "shapes": SHAPES,
    "products": PRODUCTS,
    "images": IMAGES,
    "keras": KERAS,
}

TENSORFLOW: dict[str, Call] = {name: call for group in GROUPS.values() for name, call in group.items()}
"""Calls of TensorFlow's functions."""

LOST = {
    "math.unknown": "function tf.math.lgamma is not known",
    "equal": "Keras stores the first operand of == only",
    "not_equal": "Keras stores the first operand of != only",
    "einsum": "Keras does not store those that tf.einsum takes",
    "einsum_constant": "Keras does not store those that tf.einsum takes",
}
"""Calls that cannot be read: Keras's config lacks an operand, or the shape depends on the data. What the error says."""


class Functions:
    """TensorFlow, with the Keras of the line under test."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.tensorflow = importlib.import_module("tensorflow")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tensorflow, name)
