"""Operations of Keras 3 among the layers of a model, by what they do.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py, einops.py.
"""

from __future__ import annotations

from kerasfmt.layers.operations import activations as activations
from kerasfmt.layers.operations import arrays as arrays
from kerasfmt.layers.operations import elementwise as elementwise
from kerasfmt.layers.operations import images as images
from kerasfmt.layers.operations import networks as networks
from kerasfmt.layers.operations import numbers as numbers
from kerasfmt.layers.operations import products as products
from kerasfmt.layers.operations import reductions as reductions
from kerasfmt.layers.operations import selection as selection
from kerasfmt.layers.operations import windows as windows
from kerasfmt.layers.operations.operation import Operation, known_operations

__all__ = ["Operation", "known_operations"]
