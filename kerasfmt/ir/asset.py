"""Assets: files that belong to a layer, such as a vocabulary, and tables that are filled from their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.graph.table_content import TableContent
from kerasfmt.graph.text_table import column, lines_of
from kerasfmt.typing import record


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
        """The lines without their ends."""
        return lines_of(self.data)


@record(frozen=True, eq=False)
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
        return column(self.file.lines(), index, dtype, delimiter=b"\t", offset=self.offset)
