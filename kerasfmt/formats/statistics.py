"""What the elements of a stored array are like: extremes, mean, deviation, zeros, and what is not a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_BLOCK: Final = 1 << 20
"""Elements that are converted at a time."""


@dataclass(frozen=True)
class Statistics:
    """Statistics of an array. Elements that are not finite count only in `non_finite`.

    Attributes:
      smallest: the smallest element; None if there is none.
      largest: the largest element.
      mean: the mean.
      std: the standard deviation of the elements as a whole population.
      zeros: number of zeros.
      non_finite: number of NaNs and infinities.
    """

    smallest: float | None
    largest: float | None
    mean: float | None
    std: float | None
    zeros: int
    non_finite: int


def statistics(array: Any) -> Statistics | None:
    """The statistics of an array; None for strings and complex numbers. One array at a time is in memory.

    Args:
      array: it may lie in a file, and is read.

    Raises:
      KerasfmtError: it cannot be read.
    """
    whole = np.asarray(array)
    if whole.dtype.kind in "OSUVc" and "float" not in whole.dtype.name and "int" not in whole.dtype.name:
        return None
    flat = whole.reshape(-1)
    count = zeros = non_finite = 0
    smallest, largest, mean, squares = math.inf, -math.inf, 0.0, 0.0
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK].astype(np.float64)
        finite = block[np.isfinite(block)]
        non_finite += block.size - finite.size
        if not finite.size:
            continue
        zeros += finite.size - int(np.count_nonzero(finite))
        smallest, largest = min(smallest, float(finite.min())), max(largest, float(finite.max()))
        with np.errstate(over="ignore", invalid="ignore"):
            own = float(finite.mean())
            shift, total = own - mean, count + finite.size
            squares += float(np.square(finite - own).sum()) + shift * shift * count * finite.size / total
            mean += shift * finite.size / total
        count = total
    if not count:
        return Statistics(None, None, None, None, 0, non_finite)
    return Statistics(
        smallest, largest, _finite(mean), _finite(math.sqrt(squares / count)), zeros, non_finite
    )


def _finite(value: float) -> float | None:
    """The value; None where it is too large for 64 bits."""
    return value if math.isfinite(value) else None
