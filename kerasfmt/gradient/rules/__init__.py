"""The gradient rules by family."""

from __future__ import annotations

from kerasfmt.gradient.rules import (
    arithmetic,
    array,
    cudnn_rnn,
    elementwise,
    matrix,
    none,
    reduction,
    slicing,
    variable,
)

__all__ = [
    "arithmetic",
    "array",
    "cudnn_rnn",
    "elementwise",
    "matrix",
    "none",
    "reduction",
    "slicing",
    "variable",
]
