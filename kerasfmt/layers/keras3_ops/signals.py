"""Fourier transforms, and complex numbers as pairs of their parts.

Source: keras/src/ops/math.py, nn.py; keras/src/backend/tensorflow/math.py; tensorflow/python/ops/signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, known_size, promoted
from kerasfmt.nn import fourier
from kerasfmt.nn.shapes import dims_of, reshape_to


def _pair(x: Any) -> Value:
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise ValueError("expected a pair of tensors, the real and the imaginary parts")
    real, imaginary = promoted(*x)
    if not real.dtype.is_floating:
        raise ValueError(f"expected floats as parts, got {real.dtype.name}")
    return fourier.joined(real, imaginary)


@composed("FFT", "math")
def fft(x: Any) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the last axis."""
    return fourier.apart(emit_one("FFT", _pair(x)))


@composed("FFT2", "math")
def fft2(x: Any) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the last two axes."""
    return fourier.apart(emit_one("FFT2D", _pair(x)))


@composed("IFFT2", "math")
def ifft2(x: Any) -> tuple[Value, Value]:
    """The parts of the inverse Fourier transforms of the last two axes."""
    return fourier.apart(emit_one("IFFT2D", _pair(x)))


def _irfft(x: Value, length: Any) -> Value:
    x = fourier.widened(x, None if length is None else length // 2 + 1)
    part = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    return emit_one("IRFFT", x, fourier.length_of(x, length, True), Treal=part)


@composed("RFFT", "math")
def rfft(x: Value, fft_length: int | None = None) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of real numbers along the last axis."""
    return fourier.apart(fourier.real(x, fft_length))


@composed("IRFFT", "math")
def irfft(x: Any, fft_length: int | None = None) -> Value:
    """The real numbers that have these Fourier transforms."""
    return _irfft(_pair(x), fft_length)


@composed("STFT", "math")
def stft(
    x: Value,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the sequences in a signal, (..., sequences, frequencies)."""
    return fourier.short_time(x, sequence_length, sequence_stride, fft_length, window, center)


def overlapped(x: Value, step: int) -> Value:
    """The signal of which each sequence (..., sequences, length) is a part that starts `step` elements later."""
    length, count = known_size(x, -1), dims_of(x)[-2]
    outer, rank = dims_of(x)[:-2], x.rank
    more: Any = ops.subtract(count, 1) if isinstance(count, Value) else count - 1
    if length == step:
        return reshape_to(x, [*outer, _plus(_times(more, step), length)])
    parts = -(-length // step)
    x = ops.pad(x, [[0, 0]] * (rank - 2) + [[0, parts], [0, parts * step - length]])
    x = reshape_to(x, [*outer, _plus(count, parts), parts, step])
    x = ops.transpose(x, [*range(rank - 2), rank - 1, rank - 2, rank])
    x = reshape_to(x, [*outer, _times(_plus(count, parts), parts), step])
    kept = _plus(count, parts - 1)
    x = ops.slice_axis(x, rank - 2, 0, _times(kept, parts))
    x = reshape_to(x, [*outer, parts, kept, step])
    x = reshape_to(ops.reduce_sum(x, rank - 2), [*outer, _times(kept, step)])
    return ops.slice_axis(x, rank - 2, 0, _plus(_times(more, step), length))


def _plus(a: Any, b: int) -> Any:
    return ops.add(a, np.int32(b)) if isinstance(a, Value) else a + b


def _times(a: Any, b: int) -> Any:
    return ops.multiply(a, np.int32(b)) if isinstance(a, Value) else a * b


@composed("ISTFT", "math")
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Value:
    """The signal of which these are the Fourier transforms of its sequences."""
    frames = _irfft(_pair(x), fft_length)
    shape = fourier.window_of(frames, window, sequence_length, fourier.room(sequence_length, fft_length))
    if shape is not None:
        frames = ops.multiply(frames, _inverse(shape, sequence_stride))
    signal = overlapped(frames, sequence_stride)
    start = fft_length // 2 if center else 0
    last = signal.rank - 1
    if length is not None:
        return ops.slice_axis(signal, last, start, start + length)
    return ops.slice_axis(signal, last, start, -(fft_length // 2) or None) if center else signal


def _inverse(window: np.ndarray[Any, Any], step: int) -> np.ndarray[Any, Any]:
    """The window that undoes another one where sequences overlap. Source: Griffin and Lim (1984), equation 7."""
    parts = -(-len(window) // step)
    squares = np.pad(np.square(window), (0, parts * step - len(window))).reshape(parts, step)
    total = np.tile(squares.sum(0, dtype=window.dtype), parts)[: len(window)]
    return np.asarray(np.divide(window, total, out=np.zeros_like(window), where=total != 0))


@composed("Polar", "nn")
def polar(abs_: Any, angle: Any) -> Value:
    """Complex numbers of these distances from 0, in these directions."""
    far, turn = promoted(abs_, angle)
    return fourier.joined(ops.multiply(far, ops.cos(turn)), ops.multiply(far, ops.sin(turn)))


@composed("ViewAsComplex", "math")
def view_as_complex(x: Value) -> Value:
    """Complex numbers, whose parts lie along the last axis."""
    if known_size(x, -1) != 2:
        raise ValueError(f"expected a last axis of 2, got shape {x.shape}")
    return fourier.joined(ops.getitem(x, (..., 0)), ops.getitem(x, (..., 1)))


@composed("ViewAsReal", "math")
def view_as_real(x: Value) -> Value:
    """The parts of complex numbers, along a new last axis."""
    parts = fourier.apart(x) if x.dtype.is_complex else (x, ops.zeros_like(x))
    return ops.pack(list(parts), axis=-1)
