"""Window functions by name: the weights of the elements of a sequence before its Fourier transform.

A symmetric window of n elements is a function of n places from -1 to 1. A periodic one is the symmetric window of n + 1
elements without the last one. A name may end in "_symmetric" or "_periodic".

Source: scipy/signal/windows/_windows.py, get_window (1.17), which Keras asks for its windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def _cosines(*shares: float) -> Callable[[Array], Array]:
    """A sum of cosines, of which each turns once more than the one before."""

    def window(x: Array) -> Array:
        return np.asarray(sum(share * np.cos(np.pi * k * x) for k, share in enumerate(shares)))

    return window


def _triangle(x: Array) -> Array:
    """A triangle whose ends are above 0."""
    half = len(x) - 1
    return np.asarray(1 - abs(x) * half / (half + 1 + len(x) % 2))


def _parzen(x: Array) -> Array:
    far = abs(x) * (len(x) - 1) / len(x)
    inside = abs(x) <= 0.5
    return np.where(inside, 1 - 6 * far**2 + 6 * far**3, 2 * (1 - far) ** 3)


def _bohman(x: Array) -> Array:
    far = abs(x)
    found = (1 - far) * np.cos(np.pi * far) + np.sin(np.pi * far) / np.pi
    return np.where(far == 1, 0.0, found)


def _bartlett_hann(x: Array) -> Array:
    return np.asarray(0.62 - 0.24 * abs(x) + 0.38 * np.cos(np.pi * x))


def _tukey(x: Array) -> Array:
    """Flat in the middle half, and half a cosine at each end."""
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * np.maximum(abs(x) - 0.5, 0)))


def _half_cosine(x: Array) -> Array:
    return np.cos(np.pi / 2 * x * (len(x) - 1) / len(x))


def _exponential(x: Array) -> Array:
    return np.exp(-abs(x) * (len(x) - 1) / 2)


def _taylor(x: Array) -> Array:
    """Four terms, for side lobes 30 dB below the main lobe. Source: Carrara, Goodman and Majewski (1995), table D."""
    lobes, depth = 4, 30
    width = (math.acosh(10 ** (depth / 20)) / math.pi) ** 2
    orders = np.arange(1.0, lobes)
    spread = lobes**2 / (width + (lobes - 0.5) ** 2)
    places = x * (len(x) - 1) / len(x)
    found, middle = np.ones(len(x)), 1.0
    for order in orders:
        others = orders[orders != order]
        above = np.prod(1 - order**2 / spread / (width + (orders - 0.5) ** 2))
        share = (-1) ** (order + 1) * above / np.prod(1 - order**2 / others**2)
        found, middle = found + share * np.cos(np.pi * order * places), middle + share
    return np.asarray(found / middle)


WINDOWS: Final[Mapping[tuple[str, ...], Callable[[Array], Array]]] = {
    ("barthann", "brthan", "bth"): _bartlett_hann,
    ("bartlett", "bart", "brt"): lambda x: np.asarray(1 - abs(x)),
    ("blackman", "black", "blk"): _cosines(0.42, 0.5, 0.08),
    ("blackmanharris", "blackharr", "bkh"): _cosines(0.35875, 0.48829, 0.14128, 0.01168),
    ("bohman", "bman", "bmn"): _bohman,
    ("boxcar", "box", "ones", "rect", "rectangular"): np.ones_like,
    ("cosine", "halfcosine"): _half_cosine,
    ("exponential", "poisson"): _exponential,
    ("flattop", "flat", "flt"): _cosines(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    ("hamming", "hamm", "ham"): _cosines(0.54, 0.46),
    ("hann", "han"): _cosines(0.5, 0.5),
    ("lanczos", "sinc"): np.sinc,
    ("nuttall", "nutl", "nut"): _cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    ("parzen", "parz", "par"): _parzen,
    ("taylor", "taylorwin"): _taylor,
    ("triangle", "triang", "tri"): _triangle,
    ("tukey", "tuk"): _tukey,
}
"""The names of a window, and its values at places from -1 to 1."""

NAMES: Final = frozenset(name for names in WINDOWS for name in names)
"""The names of windows that need no numbers beside the name."""


def window_of(name: str, length: int, periodic: bool) -> Array:
    """The window with a name.

    Args:
      name: one of `NAMES`, which may end in "_symmetric" or "_periodic".
      length: number of elements, at least 1.
      periodic: whether it is a period of a function; the end of the name comes first.

    Returns:
      float64 (length,).

    Raises:
      ValueError: there is no window of this name, or it needs more than a name.

    Example:
      >>> from kerasfmt.nn.signal_windows import window_of
      >>> window_of("bartlett", 4, periodic=True).tolist()
      [0.0, 0.5, 1.0, 0.5]
    """
    base, end, rest = name.rpartition("_")
    if end and rest in ("symmetric", "periodic"):
        name, periodic = base, rest == "periodic"
    for names, window in WINDOWS.items():
        if name in names:
            whole = length + periodic
            return np.ones(1) if length == 1 else window(np.linspace(-1, 1, whole))[:length]
    raise ValueError(f"expected a name of a window without parameters, as 'hann', got {name!r}")
