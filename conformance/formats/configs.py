"""Configs of any Keras, and of kerasfmt, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """The JSON value: shapes and tuples as lists, arrays as lists, objects as class name and config.

    Raises:
      TypeError: there is none.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value)]
    if value is Ellipsis:
        return {"class_name": "__ellipsis__"}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": plain(value.get_config())}
    if hasattr(value, "as_list"):  # a shape of TensorFlow
        return None if value.rank is None else value.as_list()
    if isinstance(value, np.dtype) or hasattr(value, "as_numpy_dtype"):
        return str(value.name)
    if hasattr(value, "numpy"):
        return plain(value.numpy())
    if callable(value):
        return value.__name__
    raise TypeError(f"config: {type(value).__qualname__} is no value of JSON")
