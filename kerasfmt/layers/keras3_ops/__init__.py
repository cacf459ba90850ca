"""Operations of Keras 3 among the layers of a model, by what they do.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py, einops.py.
"""

from __future__ import annotations

from kerasfmt.layers.keras3_ops import activations as activations
from kerasfmt.layers.keras3_ops import arrays as arrays
from kerasfmt.layers.keras3_ops import bits_and_comparisons as bits_and_comparisons
from kerasfmt.layers.keras3_ops import elementwise as elementwise
from kerasfmt.layers.keras3_ops import images as images
from kerasfmt.layers.keras3_ops import nn as nn
from kerasfmt.layers.keras3_ops import products as products
from kerasfmt.layers.keras3_ops import reductions as reductions
from kerasfmt.layers.keras3_ops import selection as selection
from kerasfmt.layers.keras3_ops import windows as windows
from kerasfmt.layers.keras3_ops.operation import Operation, known_operations

__all__ = ["Operation", "known_operations"]
