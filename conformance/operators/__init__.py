"""Functional models made with TensorFlow functions: one table of functions and calls, by the inputs they take.

Nothing here imports TensorFlow; builders are given the module, and inputs by these names:

    x, y   float32 (6,)         p      float32 (6,), positive, below 1
    s      float32 (5, 4)       d      float32 (open, 4)
    i      float32 (8, 9, 3)    n      int32 (6,), 0 ... 4
    c      bool (6,)            h      float16 (6,)
"""

from __future__ import annotations

import numpy as np

from conformance.operators.arrays import PRODUCTS, REDUCTIONS, SHAPES, SLICES
from conformance.operators.elementwise import ACTIVATIONS, ARITHMETIC, COMPARISONS, OPERATORS, UNARY, Build
from conformance.operators.images import IMAGES, KERAS
from conformance.operators.keras3 import OPERATIONS

__all__ = ["CASES", "GROUPS", "INPUTS", "LOST", "OPERATIONS", "sample"]

INPUTS: dict[str, tuple[tuple[int | None, ...], str]] = {
    "x": ((6,), "float32"),
    "y": ((6,), "float32"),
    "p": ((6,), "float32"),
    "s": ((5, 4), "float32"),
    "d": ((None, 4), "float32"),
    "i": ((8, 9, 3), "float32"),
    "n": ((6,), "int32"),
    "c": ((6,), "bool"),
    "h": ((6,), "float16"),
}
"""The inputs: shape without the batch, dtype."""


def sample(name: str, batch: int = 3) -> np.ndarray:
    """A sample for an input; open dimensions are 7 long."""
    shape, dtype = INPUTS[name]
    rng = np.random.default_rng(ord(name))
    full = (batch, *(7 if d is None else d for d in shape))
    if name == "p":
        return rng.uniform(0.05, 0.95, full).astype(dtype)
    if name == "n":
        return rng.integers(0, 5, full).astype(dtype)
    if name == "c":
        return rng.uniform(size=full) < 0.5
    return rng.normal(size=full).astype(dtype)


GROUPS: dict[str, dict[str, Build]] = {
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

CASES: dict[str, Build] = {name: build for group in GROUPS.values() for name, build in group.items()}
"""What is called: the builder's parameters name the inputs that it takes."""

LOST = {
    "math.unknown": "function tf.math.lgamma is not known",
    "equal": "Keras stores the first operand of == only",
    "not_equal": "Keras stores the first operand of != only",
    "einsum": "Keras does not store those that tf.einsum takes",
    "einsum_constant": "Keras does not store those that tf.einsum takes",
}
"""Cases that cannot be read: Keras's config lacks an operand, or the shape depends on the data. What the error says."""
