"""TensorFlow functions on Values, by the names that Keras 2 stores.

Each function takes its first argument by position and the others by TensorFlow's names, with TensorFlow's defaults. An
argument is a Value, a number, a (nested) list of those, or the name of a dtype. Shapes and dtypes are TensorFlow's.

Source: the functions of the same names in tensorflow/python/ops.
"""

from __future__ import annotations

from kerasfmt import lazy
from kerasfmt.nn.tf.table import FUNCTIONS

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
FUNCTIONS.when_missing(lambda name: [__getattr__(public) for public in __all__ if name is None])
