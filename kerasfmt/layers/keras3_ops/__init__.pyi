from . import (
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
from .operation import (
    Operation as Operation,
    known_operations as known_operations,
    module_of as module_of,
)
