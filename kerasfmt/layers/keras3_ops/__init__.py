"""Operations of Keras 3 among the layers of a model, by what they do.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py, einops.py.
"""

from __future__ import annotations

from kerasfmt.layers.keras3_ops import (
    activations as activations,
    arrays as arrays,
    bits_and_comparisons as bits_and_comparisons,
    elementwise as elementwise,
    images as images,
    nn as nn,
    products as products,
    reductions as reductions,
    selection as selection,
    windows as windows,
)
from kerasfmt.layers.keras3_ops.operation import Operation, known_operations

__all__ = ["Operation", "known_operations"]
