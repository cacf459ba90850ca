"""Weights and stored arrays: paired in order, with one rule for dtypes, all or none."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.matching import (
    Cast,
    assign,
    by_name,
    check_names,
    leaf_name,
    ordered_weights,
    pair,
    skip,
    top_level_weights,
)
from kerasfmt.ir import Sequential, Weight
from kerasfmt.layers import BatchNormalization, Dense
from tests.growth import seconds

KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.arange(2, dtype=np.float32)
STORED = [("dense/kernel:0", KERNEL), ("dense/bias:0", BIAS)]


def weights() -> list[Weight]:
    return [Weight("d/kernel", (3, 2), dtypes.float32), Weight("d/bias", (2,), dtypes.float32)]


def test_pairs_are_assigned() -> None:
    held = weights()
    assign(pair(held, STORED, "f: layer d"))
    assert held[0].value is KERNEL
    assert held[1].value is BIAS


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (STORED[:1], r"expected 2 weights (d/kernel [3, 2], d/bias [2]), got 1 (dense/kernel:0 [3, 2])"),
        ([], "expected 2 weights (d/kernel [3, 2], d/bias [2]), got none"),
        ([("k", KERNEL.T), STORED[1]], "weight d/kernel: expected shape [3, 2], got [2, 3] from k"),
        ([STORED[0], ("b", BIAS.astype("f8"))], "weight d/bias: expected dtype float32, got float64 from b"),
    ],
)
def test_what_does_not_fit_is_told_and_changes_nothing(
    stored: list[tuple[str, np.ndarray]], said: str
) -> None:
    held = weights()
    with pytest.raises(InvalidModelError) as caught:
        assign(pair(held, stored, "f: layer d"))
    assert str(caught.value) == f"f: layer d: {said}"
    assert [weight._value for weight in held] == [None, None]


def test_no_weights() -> None:
    with pytest.raises(
        InvalidModelError, match=r"^f: expected no weights, got 2 \(dense/kernel:0 \[3, 2\], "
    ):
        list(pair([], STORED, "f"))
    assert list(pair([], [], "f")) == []


def test_a_mismatch_is_skipped_weight_by_weight() -> None:
    held = weights()
    with pytest.warns(UserWarning, match=r"^f: weight d/kernel: .*; skipped$"):
        found = list(pair(held, [("k", KERNEL.T), STORED[1]], "f", mismatch=skip))
    assert found == [(held[1], BIAS)]


# Dtypes.

BFLOAT16 = dtypes.bfloat16.numpy


@pytest.mark.parametrize(
    ("dtype", "others", "stored", "cast", "fits"),
    [
        (dtypes.float32, (), np.float32, False, True),
        (dtypes.float32, (), np.float64, False, False),
        (dtypes.float32, (), np.float64, True, True),
        (dtypes.float16, (), BFLOAT16, False, False),
        (dtypes.float16, (), BFLOAT16, True, True),
        (dtypes.float32, (dtypes.float16,), np.float16, False, True),
        (dtypes.int64, (), np.int32, False, True),
        (dtypes.int64, (), np.uint32, False, True),
        (dtypes.int64, (), np.float32, False, False),
        (dtypes.float32, (), np.int32, False, False),
    ],
)
def test_dtypes(
    dtype: dtypes.DType, others: tuple[dtypes.DType, ...], stored: type, cast: bool, fits: bool
) -> None:
    weight = Weight("w", (2,), dtype, other_dtypes=others)
    array = np.array([1, 2]).astype(stored)
    if not fits:
        with pytest.raises(
            InvalidModelError, match=f"weight w: expected dtype {dtype}, got {array.dtype} from a"
        ):
            list(pair([weight], [("a", array)], "f", cast=cast))
        return
    assign(pair([weight], [("a", array)], "f", cast=cast))
    assert weight.numpy().dtype == dtype.numpy
    assert weight.numpy().tolist() == [1, 2]


class Unread:
    """An array that must not be read yet."""

    shape = (2,)
    dtype = np.dtype(np.float64)

    def __init__(self) -> None:
        self.may_be_read = False

    def __array__(self, dtype: object = None, copy: bool | None = None) -> np.ndarray:
        assert self.may_be_read
        return np.array([1.0, 2.0])


def test_a_cast_is_made_when_the_weight_is_used() -> None:
    weight, array = Weight("w", (2,), dtypes.float32), Unread()
    assign(pair([weight], [("a", array)], "f", cast=True))
    array.may_be_read = True
    assert weight.numpy().dtype == np.float32
    assert weight.numpy().tolist() == [1, 2]


def test_a_cast_array_is_cut_like_any_other() -> None:
    cast = Cast(KERNEL, np.dtype(np.float16))
    assert (cast.shape, cast.dtype) == ((3, 2), np.float16)
    assert cast[1:].dtype == np.float16
    assert cast[1:].tolist() == KERNEL[1:].tolist()
    assert np.asarray(cast, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(cast, copy=False)


# Names and orders.


@pytest.mark.parametrize(
    ("name", "leaf"),
    [
        ("a/b/kernel:0", "kernel"),
        ("kernel_1:0", "kernel"),
        ("sep/depthwise_kernel", "kernel"),
        ("pointwise_kernel", "pointwise_kernel"),
    ],
)
def test_leaf_names(name: str, leaf: str) -> None:
    assert leaf_name(name) == leaf


def test_a_known_name_in_another_place_is_refused() -> None:
    check_names(weights(), STORED, "f")
    check_names(weights(), [("dense/scale:0", KERNEL), STORED[1]], "f")
    with pytest.raises(
        InvalidModelError, match=r"^f: weight d/kernel: expected kernel at this place, got dense/bias"
    ):
        check_names(weights(), STORED[::-1], "f")


def test_arrays_are_sorted_by_name_where_the_names_agree() -> None:
    assert by_name(weights(), STORED[::-1]) == STORED
    renamed = [STORED[1], ("dense/scale:0", KERNEL)]
    assert by_name(weights(), renamed) == renamed
    doubled = [*STORED[::-1], STORED[1]]
    assert by_name(weights(), doubled) == doubled


def test_orders_of_weights() -> None:
    model = Sequential([BatchNormalization(input_shape=(2,), name="n"), Dense(2, name="d")], name="inner")
    names = [weight.name for weight in ordered_weights(model)]
    assert names == ["n/gamma", "n/beta", "d/kernel", "d/bias", "n/moving_mean", "n/moving_variance"]
    assert top_level_weights(model) == []


def test_renamed_weights_are_told_from_misplaced_ones_in_linear_work() -> None:
    def taken(count: int) -> float:
        held = [Weight(f"d/weight{number}", (), dtypes.float32) for number in range(count)]
        stored = [(f"d/stored{number}x", BIAS) for number in range(count)]
        return seconds(lambda: check_names(held, stored, "f: layer d"))

    assert taken(4000) < 9 * taken(1000)  # quadratic work takes sixteen times
