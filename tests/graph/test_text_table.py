"""Keys and values in the lines of text files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.text_table import LINE_NUMBER, WHOLE_LINE, column, lines_of, tokens_of_lines


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\nb", [b"a", b"b"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"\n\xff\n", [b"", b"\xff"]),
        (b"", []),
    ],
)
def test_lines(data: bytes, lines: list[bytes]) -> None:
    assert lines_of(data) == lines


@pytest.mark.parametrize(
    ("index", "dtype", "expected"),
    [
        (LINE_NUMBER, dtypes.int64, [5, 6]),
        (WHOLE_LINE, dtypes.string, [b"a;1", b"b;2"]),
        (0, dtypes.string, [b"a", b"b"]),
        (1, dtypes.int32, [1, 2]),
        (1, dtypes.float32, [1.0, 2.0]),
    ],
)
def test_columns(index: int, dtype: DType, expected: list[Any]) -> None:
    found = column([b"a;1", b"b;2"], index, dtype, delimiter=b";", offset=5)
    assert found.tolist() == expected
    assert found.dtype == (np.dtype(object) if dtype is dtypes.string else dtype.numpy)


def test_a_line_without_the_column() -> None:
    with pytest.raises(ValueError, match="line 2: expected a column 1, got 1 columns"):
        column([b"a;1", b"b"], 1, dtypes.int64, delimiter=b";", offset=0)


def test_tokens_are_strings_or_numbers() -> None:
    assert tokens_of_lines([b"12", b"-3"], dtypes.int64).tolist() == [12, -3]
    assert tokens_of_lines([b"12"], dtypes.string).tolist() == [b"12"]
    with pytest.raises(ValueError, match="invalid literal"):
        tokens_of_lines([b"twelve"], dtypes.int64)
