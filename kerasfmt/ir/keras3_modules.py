"""The modules of Keras 3's operations, which HDF5 files do not name.

Source: keras/src/ops/core.py, nn.py, math.py, linalg.py, image.py, einops.py (3.15)
"""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "core": (
        "AssociativeScan Cast Cond ConvertToTensor ForiLoop Map SaturateCast Scan Scatter ScatterUpdate "
        "Slice SliceUpdate StopGradient Switch Unstack VectorizedMap WhileLoop"
    ),
    "nn": (
        "AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm BinaryCrossentropy CTCDecode CTCLoss "
        "CategoricalCrossentropy Celu Conv ConvTranspose DepthToSpace DepthwiseConv DotProductAttention "
        "Elu Fold Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid "
        "LogSoftmax MaxPool Moments MultiHot Normalize OneHot PSNR Polar RMSNorm Relu Relu6 Selu "
        "SeparableConv Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth "
        "SparseCategoricalCrossentropy SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink "
        "Threshold Unfold"
    ),
    "math": (
        "CDist Erf Erfc Erfinv ExtractSequences FFT FFT2 IFFT2 IRFFT ISTFT InTopK Logdet Logsumexp RFFT "
        "Rsqrt STFT SegmentMax SegmentMin SegmentProd SegmentReduction SegmentSum TopK ViewAsComplex "
        "ViewAsReal"
    ),
    "linalg": (
        "Cholesky CholeskyInverse Det Eig Eigh Inv JVP Lstsq LuFactor MatrixRank Norm Pinv Qr SVD Solve "
        "SolveTriangular"
    ),
    "image": (
        "AffineTransform CropImages ElasticTransform ExtractPatches GaussianBlur HSVToRGB MapCoordinates "
        "PadImages PerspectiveTransform RGBToGrayscale RGBToHSV Resize SSIM ScaleAndTranslate SobelEdges"
    ),
    "einops": "Rearrange",
}
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names.split()}


def module_of(kind: str) -> str:
    """The module of an operation, by its class name; most are in that of NumPy's functions."""
    return f"keras.src.ops.{_MODULES.get(kind, 'numpy')}"
