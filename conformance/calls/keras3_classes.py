"""One call for each class of operation that `keras3_calls.py` has no call of, by the name of the class."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from conformance.calls.call import Call
from conformance.calls.keras3_further import FURTHER
from conformance.calls.keras3_mathematics import MATHEMATICS


def _made(name: str) -> Any:
    """An operation whose function makes another class."""
    return getattr(importlib.import_module("keras.src.ops.numpy"), name)()


KERNEL = np.random.default_rng(1).normal(size=(3, 2, 3, 4)).astype("float32")
DEEP = KERNEL[..., :2]
POINTS = np.random.default_rng(2).normal(size=(1, 1, 6, 5)).astype("float32")

NUMPY: dict[str, Call] = {
    "Abs": lambda ops, x: _made("Abs")(x),
    "AllClose": lambda ops, x, y: ops.allclose(x, y, atol=10.0),
    "Amax": lambda ops, s: ops.amax(s, axis=1),
    "Amin": lambda ops, s: ops.amin(s, axis=(1, 2), keepdims=True),
    "Angle": lambda ops, x: ops.angle(x),
    "Append": lambda ops, x, y: ops.append(x, y, axis=1),
    "Arccos": lambda ops, p: ops.arccos(p),
    "Arccosh": lambda ops, p: ops.arccosh(p + 1),
    "Arcsin": lambda ops, p: ops.arcsin(p),
    "Arcsinh": lambda ops, x: ops.arcsinh(x),
    "Arctan": lambda ops, x: ops.arctan(x),
    "Arctanh": lambda ops, p: ops.arctanh(p),
    "Argmin": lambda ops, s: ops.argmin(s, axis=1),
    "Argsort": lambda ops, s: ops.argsort(s, axis=1),
    "Array": lambda ops, x: ops.array(x),
    "ArraySplit": lambda ops, x: ops.array_split(x, 4, axis=1),
    "Average": lambda ops, s: ops.average(s, axis=1, weights=np.arange(1.0, 6.0, dtype="float32")),
    "BitwiseAnd": lambda ops, n, k: ops.bitwise_and(n, k),
    "BitwiseInvert": lambda ops, n: ops.bitwise_invert(n),
    "BitwiseLeftShift": lambda ops, n, k: ops.bitwise_left_shift(n, k),
    "BitwiseNot": lambda ops, n: ops.bitwise_not(n),
    "BitwiseOr": lambda ops, n, k: ops.bitwise_or(n, k),
    "BitwiseRightShift": lambda ops, n: ops.bitwise_right_shift(n, 1),
    "BitwiseXor": lambda ops, n, k: ops.bitwise_xor(n, k),
    "BroadcastTo": lambda ops, v: ops.broadcast_to(v, (3, 5)),
    "Cbrt": lambda ops, x: ops.cbrt(x),
    "Ceil": lambda ops, x: ops.ceil(x),
    "Conj": lambda ops, x: _made("Conj")(x),
    "Conjugate": lambda ops, x: ops.conjugate(x),
    "Copy": lambda ops, x: ops.copy(x),
    "Corrcoef": lambda ops, m: ops.corrcoef(m),
    "Cos": lambda ops, x: ops.cos(x),
    "Cosh": lambda ops, x: ops.cosh(x),
    "Cross": lambda ops, j: ops.cross(j[..., :3], j[..., 3:6]),
    "Cumprod": lambda ops, s: ops.cumprod(s, axis=1),
    "Deg2rad": lambda ops, x: ops.deg2rad(x),
    "Diag": lambda ops, v: [ops.diag(v), ops.diag(v, 1), ops.diag(v, -2)],
    "Diagflat": lambda ops, m: ops.diagflat(m, 1),
    "Diagonal": lambda ops, s: ops.diagonal(s, offset=1, axis1=1, axis2=2),
    "Diff": lambda ops, s: ops.diff(s, n=2, axis=1),
    "Digitize": lambda ops, x: ops.digitize(x, np.array([-1.0, 0.0, 0.5], "float32")),
    "DivideNoNan": lambda ops, x, n: ops.divide_no_nan(x, ops.cast(n, "float32")),
    "Dsplit": lambda ops, s: ops.dsplit(s, 2),
    "Dstack": lambda ops, s, m: ops.dstack([s, s]),
    "Einsum": lambda ops, a, b, s: [
        ops.einsum("bqhd,bkhd->bhqk", a, b),
        ops.einsum("btd,de->bte", s, np.ones((4, 3), "float32")),
        ops.einsum("bthd,bthd->bt", a, b),
        ops.einsum("btd->dtb", s),
        ops.einsum("bthd,hdo->bto", a, np.ones((2, 4, 3), "float32")),
    ],
    "EmptyLike": lambda ops, x: ops.multiply(ops.empty_like(x), 0),
    "Exp2": lambda ops, x: ops.exp2(x),
    "Expm1": lambda ops, x: ops.expm1(x),
    "Fabs": lambda ops, x: ops.fabs(x),
    "Fliplr": lambda ops, s: ops.fliplr(s),
    "Flipud": lambda ops, s: ops.flipud(s),
    "Fmax": lambda ops, w, y: ops.fmax(w, y),
    "Fmin": lambda ops, w: ops.fmin(w, 0.5),
    "Fmod": lambda ops, x: ops.fmod(x, 0.3),
    "FullLike": lambda ops, x: ops.full_like(x, 2.5),
    "GreaterEqual": lambda ops, x, y: ops.greater_equal(x, y),
    "Heaviside": lambda ops, x, y: ops.heaviside(x, y),
    "Hsplit": lambda ops, s: ops.hsplit(s, [2]),
    "Hstack": lambda ops, x, y: ops.hstack([x, y]),
    "Hypot": lambda ops, x, y: ops.hypot(x, y),
    "Imag": lambda ops, x: ops.imag(x),
    "Inner": lambda ops, x: ops.inner(x, np.arange(6, dtype="float32")),
    "IsIn": lambda ops, n: ops.isin(n, np.array([1, 3]), invert=True),
    "Isclose": lambda ops, w, y: ops.isclose(w, y, atol=0.5),
    "Isfinite": lambda ops, w: ops.isfinite(w),
    "Isinf": lambda ops, w: ops.isinf(w),
    "Isneginf": lambda ops, w: ops.isneginf(w),
    "Isposinf": lambda ops, w: ops.isposinf(w),
    "Isreal": lambda ops, x: ops.isreal(x),
    "Kron": lambda ops, m, s: ops.kron(m, m),
    "Ldexp": lambda ops, x, n: ops.ldexp(x, n),
    "LeftShift": lambda ops, n: ops.left_shift(n, 2),
    "LessEqual": lambda ops, n: ops.less_equal(n, 2),
    "Linspace": lambda ops, x, y: ops.linspace(x, y, 5, endpoint=False, axis=1),
    "Log10": lambda ops, p: ops.log10(p),
    "Log2": lambda ops, p: ops.log2(p),
    "Logaddexp": lambda ops, x, y: ops.logaddexp(x, y),
    "Logaddexp2": lambda ops, x: ops.logaddexp2(x, 1.5),
    "LogicalOr": lambda ops, c, x: ops.logical_or(c, x > 0),
    "Logspace": lambda ops, x, y: ops.logspace(x, y, 4),
    "Median": lambda ops, s: [ops.median(s, axis=1), ops.median(s, axis=(1, 2), keepdims=True)],
    "NanToNum": lambda ops, w: ops.nan_to_num(w, nan=3.0, posinf=9.0),
    "Nancumprod": lambda ops, w: ops.nancumprod(ops.where(ops.isinf(w), 2.0, w), axis=1),
    "Nancumsum": lambda ops, w: ops.nancumsum(ops.where(ops.isinf(w), 2.0, w), axis=1),
    "Nanmax": lambda ops, w: ops.nanmax(w, axis=1),
    "Nanmean": lambda ops, w: ops.nanmean(w, axis=1),
    "Nanmin": lambda ops, w: ops.nanmin(w, axis=1, keepdims=True),
    "Nanprod": lambda ops, w: ops.nanprod(w, axis=1),
    "Nanstd": lambda ops, w: ops.nanstd(ops.where(ops.isinf(w), 0.0, w), axis=1),
    "Nansum": lambda ops, w: ops.nansum(w, axis=1),
    "Nanvar": lambda ops, w: ops.nanvar(ops.where(ops.isinf(w), 0.0, w), axis=1),
    "Outer": lambda ops, x: ops.outer(x, np.arange(3, dtype="float32")),
    "Percentile": lambda ops, s: ops.percentile(s, 30.0, axis=1),
    "Ptp": lambda ops, s: ops.ptp(s, axis=1),
    "Quantile": lambda ops, s: [
        ops.quantile(s, [0.1, 0.6], axis=(2,), keepdims=True),
        ops.quantile(s, 0.3, axis=(1, 2)),
    ],
    "Rad2deg": lambda ops, x: ops.rad2deg(x),
    "Real": lambda ops, x: ops.real(x),
    "RightShift": lambda ops, n: ops.right_shift(n, 1),
    "Rot90": lambda ops, r: [ops.rot90(r, k, axes=(1, 2)) for k in (1, 2, 3)],
    "SearchSorted": lambda ops, v: ops.searchsorted(np.array([-1.0, 0.0, 0.5], "float32"), v, side="right"),
    "Select": lambda ops, x, y: ops.select([x > 1, y > 0], [x, y], -3.0),
    "Signbit": lambda ops, x: ops.signbit(x),
    "Sinc": lambda ops, x: ops.sinc(x),
    "Sinh": lambda ops, x: ops.sinh(x),
    "Size": lambda ops, s: ops.size(s),
    "Sort": lambda ops, s: [ops.sort(s, axis=1), ops.sort(s)],
    "TakeAlongAxis": lambda ops, s, g: ops.take_along_axis(s, g, axis=1),
    "Tan": lambda ops, x: ops.tan(x),
    "Trace": lambda ops, s: ops.trace(s, axis1=1, axis2=2),
    "Trapezoid": lambda ops, s: ops.trapezoid(s, dx=0.5, axis=1),
    "TrueDivide": lambda ops, x, y: ops.true_divide(x, y),
    "Trunc": lambda ops, x: ops.trunc(x * 3),
    "UnravelIndex": lambda ops, n: ops.unravel_index(n, (2, 3)),
    "Vander": lambda ops, v: ops.vander(v, 4),
    "Vdot": lambda ops, x, y: ops.vdot(x, y),
    "Vsplit": lambda ops, m: ops.vsplit(m, 2),
    "Vstack": lambda ops, x, y: ops.vstack([x, y]),
}

NETWORKS: dict[str, Call] = {
    "AdaptiveAveragePool": lambda ops, r: ops.adaptive_average_pool(r, (4, 6)),
    "AdaptiveMaxPool": lambda ops, r: ops.adaptive_max_pool(r, (2, 3)),
    "BatchNorm": lambda ops, s: ops.batch_normalization(
        s, np.arange(4.0, dtype="float32"), np.arange(1.0, 5.0, dtype="float32"), axis=-1
    ),
    "BinaryCrossentropy": lambda ops, p, c: ops.binary_crossentropy(ops.cast(c, "float32"), p),
    "CategoricalCrossentropy": lambda ops, p, y: [
        ops.categorical_crossentropy(p, ops.softmax(y)),
        ops.categorical_crossentropy(p, y, from_logits=True),
    ],
    "Celu": lambda ops, x: ops.celu(x, 0.7),
    "Conv": lambda ops, r: ops.conv(r, KERNEL, strides=(2, 1), padding="same"),
    "DepthToSpace": lambda ops, s, a: ops.depth_to_space(a, 2),
    "DepthwiseConv": lambda ops, r: ops.depthwise_conv(r, DEEP, padding="same"),
    "DotProductAttention": lambda ops, a, b: [
        ops.dot_product_attention(a, b, b),
        ops.dot_product_attention(a, b, a, is_causal=True, scale=0.5),
    ],
    "Glu": lambda ops, x: ops.glu(x),
    "HardShrink": lambda ops, x: ops.hard_shrink(x),
    "InTopK": lambda ops, t, x: ops.in_top_k(t, x, 2),
    "LayerNorm": lambda ops, s: ops.layer_normalization(s, axis=-1, epsilon=1e-3),
    "LogSigmoid": lambda ops, x: ops.log_sigmoid(x),
    "Moments": lambda ops, s: ops.moments(s, axes=[1]),
    "MultiHot": lambda ops, n: ops.multi_hot(n, 5),
    "PSNR": lambda ops, r: ops.psnr(r, r * 0.9, max_val=1.0),
    "RMSNorm": lambda ops, s: [
        ops.rms_normalization(s, np.arange(4.0, dtype="float32")),
        ops.rms_normalization(s),
    ],
    "SeparableConv": lambda ops, r: ops.separable_conv(r, DEEP, POINTS),
    "SoftShrink": lambda ops, x: ops.soft_shrink(x),
    "Softsign": lambda ops, x: ops.softsign(x),
    "SpaceToDepth": lambda ops, r: ops.space_to_depth(r, 2),
    "SparseCategoricalCrossentropy": lambda ops, t, y: ops.sparse_categorical_crossentropy(t, ops.softmax(y)),
    "SparsePlus": lambda ops, x: ops.sparse_plus(x),
    "SparseSigmoid": lambda ops, x: ops.sparse_sigmoid(x),
    "Sparsemax": lambda ops, s: [ops.sparsemax(s), ops.sparsemax(s, axis=1)],
    "Squareplus": lambda ops, x: ops.squareplus(x),
    "TanhShrink": lambda ops, x: ops.tanh_shrink(x),
    "Threshold": lambda ops, x: ops.threshold(x, 0.5, -1.0),
    "Unfold": lambda ops, j: ops.unfold(j, (2, 3), padding=1, stride=2),
}

OTHERS: dict[str, Call] = {
    "CDist": lambda ops, s, e: ops.cdist(s, e),
    "ConvertToTensor": lambda ops, x: ops.convert_to_tensor(x),
    "CropImages": lambda ops, r: ops.image.crop_images(
        r, top_cropping=2, left_cropping=1, target_height=4, target_width=6
    ),
    "Erfc": lambda ops, x: ops.erfc(x),
    "ExtractPatches": lambda ops, r: ops.image.extract_patches(r, (3, 2), strides=2, padding="same"),
    "ExtractSequences": lambda ops, x: ops.extract_sequences(x, 3, 2),
    "GaussianBlur": lambda ops, r: ops.image.gaussian_blur(r, (3, 3), (1.0, 0.5)),
    "HSVToRGB": lambda ops, r: ops.image.hsv_to_rgb(r),
    "PadImages": lambda ops, r: ops.image.pad_images(
        r, top_padding=1, left_padding=2, target_height=12, target_width=15
    ),
    "RGBToGrayscale": lambda ops, r: ops.image.rgb_to_grayscale(r),
    "RGBToHSV": lambda ops, r: ops.image.rgb_to_hsv(r),
    "Rearrange": lambda ops, m: ops.rearrange(m, "a (b c) -> c (b a)", c=5),
    "Scatter": lambda ops, v: ops.scatter(np.array([[0], [3], [1], [6], [3]]), v, (8,)),
    "ScatterUpdate": lambda ops, v: ops.scatter_update(
        v, np.array([[0], [3]]), np.array([9.0, 8.0], "float32")
    ),
    "SegmentSum": lambda ops, v: ops.segment_sum(v, np.array([0, 0, 1, 2, 2]), num_segments=4),
    "SliceUpdate": lambda ops, s, e: ops.slice_update(s, [0, 1, 0], e),
    "SobelEdges": lambda ops, r: ops.image.sobel_edges(r),
}

CLASSES = {**NUMPY, **NETWORKS, **OTHERS, **FURTHER, **MATHEMATICS}
