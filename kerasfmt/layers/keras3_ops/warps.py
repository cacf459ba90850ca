"""Images read at other coordinates, and compared.

Source: keras/src/ops/image.py; keras/src/backend/tensorflow/image.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, floats_of, known_size, promoted
from kerasfmt.nn.coordinates import read_at
from kerasfmt.nn.shapes import dims_of, packed
from kerasfmt.nn.tf.arithmetic import tensordot
from kerasfmt.nn.tf.table import first_value, tensor


def _last(images: Value, data_format: str | None, function: Callable[[Value], Value]) -> Value:
    """A function of batches of images with their channels last, of one image or of channels first."""
    one = images.rank == 3
    if images.rank not in (3, 4):
        raise ValueError(f"expected an image or a batch of them, got {images.rank} dimensions")
    x = ops.expand_dims(images, 0) if one else images
    first = data_format == "channels_first"
    found = function(ops.transpose(x, [0, 2, 3, 1]) if first else x)
    found.set_shape(x.shape if not first else tuple(x.dims[i] for i in (0, 2, 3, 1)))
    found = ops.transpose(found, [0, 3, 1, 2]) if first else found
    return ops.squeeze(found, [0]) if one else found


def _warped(x: Value, transforms: Value, interpolation: str, mode: str, fill_value: float) -> Value:
    if interpolation not in ("nearest", "bilinear"):
        raise ValueError(f"expected interpolation 'nearest' or 'bilinear', got {interpolation!r}")
    size = packed(dims_of(x)[1:3], x)
    return ops.image_projective_transform(
        x,
        ops.cast(transforms, dtypes.float32),
        size,
        fill_value,
        interpolation=interpolation.upper(),
        fill_mode=mode.upper(),
    )


def _batched(x: Value, rank: int) -> Value:
    return ops.expand_dims(x, 0) if x.rank == rank else x


@composed("AffineTransform", "image")
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Value:
    """Images read where eight coefficients map each point."""
    beside = first_value(images, transform)
    pixels, moves = tensor(images, beside, dtypes.float32), tensor(transform, beside, dtypes.float32)
    return _last(
        pixels, data_format, lambda x: _warped(x, _batched(moves, 1), interpolation, fill_mode, fill_value)
    )


def _homography(start: Value, end: Value) -> Value:
    """The eight coefficients that map four points to four others, (batch, 8)."""
    rows, targets = [], []
    for corner in range(4):
        sx, sy, ex, ey = (ops.getitem(v, (slice(None), corner, i)) for v in (start, end) for i in (0, 1))
        one, zero = ops.ones_like(ex), ops.zeros_like(ex)
        for target, before, after in ((sx, [ex, ey, one], [zero] * 3), (sy, [zero] * 3, [ex, ey, one])):
            gap = ops.negative(target)
            rows.append(ops.pack([*before, *after, ops.multiply(gap, ex), ops.multiply(gap, ey)], axis=-1))
            targets.append(target)
    matrix = ops.pack(rows, axis=1)
    found = emit_one("MatrixSolve", matrix, ops.expand_dims(ops.pack(targets, axis=-1), -1), adjoint=False)
    return ops.reshape(found, [-1, 8])


@composed("PerspectiveTransform", "image")
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Value:
    """Images in which four points have moved to others."""
    beside = first_value(images, start_points, end_points)
    pixels = tensor(images, beside, dtypes.float32)
    start, end = (
        _batched(ops.cast(tensor(p, beside, dtypes.float32), dtypes.float32), 2)
        for p in (start_points, end_points)
    )
    return _last(
        pixels,
        data_format,
        lambda x: _warped(x, _homography(start, end), interpolation, "constant", fill_value),
    )


@composed("MapCoordinates", "image")
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Value:
    """A tensor read at coordinates, (rank, ...)."""
    beside = first_value(inputs, coordinates)
    x, where = tensor(inputs, beside, dtypes.float32), tensor(coordinates, beside, dtypes.float32)
    if fill_mode not in ("constant", "nearest", "wrap", "mirror", "reflect"):
        raise ValueError(f"fill_mode {fill_mode!r} is not known")
    if order not in (0, 1):
        raise ValueError(f"expected an order of 0 or 1, got {order}")
    axes = [floats_of(ops.getitem(where, number)) for number in range(x.rank)]
    return read_at(x, axes, order, fill_mode, fill_value)


def _triangle(x: Value) -> Value:
    return ops.maximum(constant(x, 0), ops.subtract(constant(x, 1), ops.abs(x)))


def _cubic(x: Value) -> Value:
    near = ((x * 1.5 - 2.5) * x) * x + 1.0
    middle = ((x * -0.5 + 2.5) * x - 4.0) * x + 2.0
    found = ops.where(ops.greater_equal(x, 1.0), middle, near)
    return ops.where(ops.greater_equal(x, 2.0), ops.zeros_like(x), found)


def _lanczos(radius: float) -> Callable[[Value], Value]:
    def kernel(x: Value) -> Value:
        top = ops.sin(x * np.pi) * radius * ops.sin(x * np.pi / radius)
        bottom = ops.where(ops.not_equal(x, 0.0), ops.square(x) * np.pi**2, ops.ones_like(x))
        found = ops.where(ops.greater(x, 1e-3), top / bottom, ops.ones_like(x))
        return ops.where(ops.greater(x, radius), ops.zeros_like(x), found)

    return kernel


_KERNELS: dict[str, Callable[[Value], Value]] = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}


def _weights(
    size: int, wanted: int, scale: Value, shift: Value, kernel: Callable[[Value], Value], antialias: bool
) -> Value:
    """How much each old element counts for each new one, (size, wanted)."""
    kind = scale.dtype.numpy
    inverse = constant(scale, 1) / scale
    width = ops.maximum(inverse, constant(scale, 1)) if antialias else constant(scale, 1)
    at = (np.arange(wanted, dtype=kind) + kind.type(0.5)) * inverse - shift * inverse - 0.5
    apart = ops.abs(ops.subtract(ops.expand_dims(at, 0), np.arange(size, dtype=kind)[:, None]))
    found = kernel(apart / width)
    total = ops.reduce_sum(found, 0, keepdims=True)
    safe = ops.where(ops.not_equal(total, 0.0), total, ops.ones_like(total))
    some = ops.greater(ops.abs(total), 1000.0 * float(np.finfo(np.float32).eps))
    found = ops.where(some, found / safe, ops.zeros_like(found))
    within = ops.logical_and(ops.greater_equal(at, -0.5), ops.less_equal(at, size - 0.5))
    return ops.where(ops.expand_dims(within, 0), found, ops.zeros_like(found))


@composed("ScaleAndTranslate", "image")
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Sequence[int] = (),
    method: str = "linear",
    antialias: bool = True,
) -> Value:
    """Tensors scaled and moved along some axes, and cut to another size."""
    beside = first_value(images, scale, translation)
    x = tensor(images, beside, dtypes.float32)
    factors, shifts = promoted(
        *(v if isinstance(v, Value) else tensor(v, beside, dtypes.float32) for v in (scale, translation))
    )
    kernel = _KERNELS.get(method)
    if kernel is None:
        raise ValueError(f"method {method!r} is not known")
    out = floats_of(x)
    for number, axis in enumerate(spatial_dims):
        at = axis % x.rank
        factor, shift = (ops.getitem(v, number) for v in (factors, shifts))
        weights = _weights(known_size(x, at), int(output_shape[at]), factor, shift, kernel, antialias)
        moved = tensordot(out, ops.cast(weights, out.dtype), [[at], [0]])
        perm = list(range(x.rank - 1))
        perm.insert(at, x.rank - 1)
        out = ops.transpose(moved, perm)
    if not x.dtype.is_integer:
        return out
    low, high = (ops.cast(reduce(x), out.dtype) for reduce in (ops.reduce_min, ops.reduce_max))
    return ops.cast(ops.maximum(ops.minimum(ops.round(out), high), low), x.dtype)


@composed("SSIM", "image")
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Value:
    """How alike images are in structure: a number for each image."""
    beside = first_value(image1, image2)
    kind = (image1 if isinstance(image1, Value) else beside).dtype
    pair = [floats_of(tensor(v, beside, dtypes.float32)) for v in (image1, image2)]
    one = pair[0].rank == 3
    pair = [ops.expand_dims(x, 0) if one else x for x in pair]
    if data_format == "channels_first":
        pair = [ops.transpose(x, [0, 2, 3, 1]) for x in pair]
    channels = known_size(pair[0], 3)
    sizes = [known_size(pair[0], axis) for axis in (1, 2)]
    a, b = (ops.reshape(ops.transpose(x, [0, 3, 1, 2]), [-1, *sizes, 1]) for x in pair)
    window = constant(a, _gaussian(filter_size, filter_sigma, a.dtype.numpy)[:, :, None, None])

    def blurred(x: Value) -> Value:
        return ops.conv2d(x, window, (1, 1), "VALID")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    ma, mb = blurred(a), blurred(b)
    aa, bb, ab = ma * ma, mb * mb, ma * mb
    va, vb, vab = blurred(a * a) - aa, blurred(b * b) - bb, blurred(a * b) - ab
    alike = ((ab * 2.0 + c1) * (vab * 2.0 + c2)) / ((aa + bb + c1) * (va + vb + c2))
    each = ops.reshape(ops.reduce_mean(alike, [1, 2, 3]), [-1, channels])
    found = ops.reduce_mean(each, -1)
    return ops.cast(ops.squeeze(found, [0]) if one else found, kind)


def _gaussian(size: int, sigma: float, kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    at = np.arange(size, dtype=kind) - kind.type((size - 1) / 2.0)
    line = np.exp(-(at**2) / kind.type(2.0 * sigma**2)).astype(kind)
    line = line / line.sum(dtype=kind)
    return np.outer(line, line)
