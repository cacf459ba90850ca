from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import N, OperationTests, P, S, X, Y, call, floats

TURNS = np.fft.fft(X + 1j * Y)
PLANES = np.fft.fft2(S - 0.5j * S)
HALVES = np.fft.rfft(X)
WAVE = floats(2, 20)
HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(6) / 6)).astype(np.float32)


def parts(x: np.ndarray) -> list[np.ndarray]:
    return [x.real.astype(np.float32), x.imag.astype(np.float32)]


def frames(x: np.ndarray, length: int, step: int) -> np.ndarray:
    return np.stack([x[:, i : i + length] for i in range(0, x.shape[1] - length + 1, step)], 1)


CENTRED = np.pad(WAVE, ((0, 0), (4, 4)), mode="reflect")
STFT = np.fft.rfft(frames(CENTRED, 8, 3) * np.pad(HANN, 1))
PLAIN = np.fft.rfft(frames(WAVE, 4, 4))


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("FFT", [X, Y], gives=parts(TURNS), rtol=1e-5),
        call("FFT2", [S, S * np.float32(-0.5)], gives=parts(PLANES), rtol=1e-5),
        call("IFFT2", [S, S], gives=parts(np.fft.ifft2(S + 1j * S)), rtol=1e-5),
        call("RFFT", X, gives=parts(HALVES), rtol=1e-5),
        call("RFFT", X, fft_length=5, gives=parts(np.fft.rfft(X, 5)), rtol=1e-5),
        call("RFFT", X[0], fft_length=8, gives=parts(np.fft.rfft(X[0], 8)), rtol=1e-5),
        call("RFFT", X[0], gives=parts(np.fft.rfft(X[0])), rtol=1e-5),
        call("IRFFT", [X, Y], gives=np.fft.irfft(X + 1j * Y).astype(np.float32), rtol=1e-5),
        call("IRFFT", [X, Y], fft_length=7, gives=np.fft.irfft(X + 1j * Y, 7).astype(np.float32), rtol=1e-5),
        call("STFT", WAVE, sequence_length=6, sequence_stride=3, fft_length=8, gives=parts(STFT), rtol=1e-5),
        call(
            "STFT",
            WAVE[0],
            sequence_length=4,
            sequence_stride=4,
            fft_length=4,
            window=None,
            center=False,
            gives=parts(PLAIN[0]),
            rtol=1e-5,
        ),
        call(
            "ISTFT",
            parts(STFT),
            sequence_length=6,
            sequence_stride=3,
            fft_length=8,
            gives=WAVE[:, : 3 * (STFT.shape[1] - 1)],
            rtol=1e-4,
        ),
        call(
            "ISTFT",
            parts(PLAIN),
            sequence_length=4,
            sequence_stride=4,
            fft_length=4,
            window=None,
            center=False,
            length=17,
            gives=WAVE[:, :17],
            rtol=1e-4,
        ),
        call("Polar", P, X, gives=(P * np.exp(1j * X)).astype(np.complex64), rtol=1e-5),
        call("ViewAsComplex", X[:, :2], gives=(X[:, 0] + 1j * X[:, 1]).astype(np.complex64)),
        call("ViewAsReal", X, gives=np.stack([X, np.zeros_like(X)], -1)),
        call("ViewAsReal", X + np.complex64(1j) * Y, gives=np.stack([X, Y], -1)),
    ]
    refused = [
        (call("FFT", [N, N]), "expected floats as parts, got int32"),
        (call("FFT", X), "expected a pair of tensors"),
        (call("STFT", N, sequence_length=2, sequence_stride=1, fft_length=2), "expected float32 or float64"),
        (call("STFT", X, sequence_length=4, sequence_stride=1, fft_length=2), "fft_length of at least 4"),
        (
            call("STFT", WAVE, sequence_length=2, sequence_stride=1, fft_length=2, window="kaiser"),
            "expected window 'hann' or 'hamming'",
        ),
        (
            call("STFT", WAVE, sequence_length=2, sequence_stride=1, fft_length=2, window=[1.0]),
            "expected a window of 2 numbers",
        ),
        (call("ViewAsComplex", X), "expected a last axis of 2"),
    ]
