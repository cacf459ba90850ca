from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph import Value
from kerasfmt.nn import fourier
from tests.graph.evaluation import evaluate_all

X = np.random.default_rng(1).standard_normal((2, 20)).astype(np.float32)


def framed(x: Any, length: int, step: int) -> Any:
    return np.stack([x[..., i : i + length] for i in range(0, x.shape[-1] - length + 1, step)], -2)


@pytest.mark.parametrize("time", [20, None])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize(
    ("window", "values"), [(None, np.ones(5)), ([1, 2, 3, 2, 1], np.array([1, 2, 3, 2, 1]))]
)
def test_transforms_of_sequences(window: Any, values: Any, center: bool, time: int | None) -> None:
    def transforms(x: Value) -> tuple[Value, Value]:
        return fourier.short_time(x, 5, 3, 8, window, center)

    real, imaginary = evaluate_all(transforms, [X], [(None, time)])
    signal = np.pad(X, ((0, 0), (4, 4)), mode="reflect") if center else X
    # Two of the eight elements of a transform stand before the window and one behind it; without one, all count.
    weights = np.ones(8) if window is None else np.pad(values, (1, 2))
    wanted = np.fft.rfft(framed(signal, 8, 3) * weights)
    np.testing.assert_allclose(real, wanted.real, atol=1e-4)
    np.testing.assert_allclose(imaginary, wanted.imag, atol=1e-4)


@pytest.mark.parametrize("time", [20, None])
def test_sequences(time: int | None) -> None:
    (found,) = evaluate_all(lambda x: fourier.framed(x, 6, 4), [X], [(None, time)])
    np.testing.assert_array_equal(found, framed(X, 6, 4))


@pytest.mark.parametrize("time", [20, None])
@pytest.mark.parametrize("length", [None, 9, 33])
def test_real_transforms(length: int | None, time: int | None) -> None:
    real, imaginary = evaluate_all(lambda x: fourier.apart(fourier.real(x, length)), [X], [(None, time)])
    wanted = np.fft.rfft(X, length)
    np.testing.assert_allclose(real, wanted.real, atol=1e-5)
    np.testing.assert_allclose(imaginary, wanted.imag, atol=1e-5)


def test_parts_and_whole() -> None:
    found = evaluate_all(lambda x: fourier.apart(fourier.joined(x, x)), [X], [X.shape])
    for part in found:
        np.testing.assert_array_equal(part, X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((9, 3, 8, None), "expected fft_length of at least 9, got 8"),
        ((4, 3, 8, "kaiser"), "expected window 'hann' or 'hamming', got 'kaiser'"),
        ((4, 3, 8, [1, 2]), r"expected a window of 4 numbers, got shape \(2,\)"),
    ],
)
def test_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate_all(lambda x: fourier.short_time(x, *arguments, center=False), [X], [X.shape])


def test_whole_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected float32 or float64, got int32"):
        evaluate_all(lambda x: fourier.short_time(x, 4, 2, 4, None, False), [X.astype(np.int32)], [X.shape])
