"""Fourier transforms, and complex numbers as pairs of their parts.

Source: keras/src/ops/math.py, nn.py; keras/src/backend/tensorflow/math.py; tensorflow/python/ops/signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.layers.keras3_ops.composed import composed, constant, known_size, promoted
from kerasfmt.nn.shapes import dims_of, reshape_to


def joined(real: Value, imaginary: Value) -> Value:
    """Complex numbers from their parts."""
    wide = dtypes.complex128 if real.dtype is dtypes.float64 else dtypes.complex64
    return emit_one("Complex", real, imaginary, Tout=wide)


def apart(x: Value) -> tuple[Value, Value]:
    """The parts of complex numbers."""
    part = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    return emit_one("Real", x, Tout=part), emit_one("Imag", x, Tout=part)


def _pair(x: Any) -> Value:
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise ValueError("expected a pair of tensors, the real and the imaginary parts")
    real, imaginary = promoted(*x)
    if not real.dtype.is_floating:
        raise ValueError(f"expected floats as parts, got {real.dtype.name}")
    return joined(real, imaginary)


@composed("FFT", "math")
def fft(x: Any) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the last axis."""
    return apart(emit_one("FFT", _pair(x)))


@composed("FFT2", "math")
def fft2(x: Any) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the last two axes."""
    return apart(emit_one("FFT2D", _pair(x)))


@composed("IFFT2", "math")
def ifft2(x: Any) -> tuple[Value, Value]:
    """The parts of the inverse Fourier transforms of the last two axes."""
    return apart(emit_one("IFFT2D", _pair(x)))


def _length(x: Value, length: Any, halved: bool) -> Any:
    if isinstance(length, int):
        return np.array([length], np.int32)
    size = dims_of(x)[-1]
    if isinstance(size, int):
        return np.array([2 * (size - 1) if halved else size], np.int32)
    return ops.pack([ops.multiply(ops.subtract(size, 1), 2) if halved else size])


def _widened(x: Value, least: int | None) -> Value:
    """Sequences of at least a length, with zeros at their ends."""
    if least is None or (x.dims[-1] is not None and x.dims[-1] >= least):
        return x
    size = dims_of(x)[-1]
    before = [[0, 0]] * (x.rank - 1)
    if not isinstance(size, Value):
        return ops.pad(x, [*before, [0, least - size]])
    missing = ops.maximum(ops.subtract(np.int32(least), size), np.int32(0))
    none = constant(x, 0, dtypes.int32)
    return ops.pad(
        x, ops.pack([*(constant(x, pair, dtypes.int32) for pair in before), ops.pack([none, missing])])
    )


def _rfft(x: Value, length: Any) -> Value:
    x = _widened(x, length)
    wide = dtypes.complex128 if x.dtype is dtypes.float64 else dtypes.complex64
    return emit_one("RFFT", x, _length(x, length, False), Tcomplex=wide)


def _irfft(x: Value, length: Any) -> Value:
    x = _widened(x, None if length is None else length // 2 + 1)
    part = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    return emit_one("IRFFT", x, _length(x, length, True), Treal=part)


@composed("RFFT", "math")
def rfft(x: Value, fft_length: int | None = None) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of real numbers along the last axis."""
    return apart(_rfft(x, fft_length))


@composed("IRFFT", "math")
def irfft(x: Any, fft_length: int | None = None) -> Value:
    """The real numbers that have these Fourier transforms."""
    return _irfft(_pair(x), fft_length)


def _window(x: Value, window: Any, length: int, room: tuple[int, int]) -> np.ndarray[Any, Any] | None:
    """The window, with zeros before and after it; None for none."""
    if window is None:
        return None
    kind = x.dtype.numpy
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"expected window 'hann' or 'hamming', got {window!r}")
        a, b = (0.5, 0.5) if window == "hann" else (0.54, 0.46)
        turn = 2 * np.pi * np.arange(length) / (length + (length + 1) % 2 - 1 if length > 1 else 1)
        values = np.ones(1) if length == 1 else a - b * np.cos(turn)
    else:
        values = np.asarray(window)
    if values.shape != (length,):
        raise ValueError(f"expected a window of {length} numbers, got shape {values.shape}")
    return np.pad(values.astype(kind), room)


def _room(sequence_length: int, fft_length: int) -> tuple[int, int]:
    before = (fft_length - sequence_length) // 2
    return before, fft_length - sequence_length - before


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
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"expected float32 or float64, got {x.dtype.name}")
    if fft_length < sequence_length:
        raise ValueError(f"expected fft_length of at least {sequence_length}, got {fft_length}")
    last = x.rank - 1
    if center:
        x = ops.pad(x, [[0, 0]] * last + [[fft_length // 2] * 2], "REFLECT")
    frames = framed(x, fft_length, sequence_stride)
    shape = _window(x, window, sequence_length, _room(sequence_length, fft_length))
    return apart(_rfft(frames if shape is None else ops.multiply(frames, shape), fft_length))


def framed(x: Value, length: int, step: int) -> Value:
    """The sequences of a signal (..., n), from every `step`th element on: (..., sequences, length)."""
    size = dims_of(x)[-1]
    inside = np.arange(length, dtype=np.int32)
    if isinstance(size, int):
        starts: Any = np.arange(0, size - length + 1, step, dtype=np.int32)
        return ops.gather(x, starts[:, None] + inside, x.rank - 1)
    starts = ops.range_(
        constant(x, 0, dtypes.int32), ops.subtract(size, length - 1), constant(x, step, dtypes.int32)
    )
    return ops.gather(x, ops.add(ops.expand_dims(starts, 1), inside), x.rank - 1)


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
    shape = _window(frames, window, sequence_length, _room(sequence_length, fft_length))
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
    return joined(ops.multiply(far, ops.cos(turn)), ops.multiply(far, ops.sin(turn)))


@composed("ViewAsComplex", "math")
def view_as_complex(x: Value) -> Value:
    """Complex numbers, whose parts lie along the last axis."""
    if known_size(x, -1) != 2:
        raise ValueError(f"expected a last axis of 2, got shape {x.shape}")
    return joined(ops.getitem(x, (..., 0)), ops.getitem(x, (..., 1)))


@composed("ViewAsReal", "math")
def view_as_real(x: Value) -> Value:
    """The parts of complex numbers, along a new last axis."""
    parts = apart(x) if x.dtype.is_complex else (x, ops.zeros_like(x))
    return ops.pack(list(parts), axis=-1)
