"""Arrays that are computed from stored ones when they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasfmt.typing import override


class Derived:
    """An array that a function makes each time when it is used.

    Args:
      shape: its shape.
      dtype: its dtype.
      make: makes the array, of that shape and dtype.
    """

    __slots__ = ("_make", "dtype", "shape")

    def __init__(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike, make: Callable[[], npt.NDArray[Any]]
    ) -> None:
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._make = make

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        return np.asarray(self._make()[key])

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        if copy is False:
            raise ValueError("an array that is computed cannot be had without a copy")
        made = self._make()
        return made if dtype is None else made.astype(dtype, copy=False)

    @override
    def __repr__(self) -> str:
        return f"<Derived {self.dtype}{list(self.shape)}>"
