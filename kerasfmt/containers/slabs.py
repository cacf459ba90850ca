"""Tensors to be written, cut into slabs that are small enough to hold in memory.

A NumPy array in C order is one slab, whatever its size; neither it nor a memory map is copied. Anything else
that has a shape, a dtype and slicing (an HDF5 dataset, a device array, a view in another order) is read
SLAB_SIZE bytes at a time, in C order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import SaveError, UnsupportedFormatError
from kerasfmt.typing import record

SLAB_SIZE: Final = 4 << 20
_STRING_SIZE: Final = 64  # bytes that a string is assumed to take when slabs are cut

Index = tuple[slice, ...]


class Stored(Protocol):
    """A named array to be written to a container; its elements may still be in a file."""

    name: str
    """What errors call it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions."""

    @property
    def dtype(self) -> dtypes.DType:
        """Its element type."""

    @property
    def value(self) -> Any:
        """Its elements: an array, or anything with a shape, a dtype and slicing."""


@record(frozen=True, eq=False)
class Source:
    """A tensor that can be read more than once, slab by slab.

    Attributes:
      dtype: its element type.
      shape: its dimensions.
      slabs: a function that gives its elements in C order. Each slab is a C-contiguous array of `dtype` in
        native byte order (of objects for strings).
    """

    dtype: dtypes.DType
    shape: tuple[int, ...]
    slabs: Callable[[], Iterator[npt.NDArray[Any]]]


def open_source(value: object) -> Source:
    """`value` as a Source.

    Args:
      value: an array of any library, an HDF5 dataset, a number, a string, nested lists of them, or a
        callable without arguments that gives one of these.

    Raises:
      SaveError: a checkpoint cannot hold its shape or its element type.
    """
    if callable(value) and not hasattr(value, "shape"):
        value = value()
    if isinstance(value, np.ndarray):
        return _open_array(np.asarray(value))
    if isinstance(value, np.generic) or not hasattr(value, "__getitem__") or not hasattr(value, "shape"):
        return _open_array(_to_array(value))
    return _open_lazy(value)


def _to_array(value: object) -> npt.NDArray[Any]:
    """`value` as an array; strings become objects, because NumPy's own strings drop trailing zero bytes."""
    array = np.asarray(value)
    return np.asarray(value, dtype=object) if array.dtype.kind in "SU" else array


def _open_array(array: npt.NDArray[Any]) -> Source:
    dtype = _storable(array.dtype)
    target = dtype.numpy
    if array.flags.c_contiguous and array.dtype == target and dtype is not dtypes.string:
        return Source(dtype, array.shape, lambda: iter((array,)))

    def slabs() -> Iterator[npt.NDArray[Any]]:
        for index in _slab_indices(array.shape, dtype.itemsize or _STRING_SIZE):
            yield np.ascontiguousarray(array[index], dtype=target)

    return Source(dtype, array.shape, slabs)


def _open_lazy(value: Any) -> Source:
    try:
        dtype = _storable(value.dtype)
        shape = tuple(int(size) for size in value.shape)
    except (AttributeError, TypeError, SaveError):
        return _open_array(_to_array(value))
    target = dtype.numpy

    def slabs() -> Iterator[npt.NDArray[Any]]:
        for index in _slab_indices(shape, dtype.itemsize or _STRING_SIZE):
            slab = np.ascontiguousarray(value[index if shape else ()], dtype=target)
            expected = tuple(
                len(range(*part.indices(size))) for part, size in zip(index, shape, strict=False)
            )
            expected += shape[len(index) :]
            if slab.size != math.prod(expected):
                raise SaveError(f"expected a slab of shape {expected}, got {slab.shape}; fix the lazy array")
            yield slab

    return Source(dtype, shape, slabs)


def _storable(dtype: Any) -> dtypes.DType:
    try:
        return dtypes.of(dtype)
    except UnsupportedFormatError as error:
        raise SaveError(str(error)) from error


def _slab_indices(shape: tuple[int, ...], itemsize: int) -> Iterator[Index]:
    """Indices that cut an array into slabs of at most SLAB_SIZE bytes, in C order."""
    if math.prod(shape) == 0 and shape:
        return
    row_size = math.prod(shape[1:]) * itemsize
    if not shape or shape[0] * row_size <= SLAB_SIZE:
        yield ()
    elif row_size <= SLAB_SIZE:
        rows = SLAB_SIZE // row_size
        for start in range(0, shape[0], rows):
            yield (slice(start, min(start + rows, shape[0])),)
    else:
        for row in range(shape[0]):
            for rest in _slab_indices(shape[1:], itemsize):
                yield (slice(row, row + 1), *rest)
