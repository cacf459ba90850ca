"""A plan is written to a path, into a stream, or into an open group: whole, or not at all."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.opening import OpenFile, opened, opened_stream
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.hdf5.writing import write
from kerasfmt.errors import InvalidModelError, SaveError
from kerasfmt.ir import Weight
from kerasfmt.limits import Allowance

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
    with opened_stream(stream, "stream", len(stream.getvalue()), Allowance()) as file:
        assert holds_the_plan(file)
    assert not stream.closed


def test_a_stream_that_cannot_be_read_is_closed() -> None:
    write(plan(), stream := io.BytesIO())
    with (
        pytest.raises(InvalidModelError, match="expected a group 'b', got nothing"),
        opened_stream(stream, "stream", len(stream.getvalue()), Allowance()) as file,
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


FULL = """
    import gc, resource, sys
    from pathlib import Path
    from kerasfmt.containers.hdf5.writing import write
    from tests.containers.hdf5.test_writing import many

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    path = Path(sys.argv[1])
    write(many(), path)
    whole = path.read_bytes()
    for size in range(0, len(whole), 1500):
        path.unlink()
        limit(size)
        try:
            write(many(), path)
        except OSError as error:
            assert error.strerror == "File too large", error
        else:
            raise AssertionError(size)
        limit(resource.RLIM_INFINITY)
    gc.collect()
    path.unlink()
    write(many(), path)
    assert path.read_bytes() == whole
"""
FULL_GROUP = """
    import resource, sys
    from pathlib import Path
    import h5py
    from kerasfmt.containers.hdf5.writing import write
    from kerasfmt.errors import SaveError
    from tests.containers.hdf5.test_writing import many

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    path = Path(sys.argv[1])
    for room in (0, 1, 1500, 5000, 20_000, 40_000):
        with h5py.File(path, "w") as file:
            file["mine"] = 1
            file.flush()
            limit(path.stat().st_size + room)
            try:
                write(many(), file)
            except SaveError as error:
                assert "could not be written: File too large; it is as it was before" in str(error), error
            else:
                raise AssertionError(room)
        limit(resource.RLIM_INFINITY)
        with h5py.File(path) as file:
            assert list(file) == ["mine"]
    with h5py.File(path, "a") as file:
        write(many(), file)
"""


def many() -> WritePlan:
    """A plan whose headers take about as much room as its arrays."""
    found = WritePlan("model m")
    for number in range(9):
        weight = Weight(f"w_{number}", (500,), dtypes.float32)
        weight.value = np.ones(500, np.float32)
        found.group(f"layer_{number}", "a layer")["name"] = "a"
        found.dataset(f"layer_{number}/w", weight, "a layer")
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
@pytest.mark.parametrize("program", [FULL, FULL_GROUP], ids=["a path", "an open group"])
def test_a_full_disk(tmp_path: Path, program: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "f.h5")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_stream_ends_the_write_at_once() -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    told: list[int] = []
    with pytest.raises(OSError, match="No space left"):
        write(many(), Full(), told.append)
    assert told == []


def test_a_path_at_which_there_is_something(tmp_path: Path) -> None:
    (tmp_path / "f.h5").write_text("mine")
    with pytest.raises(FileExistsError):
        write(plan(), tmp_path / "f.h5")
    assert (tmp_path / "f.h5").read_text() == "mine"
