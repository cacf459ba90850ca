"""Fourier transforms, and the parts of complex numbers.

Source: tensorflow/core/ops/spectral_ops.cc and math_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, broadcast_shapes
from kerasfmt.graph.value import Value

Transform = Callable[..., Array]


def _plain(transform: Transform, axes: int) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, x: Array) -> list[Array]:
        out = transform(x, axes=tuple(range(-axes, 0)))
        return [out.astype(x.dtype)]

    return run


for _axes, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    declare(f"FFT{_suffix}", same_shape, _plain(np.fft.fftn, _axes))
    declare(f"IFFT{_suffix}", same_shape, _plain(np.fft.ifftn, _axes))


def _infer_real(halved: bool, axes: int) -> Callable[..., list[Shape]]:
    def infer(attrs: Attrs, x: Value, length: Value) -> list[Shape]:
        if x.shape is None:
            return [None]
        sizes = partial_value(length) or [None] * axes
        last = sizes[-1]
        if halved and last is not None:
            last = last // 2 + 1 if last else 0
        return [(*x.shape[:-axes], *sizes[:-1], last)]

    return infer


def _real(axes: int) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, x: Array, length: Array) -> list[Array]:
        out = np.fft.rfftn(x, tuple(length.tolist()), axes=tuple(range(-axes, 0)))
        return [out.astype(attrs["Tcomplex"].numpy)]

    return run


def _inverse_real(axes: int) -> Callable[..., list[Array]]:
    def run(attrs: Attrs, x: Array, length: Array) -> list[Array]:
        out = np.fft.irfftn(x, tuple(length.tolist()), axes=tuple(range(-axes, 0)))
        return [out.astype(attrs["Treal"].numpy)]

    return run


for _axes, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    declare(f"RFFT{_suffix}", _infer_real(True, _axes), _real(_axes))
    declare(f"IRFFT{_suffix}", _infer_real(False, _axes), _inverse_real(_axes))


def _part(function: Callable[[Array], Any]) -> Callable[..., list[Array]]:
    return lambda attrs, x: [np.asarray(function(x), attrs["Tout"].numpy)]


declare("Real", same_shape, _part(np.real))
declare("Imag", same_shape, _part(np.imag))
declare("Angle", same_shape, _part(np.angle))
declare("ComplexAbs", same_shape, _part(np.abs))


def _complex(attrs: Attrs, real: Array, imaginary: Array) -> list[Array]:
    return [np.asarray(real + 1j * imaginary, attrs["Tout"].numpy)]


declare("Complex", lambda attrs, a, b: [broadcast_shapes(a.shape, b.shape)], _complex)
