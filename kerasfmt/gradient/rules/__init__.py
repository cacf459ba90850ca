"""The gradient rules by family."""

from __future__ import annotations

from kerasfmt.gradient.rules import (
    arithmetic,
    array,
    branch,
    call,
    convolution,
    cudnn_rnn,
    elementwise,
    indexing,
    loop,
    matrix,
    none,
    normalization,
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
    "convolution",
    "cudnn_rnn",
    "elementwise",
    "indexing",
    "loop",
    "matrix",
    "none",
    "normalization",
    "reduction",
    "slicing",
    "tensor_list",
    "variable",
]
