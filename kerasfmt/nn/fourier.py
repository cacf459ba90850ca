"""Fourier transforms of real numbers, and of the sequences in signals; complex numbers and their parts.

Source: keras/src/backend/tensorflow/math.py (3.x); tensorflow/python/ops/signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn import signal_windows
from kerasfmt.nn.shapes import dims_of


def joined(real: Value, imaginary: Value) -> Value:
    """Complex numbers from their parts."""
    wide = dtypes.complex128 if real.dtype is dtypes.float64 else dtypes.complex64
    return emit_one("Complex", real, imaginary, Tout=wide)


def apart(x: Value) -> tuple[Value, Value]:
    """The parts of complex numbers."""
    part = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    return emit_one("Real", x, Tout=part), emit_one("Imag", x, Tout=part)


def length_of(x: Value, length: Any, halved: bool) -> Any:
    """The operand (1,) for the elements of a transform: `length`, by default what follows from the last axis of `x`.

    Args:
      x: the sequences, or their transforms.
      length: the number of elements, or None.
      halved: whether `x` are transforms of real numbers, of which one half is kept.
    """
    if isinstance(length, int):
        return np.array([length], np.int32)
    size = dims_of(x)[-1]
    if isinstance(size, int):
        return np.array([2 * (size - 1) if halved else size], np.int32)
    return ops.pack([ops.multiply(ops.subtract(size, 1), 2) if halved else size])


def widened(x: Value, least: int | None) -> Value:
    """Sequences of at least a length, with zeros at their ends."""
    if least is None or (x.dims[-1] is not None and x.dims[-1] >= least):
        return x
    size = dims_of(x)[-1]
    before = [[0, 0]] * (x.rank - 1)
    if not isinstance(size, Value):
        return ops.pad(x, [*before, [0, least - size]])
    missing = ops.maximum(ops.subtract(np.int32(least), size), np.int32(0))
    none = x.graph.constant(np.int32(0))
    return ops.pad(
        x,
        ops.pack(
            [*(x.graph.constant(np.array(pair, np.int32)) for pair in before), ops.pack([none, missing])]
        ),
    )


def real(x: Value, length: Any) -> Value:
    """The Fourier transforms of real numbers along the last axis, of `length` elements where it is given."""
    x = widened(x, length)
    wide = dtypes.complex128 if x.dtype is dtypes.float64 else dtypes.complex64
    return emit_one("RFFT", x, length_of(x, length, False), Tcomplex=wide)


def window_of(x: Value, window: Any, length: int, room: tuple[int, int]) -> np.ndarray[Any, Any] | None:
    """The window, with zeros before and after it; None for none."""
    if window is None:
        return None
    kind = x.dtype.numpy
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"expected window 'hann' or 'hamming', got {window!r}")
        values = signal_windows.window_of(window, length, periodic=length % 2 == 0)
    else:
        values = np.asarray(window)
    if values.shape != (length,):
        raise ValueError(f"expected a window of {length} numbers, got shape {values.shape}")
    return np.pad(values.astype(kind), room)


def room(sequence_length: int, fft_length: int) -> tuple[int, int]:
    """The number of zeros before and after a window."""
    before = (fft_length - sequence_length) // 2
    return before, fft_length - sequence_length - before


def short_time(
    x: Value, sequence_length: int, sequence_stride: int, fft_length: int, window: Any, center: bool
) -> tuple[Value, Value]:
    """The parts of the Fourier transforms of the sequences in a signal.

    Args:
      x: float32 or float64 (..., n).
      sequence_length: elements of a sequence.
      sequence_stride: elements from the start of a sequence to the start of the next one.
      fft_length: elements of a transform; zeros stand on both sides of the window.
      window: "hann", "hamming", numbers (sequence_length,), or None.
      center: whether half a transform of the mirrored signal is put before and behind the signal.

    Returns:
      The real and the imaginary part, (..., sequences, fft_length // 2 + 1).
    """
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"expected float32 or float64, got {x.dtype.name}")
    if fft_length < sequence_length:
        raise ValueError(f"expected fft_length of at least {sequence_length}, got {fft_length}")
    last = x.rank - 1
    if center:
        x = ops.pad(x, [[0, 0]] * last + [[fft_length // 2] * 2], "REFLECT")
    frames = framed(x, fft_length, sequence_stride)
    shape = window_of(x, window, sequence_length, room(sequence_length, fft_length))
    return apart(real(frames if shape is None else ops.multiply(frames, shape), fft_length))


def framed(x: Value, length: int, step: int) -> Value:
    """The sequences of a signal (..., n), from every `step`th element on: (..., sequences, length)."""
    size = dims_of(x)[-1]
    inside = np.arange(length, dtype=np.int32)
    if isinstance(size, int):
        first = x.graph.constant(np.arange(0, size - length + 1, step, dtype=np.int32)[:, None])
        return ops.gather(x, ops.add(first, inside), x.rank - 1)  # added in the graph: the places are many
    starts = ops.range_(
        x.graph.constant(np.int32(0)), ops.subtract(size, length - 1), x.graph.constant(np.int32(step))
    )
    return ops.gather(x, ops.add(ops.expand_dims(starts, 1), inside), x.rank - 1)
