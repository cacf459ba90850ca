"""What Keras 3's operations do not do alike on every backend, and the classes that kerasfmt refuses."""

from __future__ import annotations

VARIES = {
    "SobelEdges": "jax",
    "STFT": "jax",
    "ISTFT": "jax",
    "Rot90": "tensorflow",
    "UnravelIndex": "tensorflow",
}
"""Case -> the backend of Keras 3.15 that computes something else than its others; kerasfmt computes as the others."""

_ALL = ("jax", "tensorflow", "torch")
BROKEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("norm", "max_pool", "CholeskyInverse", "Solve", "Bincount"), ("jax",)),
    **dict.fromkeys(("SegmentMax", "SegmentMin", "SegmentProd"), ("jax",)),
    **dict.fromkeys(("AffineTransform", "PerspectiveTransform"), ("jax",)),
    "ViewAsComplex": ("tensorflow",),
    "Histogram": _ALL,
    "ConvTranspose": _ALL,
}
"""Case -> the backends on which Keras 3.15 itself cannot compute it in a functional model."""

NOT_MADE: frozenset[str] = frozenset()
"""Supported classes that no case makes."""

_CODE = "its argument is a Python function, which Keras does not store; write it as a layer"

REFUSED: dict[str, str] = {
    **dict.fromkeys(("AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch"), _CODE),
    **dict.fromkeys(("VectorizedMap", "WhileLoop"), _CODE),
    "Arange": "Keras 3.15 cannot make it of tensors; of numbers it is a constant and no operation",
    "Argpartition": "Keras does not define the order of its result",
    "ElasticTransform": "its result is random",
    "Function": "the base class of functional models, no operation",
    "SegmentReduction": "the base class of four others, no operation",
}
"""Class of operation that kerasfmt refuses -> why."""
