from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt.nn.signal_windows import NAMES, WINDOWS, window_of

HALVES = {
    "barthann": [0.0, 0.3585735, 0.8794265],
    "bartlett": [0.0, 0.4, 0.8],
    "blackman": [0.0, 0.2007701, 0.8492299],
    "blackmanharris": [6e-05, 0.1030115, 0.7938335],
    "bohman": [0.0, 0.1791239, 0.8343115],
    "boxcar": [1.0, 1.0, 1.0],
    "cosine": [0.258819, 0.7071068, 0.9659258],
    "exponential": [0.082085, 0.2231302, 0.6065307],
    "flattop": [-0.0004211, -0.0677143, 0.6068722],
    "hamming": [0.08, 0.3978522, 0.9121478],
    "hann": [0.0, 0.3454915, 0.9045085],
    "lanczos": [0.0, 0.5045512, 0.9354893],
    "nuttall": [0.0003628, 0.1105153, 0.7982581],
    "parzen": [0.0092593, 0.25, 0.8611111],
    "taylor": [0.3063469, 0.6620648, 0.9570021],
    "triangle": [0.1666667, 0.5, 0.8333333],
    "tukey": [0.0, 0.9045085, 1.0],
}
"""The first half of each window of 6 elements. Source: `scipy.signal.get_window(name, 6, False)`, SciPy 1.17.1."""


@pytest.mark.parametrize("names", WINDOWS, ids=lambda names: names[0])
def test_a_window_and_its_other_names(names: tuple[str, ...]) -> None:
    half = HALVES[names[0]]
    for name in names:
        np.testing.assert_allclose(window_of(name, 6, False), half + half[::-1], atol=1e-6)


@pytest.mark.parametrize("length", [2, 3, 8, 17])
@pytest.mark.parametrize(
    ("name", "function"),
    [("hann", np.hanning), ("hamming", np.hamming), ("blackman", np.blackman), ("bartlett", np.bartlett)],
)
def test_windows_that_numpy_has(name: str, function: Callable[[int], np.ndarray], length: int) -> None:
    np.testing.assert_allclose(window_of(name, length, False), function(length), atol=1e-12)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_periodic_window_is_a_longer_one_without_its_end(name: str) -> None:
    for length in (1, 2, 5, 8):
        longer = window_of(name, length + 1, False)[:length] if length > 1 else [1.0]
        for found in (window_of(name, length, True), window_of(f"{name}_periodic", length, False)):
            np.testing.assert_array_equal(found, longer)
        symmetric = window_of(f"{name}_symmetric", length, True)
        np.testing.assert_array_equal(symmetric, window_of(name, length, False))


@pytest.mark.parametrize("name", ["", "kaiser", "chebwin", "symmetric", "hann_", "Hann"])
def test_no_window_of_this_name(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name of a window without parameters"):
        window_of(name, 4, False)
