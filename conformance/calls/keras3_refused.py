"""What Keras 3's operations do not do alike on every backend, and the classes that kerasfmt refuses."""

from __future__ import annotations

VARIES = {"SobelEdges": "jax", "Rot90": "tensorflow", "UnravelIndex": "tensorflow"}
"""Case -> the backend of Keras 3.15 that computes something else than its others; kerasfmt computes as the others."""

BROKEN = {"norm": "jax", "max_pool": "jax"}
"""Case -> the backend on which Keras 3.15 itself cannot compute it."""

NOT_MADE: frozenset[str] = frozenset()
"""Supported classes that no case makes."""

_CODE = "its argument is a Python function, which Keras does not store"
_DATA = "the shape of its result depends on the data"
_OPS = "no composition of TensorFlow functions that kerasfmt knows computes it"
_COMPLEX = "complex numbers"
_RARE = "could be composed of functions that kerasfmt knows; not done"

REFUSED: dict[str, str] = {
    **dict.fromkeys(("AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch"), _CODE),
    **dict.fromkeys(("VectorizedMap", "WhileLoop"), _CODE),
    **dict.fromkeys(("Bincount", "Histogram", "Nonzero", "Unique"), _DATA),
    **dict.fromkeys(
        ("Cholesky", "CholeskyInverse", "Det", "Eigh", "Inv", "Logdet", "Lstsq", "LuFactor"), _OPS
    ),
    **dict.fromkeys(("MatrixRank", "Pinv", "Qr", "Slogdet", "Solve", "SolveTriangular", "SVD"), _OPS),
    **dict.fromkeys(("CTCDecode", "CTCLoss", "Erfinv", "I0", "Gcd", "Lcm", "Nextafter", "View"), _OPS),
    **dict.fromkeys(("AffineTransform", "MapCoordinates", "PerspectiveTransform", "ScaleAndTranslate"), _OPS),
    **dict.fromkeys(("SegmentMax", "SegmentMin", "SegmentProd", "ConvTranspose"), _OPS),
    **dict.fromkeys(("FFT", "FFT2", "IFFT2", "IRFFT", "ISTFT", "RFFT", "STFT", "Polar", "Eig"), _COMPLEX),
    **dict.fromkeys(("ViewAsComplex", "ViewAsReal"), _COMPLEX),
    **dict.fromkeys(("Arange", "Correlate", "Fold", "Full", "Geomspace", "Meshgrid", "Ndim", "SSIM"), _RARE),
    **dict.fromkeys(("Nanargmax", "Nanargmin", "Nanmedian", "Nanpercentile", "Nanquantile"), _RARE),
    "Argpartition": "Keras does not define the order of its result",
    "ElasticTransform": "its result is random",
    "Function": "the base class of functional models, no operation",
    "SegmentReduction": "the base class of four others, no operation",
}
"""Class of operation that kerasfmt refuses -> why."""
