"""What is opened: paths, open files, streams; and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5.opening import OpenFile, opened, opened_stream
from kerasfmt.errors import CorruptFileError, MissingFileError, UnsupportedFormatError
from kerasfmt.limits import Allowance
from tests.containers.hdf5.files import ARRAY, read_array, write_file


def array_of(file: OpenFile, path: str = "g/w") -> np.ndarray:
    node = file.root.find(path)
    assert node is not None
    return np.asarray(file.dataset(node))


def test_an_open_file_is_read_and_not_closed(tmp_path: Path) -> None:
    with h5py.File(write_file(tmp_path / "f.h5")) as source:
        with opened(source) as file:
            np.testing.assert_array_equal(array_of(file), ARRAY)
        with opened(source["g"]) as file:
            np.testing.assert_array_equal(array_of(file, "w"), ARRAY)
            assert file.root.where == f"{tmp_path / 'f.h5'}: /g"
        assert source.id.valid


def test_a_file_behind_a_user_block(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_array(write_file(tmp_path / "f.h5", userblock_size=1024)), ARRAY)


def test_a_stream(tmp_path: Path) -> None:
    content = write_file(tmp_path / "f.h5").read_bytes()
    with opened_stream(
        stream := io.BytesIO(content), "model.keras: weights", len(content), Allowance()
    ) as file:
        np.testing.assert_array_equal(array_of(file), ARRAY)
        assert file.root.group("g").names("names") == ["w", "other"]
    assert not stream.closed
    said = r"^model\.keras: weights: the HDF5 library could not read this"
    stream = io.BytesIO(content[:50])
    opening = opened_stream(stream, "model.keras: weights", 50, Allowance())
    with pytest.raises(CorruptFileError, match=said), opening:
        pass
    assert stream.closed


def test_a_file_that_takes_the_path_of_an_open_one_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old", "new"):
        with h5py.File(tmp_path / name, "w") as file:
            file.attrs["name"] = name
    opening = h5py.File

    def replaced(*arguments: object) -> h5py.File:
        file = opening(*arguments)
        (tmp_path / "new").replace(tmp_path / "old")
        return file

    monkeypatch.setattr(h5py, "File", replaced)
    with opened(tmp_path / "old") as file:
        assert file.root.text("name") == "old"


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file") as caught, opened(tmp_path / "none.h5"):
        pass
    assert isinstance(caught.value, FileNotFoundError)


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match="directory"), opened(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello" * 1000])
def test_not_hdf5(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.h5"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFormatError, match="not an HDF5 file"), opened(path):
        pass


def test_truncated(tmp_path: Path) -> None:
    path = write_file(tmp_path / "f.h5")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptFileError, match="truncated"), opened(path):
        pass


def test_h5py_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match="pip install h5py"), opened(tmp_path / "f.h5"):
        pass


def test_datasets_that_share_their_bytes(tmp_path: Path) -> None:
    def edit(file: h5py.File) -> None:
        big = file.create_dataset("big", data=np.zeros(4096, np.float32))
        for i in range(8):
            file["g"][f"copy{i}"] = big

    path = write_file(tmp_path / "f.h5", edit)
    with opened(path) as file:
        file.check_total()
        for i in range(8):
            array_of(file, f"g/copy{i}")
        with pytest.raises(
            CorruptFileError, match=r"f\.h5: its weights claim 131072 bytes of a file of .* share"
        ):
            file.check_total()


HELD = """
import io, sys
from pathlib import Path
from kerasfmt.containers.hdf5.opening import opened_stream
from kerasfmt.limits import Allowance
data = Path(sys.argv[1]).read_bytes()
with opened_stream(io.BytesIO(data), "s", len(data), Allowance()) as file:
    held = file.dataset(file.root.find("x"))
import atexit, gc
held = [held]
held.append(held)  # a circle, which nothing takes apart
gc.freeze()
del held
"""


def test_a_file_in_a_stream_may_be_open_when_the_interpreter_ends(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["x"] = np.arange(3.0)
    done = subprocess.run(
        [sys.executable, "-c", HELD, str(tmp_path / "f.h5")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
