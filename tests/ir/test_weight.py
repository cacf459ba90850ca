"""Weights: lazy values, the same for the same name; what a value must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, OutOfMemoryError
from kerasfmt.ir import Weight, initializers


def weight(name: str = "d/kernel", **options: Any) -> Weight:
    options.setdefault("initializer", initializers.get("glorot_uniform"))
    return Weight(name, (2, 3), dtypes.float32, **options)


def test_fields() -> None:
    w = weight()
    assert (w.name, w.shape, w.dtype) == ("d/kernel", (2, 3), dtypes.float32)
    assert (w.trainable, w.autocast, w.synchronization, w.aggregation) == (True, True, 0, 0)
    assert repr(w) == "<Weight d/kernel float32[2, 3]>"


def test_only_floats_are_cast() -> None:
    assert not Weight("n", (), dtypes.int64).autocast
    assert not weight(autocast=False).autocast


def test_values_follow_the_name() -> None:
    np.testing.assert_array_equal(weight().numpy(), weight().numpy())
    assert not np.array_equal(weight().numpy(), weight("d/other").numpy())
    assert weight("ü/☃").numpy().shape == (2, 3)


def test_a_value_is_made_once_and_late() -> None:
    calls: list[tuple[int, ...]] = []

    def initializer(shape: tuple[int, ...], dtype: dtypes.DType, rng: np.random.Generator) -> Any:
        calls.append(shape)
        return np.zeros(shape, dtype.numpy)

    w = weight(initializer=initializer)
    assert calls == []
    assert w.value is w.value
    assert calls == [(2, 3)]


def test_a_value_that_was_set_needs_no_initializer() -> None:
    w = weight(initializer=None)
    with pytest.raises(InvalidModelError, match="weight d/kernel: it has no value and no initializer"):
        w.numpy()
    w.value = np.ones((2, 3), np.float32)
    assert w.numpy().sum() == 6


def test_values_are_not_copied() -> None:
    w, array = weight(), np.zeros((2, 3), np.float32)
    w.value = array
    assert w.value is array
    assert np.shares_memory(w.numpy(), array)


def test_anything_like_an_array_will_do() -> None:
    class Lazy:
        shape = (2, 3)
        dtype = "float32"
        reads = 0

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
            Lazy.reads += 1
            return np.full(self.shape, 7, np.float32)

    w = weight()
    w.value = Lazy()
    assert Lazy.reads == 0
    assert w.numpy().tolist() == [[7] * 3] * 2


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((3, 2), np.float32), r"weight d/kernel: expected shape \(2, 3\), got \(3, 2\)"),
        (np.zeros((), np.float32), r"expected shape \(2, 3\), got \(\)"),
        (np.zeros((2, 3)), "weight d/kernel: expected dtype float32, got float64"),
        (np.zeros((2, 3), ">f4"), "expected dtype float32, got >f4"),
        ([[0.0] * 3] * 2, "weight d/kernel: expected an array, got list"),
        (None, "expected an array, got NoneType"),
    ],
)
def test_values_that_do_not_fit(value: Any, message: str) -> None:
    w = weight()
    before = w.numpy()
    with pytest.raises(InvalidModelError, match=message):
        w.value = value
    assert w.numpy() is before


def test_a_first_value_of_exabytes() -> None:
    weight = Weight("d/kernel", (2**40, 2**20), dtypes.float32, initializer=initializers.get("zeros"))
    with pytest.raises(
        OutOfMemoryError, match=r"weight d/kernel: 4,611,686,018,427,387,904 bytes of memory"
    ) as caught:
        weight.numpy()
    assert isinstance(caught.value, MemoryError)


def test_a_weight_declares_its_shape_and_takes_no_other() -> None:
    weight = Weight("w", (2, 3), dtypes.float32)
    assert weight.declared_shape == (2, 3)
    assert weight.takes_shape((2, 3))
    assert not weight.takes_shape((3, 2))
