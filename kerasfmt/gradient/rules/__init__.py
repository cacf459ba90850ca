"""The gradient rules by family."""

from __future__ import annotations

from kerasfmt.gradient.rules import (
    arithmetic,
    array,
    branch,
    call,
    cudnn_rnn,
    elementwise,
    indexing,
    loop,
    matrix,
    none,
    reduction,
    slicing,
    tensor_list,
    variable,
)

__all__ = [
    "arithmetic",
    "array",
    "branch",
    "call",
    "cudnn_rnn",
    "elementwise",
    "indexing",
    "loop",
    "matrix",
    "none",
    "reduction",
    "slicing",
    "tensor_list",
    "variable",
]
