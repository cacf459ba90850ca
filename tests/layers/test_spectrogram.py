"""Spectrograms, as Fourier transforms in NumPy and the definition of the mel scale say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import MelSpectrogram, STFTSpectrogram
from kerasfmt.layers.spectrogram import FourierKernel
from tests.layers.layer_tests import SizedLayerTests, use
from tests.layers.one_layer import apply

X = np.random.default_rng(3).standard_normal((2, 30, 2)).astype(np.float32)
HANN = np.hanning(8)
DENSITY = HANN / np.sqrt((HANN**2).sum())
KERNELS = {"real_kernel": (8, 1, 5), "imag_kernel": (8, 1, 5)}
FIRST: Any = {"data_format": "channels_first"}
OPEN: Any = {"padding": "same", "fft_length": 10, "frame_step": 3}


class TestLayers(SizedLayerTests):
    uses = [
        use(STFTSpectrogram("log", 8), (None, 30, 2), gives=(None, 6, 10), weights=KERNELS),
        use(
            STFTSpectrogram("real", 8, window=[1.0] * 8),
            *((None, 30, 2),),
            gives=(None, 6, 10),
            weights={"real_kernel": (8, 1, 5)},
        ),
        use(
            STFTSpectrogram("imag", 8, **OPEN, expand_dims=True),
            *((None, 30, 2),),
            gives=(None, 10, 6, 2),
            weights={"imag_kernel": (8, 1, 6)},
        ),
        use(STFTSpectrogram("stft", 8, **FIRST), (4, 2, 30), gives=(4, 20, 6), weights=KERNELS),
        use(
            STFTSpectrogram("psd", 8, expand_dims=True, **FIRST),
            *((None, 2, 30),),
            gives=(None, 2, 6, 5),
            weights=KERNELS,
        ),
        use(MelSpectrogram(8, 3, num_mel_bins=4), (None, 30), gives=(None, 4, 11)),
        use(MelSpectrogram(8, 3, 5, "hamming", 8000, 4, power_to_db=False), (30,), gives=(4, 11)),
        use(MelSpectrogram(4, 3, num_mel_bins=4), (None, 30), gives=(None, 4, 11), dtype="int32"),
    ]
    needed = {STFTSpectrogram: {"frame_length": 4}}
    axes = {STFTSpectrogram: 3}
    refused = {
        "a step beyond the sequence": (
            lambda: STFTSpectrogram(frame_length=4, frame_step=5, name="it"),
            "option frame_step: expected 1 to 4, got 5",
        ),
        "half of one element": (
            lambda: STFTSpectrogram(frame_length=1, name="it"),
            "option frame_step: expected 1 to 1, got 0",
        ),
        "a short transform": (
            lambda: STFTSpectrogram(frame_length=9, fft_length=8, name="it"),
            "option fft_length: expected at least 9, got 8",
        ),
        "a window that needs a number": (
            lambda: STFTSpectrogram(window="kaiser", name="it"),
            "option window: expected a name of a window without parameters, as 'hann', got 'kaiser'",
        ),
        "a window of another length": (
            lambda: STFTSpectrogram(frame_length=4, window=[1, 2], name="it"),
            "option window: expected 4 numbers, as many as frame_length, got 2",
        ),
        "a short signal": (
            lambda: STFTSpectrogram(frame_length=9, name="it")(kerasfmt.Input((8, 1))),
            "option frame_length: expected at most 8",
        ),
        "whole numbers": (
            lambda: STFTSpectrogram(frame_length=4, name="it")(kerasfmt.Input((8, 1), dtype="int32")),
            "expected float16, float32 or float64, got int32",
        ),
        "a long sequence": (
            lambda: MelSpectrogram(8, sequence_length=9, name="it"),
            "option sequence_length: expected at most 8, got 9",
        ),
        "a window that Keras lacks here": (
            lambda: MelSpectrogram(8, window="tukey", name="it"),
            "option window: expected one of ['hann', 'hamming'], numbers or None, got 'tukey'",
        ),
        "a transform that nobody has": (
            lambda: MelSpectrogram(2**20 + 1, name="it"),
            "option fft_length: expected at most 1,048,576, got 1,048,577",
        ),
        "bands that nobody has": (
            lambda: MelSpectrogram(8, num_mel_bins=2**30, name="it"),
            "option num_mel_bins: expected at most 1,048,576, got 1,073,741,824",
        ),
        "a short window": (
            lambda: MelSpectrogram(8, window=[1, 2.5], name="it"),
            "option window: expected 8 numbers, got 2",
        ),
        "several channels": (
            lambda: MelSpectrogram(8, name="it")(kerasfmt.Input((30, 2))),
            "input: expected (batch, time) or (time,), got shape (None, 30, 2)",
        ),
    }


def transforms(x: Any, window: Any = DENSITY, step: int = 4, length: int = 8) -> Any:
    """(batch, sequences, frequencies, channels)."""
    size = len(window)
    frames = np.stack([x[:, i : i + size] for i in range(0, x.shape[1] - size + 1, step)], 1)
    return np.fft.rfft(frames * window[:, None], length, axis=2)


def flat(x: Any) -> Any:
    """The frequencies of one channel after those of another."""
    return x.transpose(0, 1, 3, 2).reshape(*x.shape[:2], -1)


def doubled(power: Any) -> Any:
    power = power.copy()
    power[:, :, 1:-1] *= 2
    return power


MODES = {
    "real": np.real,
    "imag": np.imag,
    "angle": np.angle,
    "magnitude": lambda z: np.sqrt(np.maximum(abs(z) ** 2, 1e-7)),
    "log": lambda z: np.log(np.sqrt(np.maximum(abs(z) ** 2, 1e-7))),
    "psd": lambda z: doubled(abs(z) ** 2),
    "stft": lambda z: np.concatenate([z.real, z.imag], 2),
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode: str) -> None:
    # Element 0 and the last one of a transform of real numbers are real: the sign of 0 decides their angles.
    wanted = MODES[mode](transforms(X))
    found = apply(STFTSpectrogram(mode, 8, expand_dims=True), X)
    inner = slice(1, -1) if mode == "angle" else slice(None)
    np.testing.assert_allclose(found[:, :, inner], wanted[:, :, inner], atol=2e-4)
    np.testing.assert_array_equal(apply(STFTSpectrogram(mode, 8), X), flat(found))
    first = X.transpose(0, 2, 1)
    image = apply(STFTSpectrogram(mode, 8, expand_dims=True, **FIRST), first)
    np.testing.assert_allclose(image, found.transpose(0, 3, 1, 2), atol=1e-6)
    np.testing.assert_allclose(
        apply(STFTSpectrogram(mode, 8, **FIRST), first), flat(found).transpose(0, 2, 1)
    )


@pytest.mark.parametrize(
    ("options", "window"),
    [
        ({"scaling": "spectrum"}, HANN / HANN.sum()),
        ({"scaling": None}, HANN),
        ({"scaling": None, "window": None}, np.ones(8)),
        ({"scaling": "density", "window": None}, np.ones(8)),
        ({"scaling": None, "periodic": True}, np.hanning(9)[:-1]),
        ({"scaling": "spectrum", "window": [1.0, -2.0] * 4}, np.array([1.0, -2.0] * 4) / 12),
    ],
)
def test_windows(options: Any, window: Any) -> None:
    found = apply(STFTSpectrogram("stft", 8, **options, expand_dims=True), X)
    np.testing.assert_allclose(found, MODES["stft"](transforms(X, window)), atol=1e-4)


def test_same_padding_and_long_transforms() -> None:
    found = apply(STFTSpectrogram("real", 8, 3, 11, padding="same", expand_dims=True), X)
    padded = np.pad(X, ((0, 0), (2, 3), (0, 0)))  # 10 sequences of 8, 3 apart
    # A transform of 11 elements has 6 frequencies, which Keras lays out as those of 10.
    np.testing.assert_allclose(found, transforms(padded, DENSITY, 3, 10).real, atol=1e-4)


def test_time_and_channels_may_be_unknown() -> None:
    inputs = kerasfmt.Input((None, 2))
    model = kerasfmt.Model(inputs, STFTSpectrogram("psd", 8)(inputs))
    assert model.outputs[0].shape == (None, None, 10)
    np.testing.assert_allclose(model.predict(X), apply(STFTSpectrogram("psd", 8), X), atol=1e-6)


def test_kernels_of_other_dtypes() -> None:
    wide = FourierKernel(imaginary=True)((8, 1, 5), dtypes.float64, np.random.default_rng())
    narrow = FourierKernel(imaginary=True)((8, 1, 5), dtypes.float16, np.random.default_rng())
    assert wide.dtype == np.float64
    assert narrow.dtype == np.float16
    np.testing.assert_allclose(wide, narrow, atol=1e-2)
    steps, turns = np.arange(8)[:, None], np.arange(5) / 8
    wanted = -np.sin(2 * np.pi * steps * turns) * HANN[:, None]
    np.testing.assert_allclose(wide[:, 0], wanted, atol=1e-12)
    with pytest.raises(InvalidModelError, match="expected a floating dtype"):
        FourierKernel(imaginary=False)((8, 1, 5), dtypes.int32, np.random.default_rng())


def mel(
    x: Any, length: int, step: int, bands: int, low: float, high: float, rate: float, exponent: float
) -> Any:
    """The definition: triangles that are straight in mel, (batch, bands, sequences)."""

    def scale(hertz: Any) -> Any:
        return 1127.0 * np.log1p(np.asarray(hertz) / 700)

    padded = np.pad(x, ((0, 0), (length // 2,) * 2), mode="reflect")
    hann = np.hanning(length + 1)[:-1]
    power = abs(transforms(padded[..., None], hann, step, length)[..., 0]) ** exponent
    edges = np.linspace(scale(low), scale(high), bands + 2)
    places = scale(np.arange(length // 2 + 1) * rate / length)
    weights = np.stack([np.interp(places, edges[i : i + 3], [0, 1, 0]) for i in range(bands)], -1)
    return (power @ weights).transpose(0, 2, 1)


SIGNALS = np.random.default_rng(4).standard_normal((3, 300)).astype(np.float32)


@pytest.mark.parametrize(
    ("exponent", "limits", "rate"), [(2.0, (20.0, None), 16000), (1.0, (100.0, 3000.0), 8000)]
)
def test_bands(exponent: float, limits: Any, rate: int) -> None:
    low, high = limits
    options: Any = {"sampling_rate": rate, "min_freq": low, "max_freq": high, "mag_exp": exponent}
    found = apply(MelSpectrogram(64, 20, num_mel_bins=9, power_to_db=False, **options), SIGNALS)
    wanted = mel(SIGNALS, 64, 20, 9, low, high or rate / 2, rate, exponent)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("top", "least", "reference"), [(80.0, 1e-10, 1.0), (6.0, 1e-10, 2.0), (80.0, 3.0, -0.1)]
)
def test_decibels(top: float, least: float, reference: float) -> None:
    options: Any = {"top_db": top, "min_power": least, "ref_power": reference}
    found = apply(MelSpectrogram(64, 20, num_mel_bins=9, **options), SIGNALS)
    power = mel(SIGNALS, 64, 20, 9, 20.0, 8000.0, 16000, 2.0)
    level = 10 * np.log10(np.maximum(power, least)) - 10 * np.log10(max(abs(reference), least))
    np.testing.assert_allclose(found, np.maximum(level, level.max() - top), atol=1e-3)


def test_half_precision_is_computed_in_single() -> None:
    full = apply(MelSpectrogram(64, 20, num_mel_bins=9), SIGNALS)
    half = apply(MelSpectrogram(64, 20, num_mel_bins=9, dtype="mixed_float16"), SIGNALS)
    np.testing.assert_array_equal(half, full.astype(np.float16))
