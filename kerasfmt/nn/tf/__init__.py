"""TensorFlow functions on Values, by the names that Keras 2 stores.

Each takes its first argument by position and the others by TensorFlow's names, with TensorFlow's defaults. An argument
is a Value, a number, a (nested) list of those, or the name of a dtype.

Source: the functions of the same names in tensorflow/python/ops.
"""

from __future__ import annotations

from kerasfmt.nn.tf import (
    arithmetic as arithmetic,
    arrays as arrays,
    images as images,
    matrices as matrices,
    nn as nn,
    reductions as reductions,
    selection as selection,
    windows as windows,
)
from kerasfmt.nn.tf.table import find_function, known_functions

__all__ = ["find_function", "known_functions"]
