"""Spectrograms of signals: STFTSpectrogram, MelSpectrogram; Keras 3 alone has them.

Source: keras/src/layers/preprocessing/stft_spectrogram.py, mel_spectrogram.py;
  keras/src/initializers/constant_initializers.py, STFT (3.x)
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.initializers import Array, Initializer, Rng
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn import convolution as convolve, fourier
from kerasfmt.nn.shapes import dims_of, read, reshape_to
from kerasfmt.nn.signal_windows import window_of
from kerasfmt.nn.tf.arithmetic import tensordot
from kerasfmt.typing import override

_EPSILON: Final = 1e-7
"""The least power. Source: keras/src/backend/config.py, epsilon."""

_MAX_SIZE: Final = 1 << 20
"""The most elements of a transform, and bands: the function that is traced holds the place of each."""

_MEL_BREAK: Final = 700.0
_MEL_HIGH: Final = 1127.0
"""The mel scale: a frequency f is 1127 log(1 + f / 700) mel. Source: mel_spectrogram.py, 3.15."""


def _window(*names: str) -> Any:
    """An option that is a window: a name, numbers, or None; of `names`, if there are any."""

    def convert(value: Any) -> Any:
        if isinstance(value, str):
            if names and value not in names:
                raise ValueError(f"expected one of {list(names)}, numbers or None, got {value!r}")
            if not names:
                window_of(value, 1, periodic=False)
            return value
        numbers = value.tolist() if isinstance(value, np.ndarray) else value
        if numbers is None:
            return None
        if not isinstance(numbers, list | tuple) or not all(_is_number(n) for n in numbers):
            raise ValueError(f"expected the name of a window, numbers or None, got {value!r}")
        return list(numbers)

    return fields.option(default="hann", convert=convert)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class FourierKernel(Initializer):
    """The kernel of a convolution that gives one part of the Fourier transforms of sequences.

    Args:
      imaginary: whether it is the imaginary part.
      window: name or numbers of the window; None for none.
      scaling: "density" divides the window by its Euclidean norm, "spectrum" by the sum of its absolute values.
      periodic: whether a window with a name is periodic.

    Source: keras/src/initializers/constant_initializers.py, STFT (3.x)
    """

    imaginary: bool
    window: Any = fields.raw(default="hann")
    scaling: str | None = None
    periodic: bool = False

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        """The kernel (sequence, 1, frequencies), in the order in which Keras rounds to the dtype."""
        length, _, bins = shape
        kind = np.dtype(dtype.numpy).type
        steps = np.arange(length, dtype=kind).reshape(length, 1, 1)
        turns = (np.arange(bins, dtype=kind) / kind((bins - 1) * 2)).astype(kind)
        angles = (steps * kind(-2) * turns).astype(kind) * kind(math.pi)
        kernel = (np.sin(angles) if self.imaginary else np.cos(angles)).astype(kind)
        if self.window is None:
            return np.asarray(kernel)
        named = isinstance(self.window, str)
        values = window_of(self.window, length, self.periodic) if named else self.window
        window = np.asarray(values, kind).reshape(length, 1, 1)
        total = {
            "density": np.sqrt(np.sum(np.square(window))),
            "spectrum": np.sum(abs(window)),
            None: kind(1),
        }[self.scaling]
        return np.asarray(kernel * window / total, kind)


class STFTSpectrogram(Layer):
    """The spectrogram of signals, by convolutions whose kernels are weights.

    Args:
      mode: "log" (of the magnitude), "magnitude", "psd" (power spectral density), "real", "imag", "angle" or "stft"
        (the real parts, then the imaginary parts).
      frame_length: elements of a sequence.
      frame_step: elements from the start of a sequence to the start of the next one; half a sequence by default.
      fft_length: elements of a transform; by default the least power of 2 that is not less than `frame_length`.
      window: the name of a window of SciPy that needs no parameters, numbers (frame_length,), or None.
      periodic: whether a window with a name is periodic.
      scaling: of the window: "density", "spectrum" or None.
      padding: "valid" or "same".
      expand_dims: whether the frequencies are an axis of their own.
      data_format: "channels_last" or "channels_first".

    Input: float16, float32 or float64 (batch, time, channels), or (batch, channels, time) for channels_first.
    Output: (batch, sequences, channels * frequencies), or (batch, sequences, frequencies, channels) with `expand_dims`;
      for channels_first (batch, channels * frequencies, sequences) or (batch, channels, sequences, frequencies).
    """

    facts = KerasFacts(absent_in=2)
    config_order = (
        *("mode", "frame_length", "frame_step", "fft_length", "window", "periodic"),
        *("scaling", "padding", "data_format", "expand_dims"),
    )
    mode: str = fields.choice("log", "magnitude", "psd", "real", "imag", "angle", "stft", default="log")
    frame_length: int = fields.positive_integer(default=256)
    frame_step: int | None = fields.optional(fields.positive_integer(default=None))
    fft_length: int | None = fields.optional(fields.positive_integer(default=None))
    window: Any = _window()
    periodic: bool = False
    scaling: str | None = fields.choice("density", "spectrum", None, default="density")
    padding: str = fields.choice("valid", "same", default="valid")
    expand_dims: bool = False
    data_format: fields.DataFormat = fields.data_format()
    real_kernel: Weight = fields.weight()
    imag_kernel: Weight = fields.weight()

    @property
    def step(self) -> int:
        """Elements from the start of a sequence to the start of the next one."""
        return self.frame_step or self.frame_length // 2

    @property
    def transform(self) -> int:
        """Elements of a transform."""
        return self.fft_length or 1 << (self.frame_length - 1).bit_length()

    @override
    def validate(self) -> None:
        """Checks that sequences follow each other, fit in a transform, and have as many elements as the window."""
        if not 1 <= self.step <= self.frame_length:
            raise self.fail(f"option frame_step: expected 1 to {self.frame_length}, got {self.step}")
        if self.transform < self.frame_length:
            raise self.fail(
                f"option fft_length: expected at least {self.frame_length}, got {self.fft_length}"
            )
        if isinstance(self.window, list) and len(self.window) != self.frame_length:
            raise self.fail(
                f"option window: expected {self.frame_length} numbers, as many as frame_length, "
                f"got {len(self.window)}"
            )

    @override
    def input_spec(self) -> InputSpec:
        """One axis of time and one of channels."""
        return InputSpec(ndim=3)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes kernels (frame_length, 1, frequencies), one for each part of the transforms that is needed."""
        self.axis_dim(inputs, convolve.channel_axis(self.data_format, 1))
        shape = (self.frame_length, 1, self.transform // 2 + 1)
        for part, other in (("real", "imag"), ("imag", "real")):
            if self.mode != other:
                made = FourierKernel(
                    imaginary=part == "imag", window=self.window, scaling=self.scaling, periodic=self.periodic
                )
                setattr(self, f"{part}_kernel", self.add_weight(f"{part}_kernel", shape, initializer=made))

    @override
    def call(self, inputs: Value) -> Value:
        if inputs.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
            raise ValueError(f"expected float16, float32 or float64, got {inputs.dtype.name}")
        if self.mode in ("real", "imag"):
            return self._arranged(
                self._part(inputs, self.real_kernel if self.mode == "real" else self.imag_kernel)
            )
        real, imaginary = self._part(inputs, self.real_kernel), self._part(inputs, self.imag_kernel)
        if self.mode == "angle":
            return self._arranged(ops.atan2(imaginary, real))
        if self.mode == "stft":
            return self._arranged(ops.concat([real, imaginary], 3))
        power = ops.square(real) + ops.square(imaginary)
        if self.mode == "psd":
            inner = ops.slice_axis(power, 3, 1, -1)
            return self._arranged(power + ops.pad(inner, [[0, 0], [0, 0], [0, 0], [1, 1]]))
        magnitude = self._arranged(ops.sqrt(ops.maximum(power, _EPSILON)))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, _EPSILON))

    def _part(self, x: Value, kernel: Weight) -> Value:
        """One part of the transforms of each channel: (batch, channels, sequences, frequencies)."""
        if self.data_format == "channels_last":
            x = ops.transpose(x, [0, 2, 1])
        batch, channels, time = dims_of(x)
        if self.padding == "valid":
            convolve.check_window("frame_length", (self.frame_length,), (1,), x, first=True)
        signals = reshape_to(x, [-1, time, 1])
        found = convolve.convolution(
            signals, read(x, kernel), (self.step,), self.padding, (1,), "channels_last"
        )
        return reshape_to(found, [batch, channels, *dims_of(found)[1:]])

    def _arranged(self, x: Value) -> Value:
        """(batch, channels, sequences, frequencies) in the axes of the outputs."""
        last = self.data_format == "channels_last"
        if self.expand_dims:
            return ops.transpose(x, [0, 2, 3, 1]) if last else x
        batch, channels, sequences, frequencies = dims_of(x)
        x = ops.transpose(x, [0, 2, 1, 3] if last else [0, 1, 3, 2])
        both = channels * frequencies
        return reshape_to(x, [batch, sequences, both] if last else [batch, both, sequences])


