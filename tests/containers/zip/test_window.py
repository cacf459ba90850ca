"""A part of a file is read and written as a file of its own."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import pytest

from kerasfmt.containers.zip import window
from kerasfmt.containers.zip.window import File, Window


def test_a_window_is_a_file_of_its_own() -> None:
    outer = io.BytesIO(b"abcdef")
    part = Window(outer, 2, 3)
    assert part.read() == b"cde"
    assert part.seek(-1, io.SEEK_END) == 2
    assert part.read(9) == b"e"
    with pytest.raises(ValueError, match="before"):
        part.seek(-1)
    with pytest.raises(io.UnsupportedOperation):
        part.write(b"x")
    growing = Window(outer, 4, None)
    assert growing.write(b"XYZ") == 3
    assert growing.truncate(2) == 2
    growing.close()
    assert outer.getvalue() == b"abcdXY"


@pytest.mark.parametrize("at_offsets", [True, False])
def test_the_same_file_has_a_position_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_offsets: bool
) -> None:
    monkeypatch.setattr(window, "_READS_AT_OFFSETS", at_offsets)
    (tmp_path / "f").write_bytes(b"abcdef")
    with (
        (tmp_path / "f").open("rb", buffering=0) as first,
        File.same_as(first.fileno(), tmp_path / "f") as second,
    ):
        assert first.read(2) == b"ab"
        assert second.read(3) == b"abc"
        assert first.read(1) == b"c"
        assert second.seek(1, io.SEEK_CUR) == 4
        assert second.tell() == 4
        assert second.read() == b"ef"
        assert second.seek(-1, io.SEEK_END) == 5
        assert second.readall() == b"f"
        assert first.read() == b"def"


def test_the_same_file_is_not_the_one_that_took_its_path(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    with (tmp_path / "f").open("rb") as first:
        (tmp_path / "g").write_bytes(b"new")
        (tmp_path / "g").replace(tmp_path / "f")
        with File.same_as(first.fileno(), tmp_path / "f") as second:
            assert second.read() == b"old"


def test_a_file_that_dies_with_a_cycle_is_closed_without_a_warning(tmp_path: Path) -> None:
    class Owner:
        pass

    (tmp_path / "f").write_bytes(b"abc")
    for _ in range(20):
        owner = Owner()
        owner.window, owner.itself = Window(File(tmp_path / "f", "rb"), 0, 3), owner
        del owner
    gc.collect()
