"""Keys and values in the lines of a text file, which fill a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType

Array = np.ndarray[Any, Any]

LINE_NUMBER: Final = -1
"""The number of a line, as a key or a value."""
WHOLE_LINE: Final = -2
"""A line, as a key or a value."""


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a file without their ends; TensorFlow drops every carriage return.

    Source: tensorflow/core/lib/io/inputbuffer.cc, InputBuffer::ReadLine.
    """
    lines = data.replace(b"\r", b"").split(b"\n")
    return lines if lines[-1] else lines[:-1]


def column(lines: Sequence[bytes], index: int, dtype: DType, *, delimiter: bytes, offset: int) -> Array:
    """A key or a value for each line.

    Args:
      lines: the lines.
      index: the number of a column, LINE_NUMBER or WHOLE_LINE.
      dtype: the dtype of the keys or values.
      delimiter: what stands between columns.
      offset: what is added to the number of a line.

    Raises:
      ValueError: a line has no such column, or does not state a number.

    Source: tensorflow/core/kernels/lookup_util.cc, TextFileLineIterator.
    """
    if index == LINE_NUMBER:
        return np.arange(offset, offset + len(lines), dtype=dtype.numpy)
    if index == WHOLE_LINE:
        return tokens_of_lines(lines, dtype)
    rows = [line.split(delimiter) for line in lines]
    short = next((number for number, row in enumerate(rows) if index >= len(row)), None)
    if short is not None:
        raise ValueError(f"line {short + 1}: expected a column {index}, got {len(rows[short])} columns")
    return tokens_of_lines([row[index] for row in rows], dtype)


def tokens_of_lines(lines: Sequence[bytes], dtype: DType) -> Array:
    """Lines as tokens: strings, or the numbers that they state.

    Raises:
      ValueError: a line does not state a number of the dtype.
    """
    if dtype is dtypes.string:
        made = np.empty(len(lines), object)
        made[:] = lines
        return made
    number = float if dtype.is_floating else int
    return np.array([number(line) for line in lines], dtype=dtype.numpy)
