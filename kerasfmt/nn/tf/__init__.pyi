from . import (
    arithmetic as arithmetic,
    arrays as arrays,
    images as images,
    matrices as matrices,
    nn as nn,
    reductions as reductions,
    selection as selection,
    windows as windows,
)
from .table import find_function as find_function, known_functions as known_functions
