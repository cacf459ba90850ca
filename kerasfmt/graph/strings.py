"""Strings in tensors: NumPy arrays of Python objects, which are bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType

Array = np.ndarray[Any, Any]


def as_bytes(value: Any) -> Array:
    """Strings as an array of bytes objects, in UTF-8; the array itself if it is one already.

    Args:
      value: a text, lists of texts, or an array of them: dtype S, U or object.

    Raises:
      ValueError: an element is neither text nor bytes, or holds half of a surrogate pair.
    """
    if isinstance(value, str | bytes):
        return string_array([_encoded(value)], ())
    # NumPy's own text arrays take the longest text's room for each, and drop zeros at its end.
    array = value if isinstance(value, np.ndarray) else np.asarray(value, object)
    items = array.ravel().tolist()
    if array.dtype == object and set(map(type, items)) <= {bytes}:
        return array
    if set(map(type, items)) == {str}:
        return string_array(list(map(str.encode, items)), array.shape)
    return string_array([item if type(item) is bytes else _encoded(item) for item in items], array.shape)


def _encoded(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, bytes):
        return bytes(item)
    raise ValueError(f"expected texts or bytes, got {type(item).__name__} {item!r:.80}")


def string_array(items: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """An array of bytes objects of this shape, from its elements in their order."""
    out = np.empty(len(items), object)
    out[:] = items
    return out.reshape(shape)


def zeros_of(shape: tuple[int, ...], dtype: DType) -> Array:
    """An array of zeros; of empty strings, if the dtype is that of strings."""
    return np.full(shape, b"", object) if dtype is dtypes.string else np.zeros(shape, dtype.numpy)


def strings_of(array: Array) -> list[bytes]:
    """The elements of an array of bytes objects, in their order."""
    found: list[bytes] = array.ravel().tolist()
    return found