class MelSpectrogram(Layer):
    """The spectrogram of signals by bands of the mel scale, in decibels.

    Args:
      fft_length: elements of a transform.
      sequence_stride: elements from the start of a sequence to the start of the next one.
      sequence_length: elements of a sequence; `fft_length` by default.
      window: "hann", "hamming", numbers (sequence_length,), or None.
      sampling_rate: elements in a second.
      num_mel_bins: number of bands.
      min_freq: the frequency at which the bands begin, in hertz.
      max_freq: the frequency at which they end; half of `sampling_rate` by default.
      power_to_db: whether the outputs are decibels.
      top_db: how far below the loudest element of the batch the softest ones are raised.
      mag_exp: the exponent of the magnitudes.
      min_power: the least power of which a logarithm is taken.
      ref_power: the power of 0 decibels.

    Input: (batch, time) or (time,). Output: (batch, num_mel_bins, sequences) or (num_mel_bins, sequences), of the
      compute dtype.
    """

    facts = KerasFacts(absent_in=2)
    autocast = False
    fft_length: int = fields.positive_integer(default=2048)
    sequence_stride: int = fields.positive_integer(default=512)
    sequence_length: int | None = fields.optional(fields.positive_integer(default=None))
    window: Any = _window("hann", "hamming")
    sampling_rate: float = fields.number(default=16000, above=0)
    num_mel_bins: int = fields.positive_integer(default=128)
    min_freq: float = fields.number(default=20.0)
    max_freq: float | None = fields.optional(fields.number(default=None))
    power_to_db: bool = True
    top_db: float = fields.number(default=80.0)
    mag_exp: float = fields.number(default=2.0)
    min_power: float = fields.number(default=1e-10)
    ref_power: float = fields.number(default=1.0)

    @override
    def validate(self) -> None:
        """Checks that a sequence fits in a transform, and that the window has as many elements."""
        length = self.sequence_length or self.fft_length
        if length > self.fft_length:
            raise self.fail(f"option sequence_length: expected at most {self.fft_length}, got {length}")
        for option, size in (("fft_length", self.fft_length), ("num_mel_bins", self.num_mel_bins)):
            if size > _MAX_SIZE:
                raise self.fail(f"option {option}: expected at most {_MAX_SIZE:,}, got {size:,}")
        if isinstance(self.window, list) and len(self.window) != length:
            raise self.fail(f"option window: expected {length} numbers, got {len(self.window)}")

    @override
    def build(self, inputs: Spec) -> None:
        """Checks the number of axes."""
        if inputs.shape is None or len(inputs.shape) not in (1, 2):
            raise self.fail(f"input: expected (batch, time) or (time,), got shape {inputs.shape}")

    @override
    def call(self, inputs: Value) -> Value:
        double = self.compute_dtype is dtypes.float64
        x = ops.cast(inputs, dtypes.float64 if double else dtypes.float32)
        length = self.sequence_length or self.fft_length
        real, imaginary = fourier.short_time(
            x, length, self.sequence_stride, self.fft_length, self.window, center=True
        )
        power = ops.pow(ops.sqrt(ops.square(real) + ops.square(imaginary)), float(self.mag_exp))
        bands = tensordot(power, ops.cast(self._bands(x), x.dtype), 1)
        found = self._decibels(bands) if self.power_to_db else bands
        rank = found.rank
        turned = ops.transpose(found, [*range(rank - 2), rank - 1, rank - 2])
        return ops.cast(turned, self.compute_dtype)

    def _decibels(self, x: Value) -> Value:
        tenth = 10.0 / math.log(10.0)
        least = float(self.min_power)
        level = ops.log(ops.maximum(x, least)) * tenth
        level = level - 10.0 * math.log10(max(abs(float(self.ref_power)), least))
        loudest = ops.reduce_max(level, list(range(level.rank)))
        return ops.maximum(level, loudest - float(self.top_db))

    def _bands(self, beside: Value) -> Value:
        """The share of each frequency in each band, float32 (frequencies, bands); those of frequency 0 are 0."""
        f32 = np.float32
        nyquist = f32(self.sampling_rate) / f32(2)
        highest = int(self.sampling_rate / 2) if not self.max_freq else self.max_freq
        places = np.linspace(0, nyquist, self.fft_length // 2 + 1, dtype=f32)[1:, None]
        low, high = _mel(f32(self.min_freq)), _mel(f32(highest))
        edges = np.linspace(low, high, self.num_mel_bins + 2, dtype=f32)[None]
        lower, center, upper = edges[:, :-2], edges[:, 1:-1], edges[:, 2:]
        mel = beside.graph.constant(_mel(places))
        rising = (mel - lower) / (center - lower)
        falling = (upper - mel) / (upper - center)
        return ops.pad(ops.maximum(ops.minimum(rising, falling), f32(0)), [[1, 0], [0, 0]])


def _mel(hertz: Any) -> Any:
    """Frequencies on the mel scale."""
    return (np.float32(_MEL_HIGH) * np.log(1 + hertz / np.float32(_MEL_BREAK))).astype(np.float32)
