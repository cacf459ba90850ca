"""Operations of Keras 3 among the layers of a model, grouped by what they do.

Source: keras/src/ops/operation.py; keras/src/ops/numpy.py, nn.py, math.py, core.py, linalg.py, image.py, einops.py.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.layers.keras3_ops.operation import OPERATIONS

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
OPERATIONS.when_missing(lambda name: [__getattr__(public) for public in __all__ if name is None])
