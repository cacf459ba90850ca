"""Assets: files that belong to a layer, such as a vocabulary, and tables that are filled from their lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.graph.table_content import TableContent

LINE_NUMBER: Final = -1
"""The number of a line, as a key or a value."""
WHOLE_LINE: Final = -2
"""A line, as a key or a value."""


class Asset(EagerConstant):
    """A file that belongs to a layer. Functions capture its path, which is another one wherever a model is loaded.

    The file is read at once: what is saved later is what it held.

    Args:
      path: the file.

    Raises:
      OSError: it cannot be read.

    Source: tensorflow/python/trackable/asset.py.
    """

    def __init__(self, path: Path) -> None:
        text = np.array(str(path).encode(), dtype=object)
        super().__init__(path.name, text, dtypes.string)
        self.data = path.read_bytes()

    def lines(self) -> list[bytes]:
        """The lines without their ends; TensorFlow drops every carriage return.

        Source: tensorflow/core/lib/io/inputbuffer.cc, InputBuffer::ReadLine.
        """
        lines = self.data.replace(b"\r", b"").split(b"\n")
        return lines if lines[-1] else lines[:-1]


@dataclass(frozen=True, eq=False)
class TextFile:
    """Fills a table from the lines of a file.

    Attributes:
      file: the file.
      key_index: WHOLE_LINE or LINE_NUMBER.
      value_index: the other one.
      offset: what is added to the number of a line.

    Source: tf.lookup.TextFileInitializer.
    """

    file: Asset
    key_index: int
    value_index: int
    offset: int

    def content(self, table: Table) -> TableContent:
        """The lines and their numbers."""
        made = TableContent(table.key_dtype, table.value_dtype)
        made.load(
            self._column(self.key_index, table.key_dtype), self._column(self.value_index, table.value_dtype)
        )
        return made

    def _column(self, index: int, dtype: DType) -> np.ndarray[Any, Any]:
        lines = self.file.lines()
        if index == LINE_NUMBER:
            return np.arange(self.offset, self.offset + len(lines), dtype=dtype.numpy)
        return tokens_of_lines(lines, dtype)


def tokens_of_lines(lines: list[bytes], dtype: DType) -> np.ndarray[Any, Any]:
    """Lines as tokens: strings, or the integers that they state.

    Raises:
      ValueError: a line does not state an integer of the dtype.
    """
    if dtype is not dtypes.string:
        return np.array([int(line) for line in lines], dtype=dtype.numpy)
    made = np.empty(len(lines), object)
    made[:] = lines
    return made
