"""Whole numbers that stand for floats."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.nn import quantization
from tests.graph.evaluation import evaluate, evaluate_all

X = np.float32([[0.5, -2.0, 1.0], [0.0, 0.0, 0.0]])


def test_the_greatest_becomes_the_greatest_whole_number() -> None:
    whole, scale = evaluate_all(lambda x: quantization.quantized(x, [1], -127, 127, 1e-7), [X], [(None, 3)])
    assert whole.dtype == np.int32
    np.testing.assert_array_equal(whole, [[32, -127, 64], [0, 0, 0]])
    np.testing.assert_allclose(scale, [[63.5], [127 / 1e-7]], rtol=1e-6)


def test_what_rounds_beyond_the_range_is_cut() -> None:
    whole, _ = evaluate_all(lambda x: quantization.quantized(x, [0, 1], -8, 7, 0.0), [-X], [X.shape])
    np.testing.assert_array_equal(whole, [[-2, 7, -4], [0, 0, 0]])
    whole, _ = evaluate_all(lambda x: quantization.quantized(x, [0, 1], -3, 7, 0.0), [X], [X.shape])
    np.testing.assert_array_equal(whole, [[2, -3, 4], [0, 0, 0]])


@pytest.mark.parametrize("size", [5, 6])
def test_two_numbers_in_a_byte(size: int) -> None:
    numbers = np.int8([[-8, 7, 0, -1, 3, 5], [1, 2, -3, 4, -5, 6]])[:, :size]
    padded = np.pad(numbers, ((0, 0), (0, size % 2)))
    packed = ((padded[:, 0::2] & 15) | (padded[:, 1::2] << 4)).astype(np.int8)
    np.testing.assert_array_equal(evaluate(lambda x: quantization.unpacked(x, size), packed), numbers)


def test_groups_have_a_scale_and_a_zero_each() -> None:
    whole, scale = np.int8([[1, 2], [3, 4], [5, 6]]), np.float32([[0.5, 2.0], [1.0, 4.0]])
    zero, groups = np.int8([[1, 0], [-1, 2]]), np.float32([0, 0, 1])
    found = evaluate(lambda *v: quantization.of_groups(*v, 0), whole, scale, zero, groups)
    np.testing.assert_array_equal(found, [[0, 4], [1, 8], [6, 16]])
    turned = evaluate(lambda *v: quantization.of_groups(*v, 1), whole.T, scale.T, zero.T, groups)
    np.testing.assert_array_equal(turned, found.T)
