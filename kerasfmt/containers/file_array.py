"""An array that lies in a file, read when it is used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kerasfmt.errors import CorruptFileError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kerasfmt.containers.zip.window import Window


class FileArray:
    """An array whose elements lie in a file one after the other; the file stays open for it.

    Args:
      window: the bytes of the file, or a part of them.
      where: file and key, for errors.
      offset: where the elements begin in `window`.
      shape: the shape.
      stored: the NumPy dtype of the elements as they lie there.
      dtype: the NumPy dtype that the array has; the elements are cast to it, or taken for it if `stored` is void.
      by_columns: whether they are in Fortran order.

    Attributes:
      where: file and key, for errors.
      shape: its shape.
      dtype: its NumPy dtype, in native byte order.
    """

    __slots__ = ("_by_columns", "_offset", "_stored", "_window", "dtype", "shape", "where")

    def __init__(
        self,
        window: Window,
        where: str,
        offset: int,
        shape: tuple[int, ...],
        stored: np.dtype[Any],
        dtype: np.dtype[Any],
        *,
        by_columns: bool = False,
    ) -> None:
        self.where, self._window, self._offset = where, window, offset
        self.shape, self.dtype = shape, dtype
        self._stored, self._by_columns = stored, by_columns

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        import numpy as np

        if self._by_columns:
            return np.asarray(self._read(0, self.shape[::-1]).T[key])
        rows = key[0] if isinstance(key, tuple) and len(key) == 1 else key
        if isinstance(rows, slice) and self.shape:
            start, stop, step = rows.indices(self.shape[0])
            if step == 1:
                return self._read(start * math.prod(self.shape[1:]), (max(0, stop - start), *self.shape[1:]))
        return np.asarray(self._read(0, self.shape)[key])

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        if copy is False:
            raise ValueError(f"{self.where}: lies in a file; it cannot become an array without a copy")
        array = self[...]
        return array if dtype is None else array.astype(dtype, copy=False)

    def _read(self, first: int, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The array of `shape` whose elements begin with the one of number `first`."""
        import numpy as np

        array = np.empty(shape, self._stored)
        self._window.seek(self._offset + first * self._stored.itemsize)
        if self._window.readinto(array.reshape(-1).view("u1")) != array.nbytes:
            raise CorruptFileError(f"{self.where}: the file ends within its bytes; it was cut while open")
        return array.view(self.dtype) if array.dtype.kind == "V" else array.astype(self.dtype, copy=False)
