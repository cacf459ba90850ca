"""Shapes that are computed from shapes are inferred as far as they are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, Value, ops

CASES: dict[str, tuple[Callable[[Value], Value], list[int | None]]] = {
    "shape": (lambda x: ops.shape(x), [None, 4, 6]),
    "shape of int64": (lambda x: ops.shape(x, dtypes.int64), [None, 4, 6]),
    "cast": (lambda x: ops.cast(ops.shape(x), "int64"), [None, 4, 6]),
    "element": (lambda x: ops.getitem(ops.shape(x), 1), [4]),
    "unknown element": (lambda x: ops.getitem(ops.shape(x), 0), [None]),
    "slice": (lambda x: ops.getitem(ops.shape(x), slice(None, -1)), [None, 4]),
    "concat": (lambda x: ops.concat([ops.getitem(ops.shape(x), slice(0, 2)), [7]], 0), [None, 4, 7]),
    "pack": (
        lambda x: ops.pack([ops.getitem(ops.shape(x), 0), 4 * ops.getitem(ops.shape(x), 2)]),
        [None, 24],
    ),
    "gather": (lambda x: ops.gather(ops.shape(x), [2, 0]), [6, None]),
    "product": (lambda x: ops.reduce_prod(ops.getitem(ops.shape(x), slice(1, None)), 0), [24]),
    "arithmetic": (lambda x: ops.floor_div(ops.shape(x) + 1 - [0, 0, 2], 2), [None, 2, 2]),
    "maximum": (lambda x: ops.maximum(ops.shape(x), 5), [None, 5, 6]),
    "rank": (lambda x: ops.rank(x), [3]),
    "size": (lambda x: ops.size(x), [None]),
    "data": (lambda x: ops.cast(ops.reduce_sum(x), "int32"), [None]),
}


def value(shape: tuple[int | None, ...] | None = (None, 4, 6)) -> Value:
    return Builder().input(Spec(shape, dtypes.float32))


@pytest.mark.parametrize("name", CASES)
def test_partial_value(name: str) -> None:
    compute, expected = CASES[name]
    assert ops.partial_value(compute(value())) == expected


def test_length_not_known() -> None:
    assert ops.partial_value(ops.shape(value(None))) is None


def test_reshape_to_computed_shape() -> None:
    x = value()
    batch = ops.getitem(ops.shape(x), 0)
    assert ops.reshape(x, [batch, 24]).shape == (None, 24)
    assert ops.reshape(x, [None, 24]).shape == (None, 24)
    assert ops.reshape(x, [-1, 3, 8]).shape == (None, 3, 8)
    assert ops.reshape(value((2, 3, 4)), [-1, 6]).shape == (4, 6)
    assert ops.fill(ops.pack([batch, 5]), 0.0).shape == (None, 5)


def test_reshape_that_does_not_fit() -> None:
    with pytest.raises(InvalidModelError, match="24 elements do not fit"):
        ops.reshape(value((2, 3, 4)), [5, 5])


@pytest.mark.parametrize(("size", "factor"), [(2**16, 2**15), (3, 2**30), (2**31 - 1, 2)])
def test_arithmetic_that_wraps_around_is_refused(size: int, factor: int) -> None:
    graph = Builder()
    x = graph.input(Spec((size, None), dtypes.float32))
    with pytest.raises(
        InvalidModelError, match=f"a size is computed as {size * factor}, which int32 does not hold"
    ):
        ops.reshape(x, ops.shape(x) * np.array([factor, 1], np.int32))
