"""Files that belong to layers, and tables that are filled from their lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.graph.text_table import LINE_NUMBER, WHOLE_LINE
from kerasfmt.ir.asset import Asset, TextFile


def asset(path: Path, data: bytes) -> Asset:
    file = path / "words.txt"
    file.write_bytes(data)
    return Asset(file)


def table(key: DType, value: DType) -> Table:
    return Table("t", key, value, EagerConstant("default", np.zeros((), value.numpy), value))


def test_what_is_saved_is_what_the_file_held(tmp_path: Path) -> None:
    found = asset(tmp_path, b"a\n")
    (tmp_path / "words.txt").unlink()
    assert (found.name, found.data) == ("words.txt", b"a\n")
    assert found.value.item() == str(tmp_path / "words.txt").encode()


def test_lines_are_keys_and_their_numbers_values(tmp_path: Path) -> None:
    words = table(dtypes.string, dtypes.int64)
    words.initializer = TextFile(asset(tmp_path, b"a\nb\n"), WHOLE_LINE, LINE_NUMBER, 3)
    keys, values = words.first_content().export()
    assert (keys.tolist(), values.tolist()) == ([b"a", b"b"], [3, 4])


def test_numbers_are_keys_and_lines_values(tmp_path: Path) -> None:
    words = table(dtypes.int64, dtypes.string)
    words.initializer = TextFile(asset(tmp_path, b"a\nb\n"), LINE_NUMBER, WHOLE_LINE, 0)
    keys, values = words.first_content().export()
    assert (keys.tolist(), values.tolist()) == ([0, 1], [b"a", b"b"])
