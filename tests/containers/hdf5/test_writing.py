"""A plan is written to a path, into a stream, or into an open group: whole, or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.opening import OpenFile, opened, opened_stream
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.hdf5.writing import write
from kerasfmt.errors import InvalidModelError, SaveError
from kerasfmt.ir import Weight

ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def plan(value: np.ndarray = ARRAY) -> WritePlan:
    weight = Weight("a/w", ARRAY.shape, dtypes.float32)
    weight._value = value
    found = WritePlan("model m")
    found.attributes[""]["version"] = b"1"
    found.group("a", "layer a")["name"] = "a"
    found.dataset("a/w", weight, "layer a")
    return found


def holds_the_plan(file: OpenFile) -> bool:
    node = file.root.group("a").find("w")
    assert node is not None
    assert not node.is_group
    return file.root.text("version") == "1" and np.array_equal(file.dataset(node), ARRAY)


def test_a_path_and_a_stream(tmp_path: Path) -> None:
    write(plan(), tmp_path / "f.h5")
    with opened(tmp_path / "f.h5") as file:
        assert holds_the_plan(file)
    write(plan(), stream := io.BytesIO())
    with opened_stream(stream, "stream", len(stream.getvalue())) as file:
        assert holds_the_plan(file)
    assert not stream.closed


def test_a_stream_that_cannot_be_read_is_closed() -> None:
    write(plan(), stream := io.BytesIO())
    with (
        pytest.raises(InvalidModelError, match="expected a group 'b', got nothing"),
        opened_stream(stream, "stream", len(stream.getvalue())) as file,
    ):
        file.root.group("b")
    assert stream.closed


def test_an_open_group_is_written_whole_or_left_as_it_was(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.attrs["version"] = "old"
        with pytest.raises(InvalidModelError, match="cannot be written to a/w"):
            write(plan(ARRAY[:1]), file)
        assert (list(file), file.attrs["version"]) == ([], "old")
        write(plan(), file)
        np.testing.assert_array_equal(file["a/w"][()], ARRAY)
        with pytest.raises(SaveError, match="holds a already"):
            write(plan(), file)
    with h5py.File(tmp_path / "f.h5") as file, pytest.raises(SaveError, match="open it with 'a'"):
        write(plan(), file)
