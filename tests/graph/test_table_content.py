"""Keys and values of tables in NumPy; the ops on them are tested in `ops/test_lookup.py`."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph.table_content import TableContent


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def strings(*texts: bytes) -> np.ndarray:
    return np.array(texts, object)


def test_keys_of_any_shape_give_values_of_that_shape() -> None:
    content = TableContent(dtypes.string, dtypes.int32)
    content.load(strings(b"a", b"\xff"), np.array([1, 2], np.int32))
    found = content.find(strings(b"\xff", b"a", b"", b"a").reshape(2, 2), np.array(-1, np.int32))
    assert found.dtype == np.int32
    assert found.tolist() == [[2, 1], [-1, 1]]
    assert content.find(strings(), np.array(-1, np.int32)).shape == (0,)


def test_texts_and_bytes_are_the_same_keys() -> None:
    content = TableContent(dtypes.string, dtypes.int64)
    content.load(np.array(["é"]), numbers(7))
    assert content.find(np.array(["é".encode()], object), numbers(0)).tolist() == [7]


def test_a_key_with_two_values_is_refused() -> None:
    content = TableContent(dtypes.int64, dtypes.int64)
    content.load(numbers(1, 1), numbers(5, 5))
    assert len(content) == 1
    with pytest.raises(ValueError, match="key 1 with value 6 and with 5"):
        content.load(numbers(1, 1), numbers(5, 6))


def test_as_many_values_as_keys() -> None:
    content = TableContent(dtypes.int64, dtypes.int64)
    with pytest.raises(ValueError, match="shorter"):
        content.load(numbers(1, 2), numbers(5))


def test_what_is_put_in_and_taken_out() -> None:
    content = TableContent(dtypes.int64, dtypes.string)
    content.insert(numbers(1, 2, 3), strings(b"a", b"b", b"c"))
    content.insert(numbers(2), strings(b"B"))
    content.remove(numbers(3, 9))
    keys, values = content.export()
    assert keys.tolist() == [1, 2]
    assert values.tolist() == [b"a", b"B"]


def test_a_million_keys_are_found_in_linear_time() -> None:
    def seconds(count: int) -> float:
        keys = np.array([f"token {n}".encode() for n in range(count)], object)
        content = TableContent(dtypes.string, dtypes.int64)
        start = time.process_time()  # other processes do not count
        content.load(keys, np.arange(count))
        found = content.find(keys, numbers(-1))
        elapsed = time.process_time() - start
        assert found[-1] == count - 1
        return elapsed

    small, large = min(seconds(50_000) for _ in range(3)), min(seconds(1_000_000) for _ in range(2))
    # The cache of the processor holds the small one; quadratic work would take 20 times more.
    assert large < 20 * small * 10
