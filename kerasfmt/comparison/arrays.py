"""Arrays by name, compared one pair after the other: at any time, one pair is in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.comparison.records import CHANGED, ONLY_A, ONLY_B, ArrayChange, ArrayComparison
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.errors import KerasfmtError

_BLOCK: Final = 1 << 20
"""Elements that are converted at a time."""

Load = Callable[[Any], npt.NDArray[Any]]


class NotPairedError(KerasfmtError):
    """Two sets of arrays have other names, and nothing tells which belongs to which."""


def compare_arrays(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    tolerance: float,
    progress: Progress = unheard,
    *,
    by: Literal["order", "shape", "shape or error"] = "order",
) -> ArrayComparison:
    """What differs between arrays of the same names, and between those of other names that belong together.

    Args:
      a: the first arrays; each has a shape and a dtype, and is read when it is compared.
      b: the second arrays.
      tolerance: elements differ if |a - b| > tolerance * max(1, |a|, |b|).
      progress: is told the bytes that are compared.
      by: what pairs arrays of other names: their order, if all shapes agree; or their shapes, if no two are of one
        shape. Arrays that are left in both sets are there in one only, or an error.

    Raises:
      KerasfmtError: an array cannot be read.
      NotPairedError: arrays of other names are left in both sets.
    """
    found, count = [], 0
    for name, one, two in _paired(a, b, by):
        count += 1
        change = _compared(name, one, two, tolerance)
        if change is not None:
            found.append(change)
        progress(sum(_nbytes(array) for array in (one, two) if array is not None))
    return ArrayComparison(count, tuple(found))


def _paired(a: Mapping[str, Any], b: Mapping[str, Any], by: str) -> Iterator[tuple[str, Any, Any]]:
    left_a = {name: array for name, array in a.items() if name not in b}
    left_b = {name: array for name, array in b.items() if name not in a}
    partners = _partners(left_a, left_b, by == "order")
    if by == "shape or error" and not partners and left_a and left_b:
        raise NotPairedError(
            f"expected arrays of the same names, got {next(iter(left_a))!r} and {next(iter(left_b))!r}"
        )
    for name, array in a.items():
        if name in b:
            yield name, array, b[name]
        elif name in partners:
            yield f"{name} -> {partners[name]}", array, b[partners[name]]
        else:
            yield name, array, None
    if not partners:
        yield from ((name, None, array) for name, array in left_b.items())


def _partners(a: Mapping[str, Any], b: Mapping[str, Any], in_order: bool) -> dict[str, str]:
    """The names of arrays that belong together; nothing if that is not clear for all of them."""
    shapes_a, shapes_b = ([_shape(array) for array in each.values()] for each in (a, b))
    if in_order:
        return dict(zip(a, b, strict=True)) if shapes_a == shapes_b else {}
    of_shape = dict(zip(shapes_b, b, strict=True))
    if len(of_shape) < len(b) or sorted(shapes_a) != sorted(shapes_b):
        return {}
    return {name: of_shape[shape] for name, shape in zip(a, shapes_a, strict=True)}


def _compared(name: str, one: Any, two: Any, tolerance: float) -> ArrayChange | None:
    a, b = ("" if array is None else _spec(array) for array in (one, two))
    if one is None or two is None:
        return ArrayChange(name, ONLY_B if one is None else ONLY_A, a, b)
    if _shape(one) != _shape(two):
        return ArrayChange(name, CHANGED, a, b)
    elements, absolute, relative = difference(np.asarray(one), np.asarray(two), tolerance)
    return ArrayChange(name, CHANGED, a, b, elements, absolute, relative) if elements or a != b else None


def difference(
    a: npt.NDArray[Any], b: npt.NDArray[Any], tolerance: float
) -> tuple[int, float | None, float | None]:
    """The number of elements that differ, and the largest absolute and relative difference.

    NaN equals NaN, and an infinity itself. The differences are None if one is not finite, and 0 for strings.

    Args:
      a: an array.
      b: an array of the same shape.
      tolerance: as in `compare_arrays`.
    """
    one, two = a.reshape(-1), b.reshape(-1)
    if a.dtype.kind in "OSU" or b.dtype.kind in "OSU":
        return int(np.count_nonzero(one != two)), 0.0, 0.0
    count, absolute, relative = 0, 0.0, 0.0
    for start in range(0, one.size, _BLOCK):
        blocks = one[start : start + _BLOCK], two[start : start + _BLOCK]
        if blocks[0].dtype == blocks[1].dtype and blocks[0].tobytes() == blocks[1].tobytes():
            continue
        x, y = (_wide(block) for block in blocks)
        with np.errstate(all="ignore"):
            apart = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0, np.abs(x - y))
            larger = np.maximum(np.abs(x), np.abs(y))
            far = ~((apart <= tolerance * np.maximum(1, larger)) & np.isfinite(apart))
            fractions = np.divide(apart, larger, out=np.zeros(apart.shape), where=apart != 0)
        count += int(np.count_nonzero(far))
        absolute, relative = _larger(absolute, apart), _larger(relative, fractions)
    return count, _finite(absolute), _finite(relative)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _wide(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Elements as 64-bit floating point, or complex, numbers; large integers as exact as these are."""
    return block.astype(np.complex128 if block.dtype.kind == "c" else np.float64)


def _larger(known: float, values: npt.NDArray[Any]) -> float:
    largest = float(values.max())
    return math.nan if math.isnan(largest) or math.isnan(known) else max(known, largest)


def _shape(array: Any) -> tuple[int, ...]:
    return tuple(array.shape)


def _dtype(array: Any) -> dtypes.DType:
    return dtypes.of(getattr(array, "tensor_dtype", array.dtype))


def _spec(array: Any) -> str:
    return f"{_dtype(array).name}{list(_shape(array))}"


def _nbytes(array: Any) -> int:
    return math.prod(_shape(array)) * _dtype(array).itemsize
