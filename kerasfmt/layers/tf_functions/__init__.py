"""TensorFlow functions on Values, by the names that Keras 2 stores.

Each takes its first argument by position and the others by TensorFlow's names, with TensorFlow's defaults. An argument
is a Value, a number, a (nested) list of those, or the name of a dtype.

Source: the functions of the same names in tensorflow/python/ops.
"""

from __future__ import annotations

from kerasfmt.layers.tf_functions import arithmetic as arithmetic
from kerasfmt.layers.tf_functions import arrays as arrays
from kerasfmt.layers.tf_functions import images as images
from kerasfmt.layers.tf_functions import matrices as matrices
from kerasfmt.layers.tf_functions import networks as networks
from kerasfmt.layers.tf_functions import reductions as reductions
from kerasfmt.layers.tf_functions import selection as selection
from kerasfmt.layers.tf_functions import windows as windows
from kerasfmt.layers.tf_functions.table import find_function, known_functions

__all__ = ["find_function", "known_functions"]
