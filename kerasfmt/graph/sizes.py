"""Sizes in Python's integers: what a tensor can have, and how an op is told of it.

Source: tensorflow/core/framework/tensor_shape.cc: the number of elements is an int64. Most ops take sizes as int32.
"""

from __future__ import annotations

import operator
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from kerasfmt.dtypes import DType
from kerasfmt.graph.spec import Shape

MAX_ELEMENTS: Final = 2**63 - 1
"""The largest number of elements of a tensor of TensorFlow."""

Array: TypeAlias = npt.NDArray[Any]
Int32: TypeAlias = npt.NDArray[np.int32]


def checked_shape(shape: Shape) -> Shape:
    """The shape in Python's integers; sizes that are not known count as 1.

    Raises:
      ValueError: a size is negative, or no tensor of TensorFlow can have so many elements.
    """
    if shape is None:
        return None
    sizes = tuple(size if size is None or type(size) is int else operator.index(size) for size in shape)
    count = 1
    for size in sizes:
        if size is not None:
            if size < 0:
                raise ValueError(f"expected sizes of at least 0, got shape {sizes}")
            count *= size
    if count > MAX_ELEMENTS:
        raise ValueError(
            f"shape {sizes}: expected at most {MAX_ELEMENTS:,} elements, the most that a tensor can have"
        )
    return sizes


def int32(values: Any, what: str = "") -> Int32:
    """Whole numbers, or rows of them, as an int32 array.

    Args:
      values: the numbers.
      what: what errors begin with.

    Raises:
      ValueError: a number does not fit.
    """
    array = np.asarray(values, object)
    for value in array.flat:
        if not -(2**31) <= operator.index(value) < 2**31:
            place = f"{what}: " if what else ""
            raise ValueError(
                f"{place}expected a size that int32 holds, as TensorFlow's op takes it, got {value}"
            )
    return array.astype(np.int32)


def integer_range(dtype: DType) -> range:
    """The numbers that an integer dtype holds."""
    bits = 8 * dtype.itemsize
    return range(2**bits) if dtype.kind == "unsigned" else range(-(2 ** (bits - 1)), 2 ** (bits - 1))


def fitting(array: Array, dtype: DType) -> Array:
    """Whole numbers in an integer dtype.

    Raises:
      ValueError: a number does not fit.
    """
    held = integer_range(dtype)
    for value in (int(array.min()), int(array.max())) if array.size else ():
        if value not in held:
            raise ValueError(f"expected whole numbers that {dtype.name} holds, got {value}")
    return array.astype(dtype.numpy)
