"""The content of a lookup table while functions run: a dict behind arrays."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.strings import as_bytes

Array = np.ndarray[Any, Any]


class TableContent:
    """Keys and their values, in the order in which they came.

    Args:
      key_dtype: dtype of the keys; strings are bytes.
      value_dtype: dtype of the values.
    """

    def __init__(self, key_dtype: DType, value_dtype: DType) -> None:
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self._values: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._values)

    def find(self, keys: Array, default: Array) -> Array:
        """The value of each key, in the shape of `keys`; `default` for a key that is not there."""
        wanted = _plain(keys, self.key_dtype)
        found = map(self._values.get, wanted, repeat(_plain(default, self.value_dtype)[0]))
        values: Array = _array(found, len(wanted), self.value_dtype).reshape(keys.shape)
        return values

    def load(self, keys: Array, values: Array) -> None:
        """Fills the table, which is empty.

        Raises:
          ValueError: a key comes twice, with two values, or there are more keys than values.
        """
        given, held = _plain(keys, self.key_dtype), _plain(values, self.value_dtype)
        self._values = dict(zip(given, held, strict=True))
        if len(self._values) < len(given):
            for key, value in zip(given, held, strict=True):
                if self._values[key] != value:
                    raise ValueError(
                        f"the table has key {key!r:.80} with value {self._values[key]!r:.80} and with {value!r:.80}"
                    )

    def insert(self, keys: Array, values: Array) -> None:
        """Sets the values of keys, new ones or not."""
        given, held = _plain(keys, self.key_dtype), _plain(values, self.value_dtype)
        self._values.update(zip(given, held, strict=True))

    def remove(self, keys: Array) -> None:
        """Removes keys; those that are not there make no difference."""
        for key in _plain(keys, self.key_dtype):
            self._values.pop(key, None)

    def export(self) -> tuple[Array, Array]:
        """All keys and their values."""
        size = len(self._values)
        return _array(self._values, size, self.key_dtype), _array(
            self._values.values(), size, self.value_dtype
        )


def _plain(array: Array, dtype: DType) -> list[Any]:
    """The elements as Python objects, which hash faster than NumPy's."""
    flat = np.ravel(array)
    plain: list[Any] = (as_bytes(flat) if dtype is dtypes.string else flat).tolist()
    return plain


def _array(items: Any, size: int, dtype: DType) -> Array:
    if dtype is dtypes.string:
        made = np.empty(size, object)
        made[:] = list(items)
        return made
    return np.fromiter(items, dtype.numpy, size)
