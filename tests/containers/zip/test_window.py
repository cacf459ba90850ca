"""A part of a file is read and written as a file of its own."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import pytest

from kerasfmt.containers.zip.window import File, Window


def test_a_window_is_a_file_of_its_own() -> None:
    outer = io.BytesIO(b"abcdef")
    window = Window(outer, 2, 3)
    assert window.read() == b"cde"
    assert window.seek(-1, io.SEEK_END) == 2
    assert window.read(9) == b"e"
    with pytest.raises(ValueError, match="before"):
        window.seek(-1)
    with pytest.raises(io.UnsupportedOperation):
        window.write(b"x")
    growing = Window(outer, 4, None)
    assert growing.write(b"XYZ") == 3
    assert growing.truncate(2) == 2
    growing.close()
    assert outer.getvalue() == b"abcdXY"


def test_a_file_that_dies_with_a_cycle_is_closed_without_a_warning(tmp_path: Path) -> None:
    class Owner:
        pass

    (tmp_path / "f").write_bytes(b"abc")
    for _ in range(20):
        owner = Owner()
        owner.window, owner.itself = Window(File(tmp_path / "f", "rb"), 0, 3), owner
        del owner
    gc.collect()
